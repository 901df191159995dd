# shellcheck shell=bash
# What the lab looks like now.

lab_status() {
  local n owners width=0
  [ ! -t 1 ] || width=$(terminal_width)
  printf '%-20s %-12s %-10s %-9s %-10s %s\n' host address role priority commit outcome
  for n in "${HOSTS[@]}"; do
    printf '%-20s %-12s %s\n' "$(hostname_of "$n")" "$(address_of "$n")" "$(host_summary "$n" $((width > 50 ? width - 34 : 0)))"
  done
  echo
  owners=$(vip_owners)
  echo "$VIP is held by: $owners"
  # Nobody's address takes seconds not to answer.
  [ "$owners" = nobody ] || echo "https://$VIP:6443/healthz answers: $(vip_answer)"
}

# 0 where it does not say.
terminal_width() { { stty size | cut -d' ' -f2 | grep .; } 2>/dev/null </dev/tty || echo 0; }

# host_status N: what Holdfast says, or {} where it says nothing.
host_status() { host_exec "$1" holdfast status --json 2>/dev/null || echo '{}'; }

host_summary() {
  host_leader "$1" >/dev/null || { echo "off"; return; }
  host_status "$1" | node "$SCRIPTS/lab/summarize.mjs" --row "$2"
}

host_has_vip() { host_exec "$1" ip -j -4 address show 2>/dev/null | grep -q "\"local\":\"$VIP\""; }

vip_owners() {
  local n owners=
  for n in "${HOSTS[@]}"; do ! host_has_vip "$n" || owners+="$(hostname_of "$n") "; done
  owners=${owners% }
  echo "${owners:-nobody}"
}

vip_answer() { in_client curl -sS --max-time 3 --cacert "$LAB/pki/ca.crt" "https://$VIP:6443/healthz" 2>&1; }

one_owner() { [ "$(vip_owners | wc -w)" -eq 1 ] && [ "$(vip_owners)" != nobody ]; }

wait_until_converged() {
  local deadline=$((SECONDS + 240)) told='' now
  while :; do
    now=$(not_converged)
    [ -n "$now" ] || return 0
    [ "$now" = "$told" ] || say "  $now"
    told=$now
    if [ $SECONDS -ge $deadline ]; then
      echo "lab: not converged after 240 s: $now"
      for n in "${HOSTS[@]}"; do
        echo "--- $(hostname_of "$n")"
        host_exec "$n" journalctl -u holdfast -o cat -n 4 --no-pager || true
      done
      return 1
    fi
    sleep 0.5
  done
}

# What is still missing, as one sentence; nothing once all is well.
not_converged() {
  local n head state waiting=
  head=$(in_state rev-parse HEAD)
  for n in "${HOSTS[@]}"; do
    state=$(host_status "$n" | node "$SCRIPTS/lab/summarize.mjs" --missing "$head")
    [ -z "$state" ] || waiting+="$(hostname_of "$n") $state; "
  done
  if [ -n "$waiting" ]; then echo "${waiting%; }"; return; fi
  one_owner || { echo "the VIP is held by: $(vip_owners)"; return; }
  [ "$(vip_answer)" = ok ] || echo "the VIP answers: $(vip_answer)"
}

# One that can be made again and again: there and back.
first_change() {
  local from=1s to=2s
  ! grep -qs 'inter 2s' "$LAB/state/files/haproxy.cfg.eta" || { from=2s to=1s; }
  cat <<TEXT

Make a first change (how often HAProxy asks the API servers), and follow it:
  sed -i 's/inter $from/inter $to/' $LAB/state/files/haproxy.cfg.eta
  $(lab_command) commit -m "HAProxy asks the API servers every ${to%s} s"
  $(lab_command) logs 1
TEXT
}
