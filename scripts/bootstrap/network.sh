# shellcheck shell=bash
# Whether the Git server can be reached, asked before anything is changed.

network_check() {
  [ -n "$GIT_HOST" ] || return 0
  [ -n "$(ip -brief address show scope global up 2>/dev/null)" ] || ! command -v ip >/dev/null ||
    fail "This host has no network: no interface has an address (ip -br address). Plug in the cable, or set up the Wi-Fi, and run this again."
  local addresses
  addresses=$(getent ahosts "$GIT_HOST") ||
    fail "The name $GIT_HOST does not resolve here. See /etc/resolv.conf, or name the Git server by its address in --repo."
  network_connect || fail "$GIT_HOST (${addresses%% *}) does not answer at port $GIT_PORT within 5 s. See that it runs and that nothing is in between: ping $GIT_HOST"
}

network_connect() { timeout 5 bash -c 'exec 3<>"/dev/tcp/$1/$2"' bash "$GIT_HOST" "$GIT_PORT" 2>/dev/null; }
