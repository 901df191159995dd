# shellcheck shell=bash
# A real control plane in the place of the stand-ins: with LAB_APISERVER=DIR the hosts
# run the kube-apiserver and etcd that are in DIR, stacked as kubeadm does it: one
# member of etcd a host, asked by the API server beside it. A lab that was brought up
# so stays so, whatever the environment says later.

REAL_PROGRAMS=(kube-apiserver etcd kubectl)

real_given() { [ -d "$LAB/real" ]; }

real_check() {
  local program
  [ -n "${LAB_APISERVER:-}" ] || return 0
  for program in "${REAL_PROGRAMS[@]}"; do
    [ -f "$LAB_APISERVER/$program" ] || fail "LAB_APISERVER names $LAB_APISERVER, where there is no $program. It must hold ${REAL_PROGRAMS[*]}: the last two are in Debian's etcd-server and kubernetes-client as well."
  done
  ! lab_is_running || real_given || fail "The hosts that are running have a stand-in for kube-apiserver. For the one in $LAB_APISERVER remove them first, with: $(lab_command) down"
}

real_keep() {
  [ -n "${LAB_APISERVER:-}" ] || return 0
  mkdir -p "$LAB/real"
  install -m 0755 "${REAL_PROGRAMS[@]/#/$LAB_APISERVER/}" "$LAB/real/"
}

# On host N's disk, before its first boot.
real_install() {
  local n=$1 root=$2 manifest=$2/etc/kubernetes/manifests/etcd.yaml state=new m cluster=
  install -m 0755 "$LAB"/real/* "$root/usr/local/bin/"
  for m in "${HOSTS[@]}"; do
    cluster+=,$(hostname_of "$m")=$(etcd_peer_url "$m")
    # Where others are there already this is no new cluster: they must let the new member in.
    if [ "$state" = new ] && [ "$m" != "$n" ] && host_leader "$m" >/dev/null; then
      wait_for 60 "etcd on host $m to expect a new member on host $n" etcd_expect "$m" "$n" || return
      state=existing
    fi
  done
  sed "s|@NAME@|$(hostname_of "$n")|; s|@ADDRESS@|$(address_of "$n")|g; s|@CLUSTER@|${cluster#,}|; s|@STATE@|$state|" \
    "$SCRIPTS/lab/stand-ins/etcd.yaml.in" >"$manifest"
  chmod 0600 "$manifest"
  mkdir -p "$root/etc/systemd/system/lab-kubelet.service.d"
  real_kube_proxy >"$root/etc/systemd/system/lab-kubelet.service.d/kube-proxy.conf"
}

# A rule of kube-proxy's that has the kernel track connections, as it does on a node. Where nothing has it do so
# until ufw is enabled, ufw drops what arrives first on a connection that this host had opened before: etcd's
# streams from its peers stand still until a keepalive goes out, up to 30 s later.
real_kube_proxy() {
  cat <<UNIT
[Service]
ExecStartPre=-iptables -w -N KUBE-FORWARD
ExecStartPre=iptables -w -A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
UNIT
}

etcd_peer_url() { echo "https://$(address_of "$1"):2380"; }

# etcd_call M WHAT JSON: asks the member on host M, https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/
etcd_call() {
  local pki=/etc/kubernetes/pki
  host_exec "$1" curl -sS --fail -m 10 --cacert $pki/etcd/ca.crt --cert $pki/apiserver-etcd-client.crt \
    --key $pki/apiserver-etcd-client.key -d "$3" "https://127.0.0.1:2379/v3/cluster/member/$2"
}

# Succeeds once host M's etcd has forgotten the member that host N's old disk held, and expects another.
# A member that has not started yet has no name.
etcd_expect() {
  local m=$1 url found
  url=$(etcd_peer_url "$2")
  found=$(etcd_call "$m" list '{}' | node -p '
    const member = JSON.parse(require("node:fs").readFileSync(0)).members.find(({ peerURLs }) => peerURLs.includes(process.argv[1]));
    member === undefined ? "none" : member.name ? member.ID : "expected"' "$url") || return
  case $found in
    expected) return 0 ;;
    none) etcd_call "$m" add "{\"peerURLs\":[\"$url\"]}" ;;
    *) etcd_call "$m" remove "{\"ID\":\"$found\"}" && return 1 ;;
  esac
}
