# shellcheck shell=bash
# One namespace holds the bridge, the client and the Git server; nothing leads
# out of it. Every host has a namespace of its own with one cable to the bridge.

network_create() {
  machine_state_prepare
  ip netns add "$LAB_NAME"
  ip -n "$LAB_NAME" link set lo up
  # VRRP's multicast must reach every port at once, without a snooping delay.
  ip -n "$LAB_NAME" link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0
  ip -n "$LAB_NAME" address add "$SERVER/16" dev br0
  ip -n "$LAB_NAME" link set br0 up
}

# Made anew for every boot: a namespace that outlives its host keeps the old
# kernel's sysctl values, addresses and firewall.
network_host_create() {
  local n=$1 net=$LAB_NAME-$1
  network_host_remove "$n"
  ip netns add "$net"
  ip -n "$LAB_NAME" link add "host$n" type veth peer name eth0 netns "$net"
  ip -n "$LAB_NAME" link set "host$n" master br0 up
  ip -n "$net" link set eth0 address "02:00:0a:01:01:0$n"
  ip -n "$net" address add "$(address_of "$n")/16" dev eth0
  ip -n "$net" link set lo up
  ip -n "$net" link set eth0 up
}

network_host_remove() {
  ip -n "$LAB_NAME" link delete "host$1" 2>/dev/null || true
  ip netns delete "$LAB_NAME-$1" 2>/dev/null || true
}

network_link() {
  case $2 in up | down) ;; *) fail "link N up, or link N down." ;; esac
  ip -n "$LAB_NAME" link set "host$1" "$2"
}

network_remove() {
  local n
  for n in "${HOSTS[@]}"; do network_host_remove "$n"; done
  ip netns delete "$LAB_NAME" 2>/dev/null || true
}

in_client() { nsenter --net="/run/netns/$LAB_NAME" -- "$@"; }
