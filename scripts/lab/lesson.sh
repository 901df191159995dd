# shellcheck shell=bash
# Sets a host up by hand, word for word as the lesson this project grew out of
# does (keepalived with static_ipaddress, HAProxy with tcp-check): what Holdfast
# meets when it adopts a cluster that somebody already has.

lesson_set_up() {
  local n
  for n in "$@"; do
    lesson_keepalived "$n" | host_exec "$n" tee /etc/keepalived/keepalived.conf >/dev/null
    lesson_haproxy | host_exec "$n" tee -a /etc/haproxy/haproxy.cfg >/dev/null
    printf 'net.ipv4.ip_forward = 1\nnet.ipv4.ip_nonlocal_bind = 1\n' | host_exec "$n" tee -a /etc/sysctl.conf >/dev/null
    host_exec "$n" sysctl -q -p /etc/sysctl.conf
    host_exec "$n" ufw allow in to 224.0.0.18
    host_exec "$n" ufw allow out to 224.0.0.18
    host_exec "$n" systemctl start keepalived
    host_exec "$n" systemctl enable --quiet keepalived haproxy
    host_exec "$n" systemctl restart haproxy
    disk_sync "$n"
  done >&2
}

lesson_keepalived() {
  local state=BACKUP
  [ "$1" != 1 ] || state=MASTER
  cat <<CONF
static_ipaddress {
    $VIP dev eth0 scope global
}

vrrp_instance VI_1 {
    state $state
    interface eth0
    virtual_router_id 51
    priority $((101 - $1))
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass password123
    }
    virtual_ipaddress {
        $VIP
    }
}
CONF
}

lesson_haproxy() {
  local n
  cat <<CFG

frontend kubernetes-api
    mode tcp
    bind $VIP:6443
    default_backend kube-apiservers
    option tcplog

backend kube-apiservers
    mode tcp
    balance roundrobin
    option tcp-check
    default-server inter 3s fall 3 rise 2
CFG
  for n in "${HOSTS[@]}"; do echo "    server master-$n $(address_of "$n"):6443 check"; done
}
