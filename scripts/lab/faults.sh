# shellcheck shell=bash
# The fault table: what clients notice when something dies. Fifty requests a second for twelve seconds, the fault two
# seconds in; afterwards everything is as before. The agents are paused meanwhile, so that what is seen is what
# keepalived, the load balancer and systemd do by themselves.

BALANCER=haproxy
FAULT_SECONDS=12
FAULT_TIMES=1
FAULT_AFTER=2
FAULTS=(agent-restarts balancer-stopped balancer-restarted balancer-killed keepalived-stopped keepalived-killed link-cut
  api-server-stopped api-server-hung all-restarted all-reloaded)
FAULT_MANIFEST=/etc/kubernetes/manifests/kube-apiserver.yaml

faults_verb() {
  local version='' interval=1 names=()
  while [ $# -gt 0 ]; do
    case $1 in
      --vrrp) version=${2:-}; shift 2 || fail "faults --vrrp 2|3" ;;
      --seconds) FAULT_SECONDS=${2:-}; shift 2 || fail "faults --seconds N" ;;
      --times) FAULT_TIMES=${2:-}; shift 2 || fail "faults --times N" ;;
      --interval) interval=${2:-}; shift 2 || fail "faults --interval SECONDS" ;;
      *) fault_label "$1" >/dev/null; names+=("$1"); shift ;;
    esac
  done
  case $version in '' | 2 | 3) ;; *) fail "--vrrp takes 2 or 3, not \"$version\"." ;; esac
  one_owner || fail "The table begins with one host that holds $VIP, and now it is held by: $(vip_owners)."
  BALANCER=$(sed -n 's/^loadBalancer: *\([a-z]*\).*/\1/p' "$LAB/state/cluster.yaml")
  BALANCER=${BALANCER:-haproxy}
  local before
  before=$(in_state rev-parse HEAD)
  [ -z "$version" ] || faults_profile "$version" "$interval"
  faults_table "${names[@]}"
  [ -z "$version" ] || faults_profile_back "$before"
}

# faults_table [NAME...]: the whole table by default.
faults_table() {
  local name cpu
  trap 'faults_resume; exit 1' INT TERM
  fault_heads
  for name in "${@:-${FAULTS[@]}}"; do fault_row "$name"; done
  if [ $# -eq 0 ]; then
    cpu=$(keepalived_cpu 30)
    printf '%-42s %s %% of a core, over 30 s\n' 'keepalived and its scripts on the MASTER' "$cpu"
  fi
  faults_resume
  trap - INT TERM
  wait_until_converged
}

# What clients noticed and how long it lasted; of several times the median and the worst.
fault_heads() {
  local worst=''
  [ "$FAULT_TIMES" = 1 ] || worst="$(printf '%-14s %-9s' "worst of $FAULT_TIMES" longest) "
  printf '%-42s %-14s %-9s %s%s\n' "fault (load balancer: $BALANCER)" failed longest "$worst" 'holders afterwards'
}

fault_row() {
  local time reports=() holders=()
  for ((time = 1; time <= FAULT_TIMES; time++)); do
    reports+=("$LAB/fault-$time.json")
    if [ "$1" = agent-restarts ]; then
      faults_resume
      fault_by_agent "${reports[-1]}"
    else
      faults_pause
      fault_run "$1" "${reports[-1]}"
    fi
    holders+=("$FAULT_HOLDERS")
  done
  printf '%-42s %s %s\n' "$(fault_label "$1")" "$(node "$SCRIPTS/lab/fault-row.mjs" "${reports[@]}")" \
    "$(printf '%s\n' "${holders[@]}" | sort -u | paste -sd ' ')"
}

faults_pause() { local n; for n in "${HOSTS[@]}"; do host_exec "$n" holdfast pause --reason 'the fault table' >/dev/null; done; }
faults_resume() { local n; for n in "${HOSTS[@]}"; do host_exec "$n" holdfast resume >/dev/null || true; done; }

fault_label() {
  case $1 in
    agent-restarts) echo "$BALANCER restarted on MASTER by a commit" ;;
    balancer-stopped) echo "$BALANCER stopped on MASTER" ;;
    balancer-restarted) echo "$BALANCER restarted on MASTER by hand" ;;
    balancer-killed) echo "$BALANCER killed -9 on MASTER" ;;
    keepalived-stopped) echo 'keepalived stopped on MASTER' ;;
    keepalived-killed) echo 'keepalived killed -9 on MASTER' ;;
    link-cut) echo "MASTER's link cut" ;;
    api-server-stopped) echo 'one API server stopped' ;;
    api-server-hung) echo 'one API server hung (SIGSTOP)' ;;
    all-restarted) echo "keepalived + $BALANCER restarted on all" ;;
    all-reloaded) echo "keepalived + $BALANCER reloaded on all" ;;
    *) fail "There is no fault \"$1\". There are: ${FAULTS[*]}" ;;
  esac
}

fault_run() {
  local name=$1 report=$2 master probe
  master=$(vip_owner_number)
  (lab_probe --seconds "$FAULT_SECONDS" --json) >"$report" &
  probe=$!
  wait_for 10 "the first request" grep -q started "$report"
  sleep "$FAULT_AFTER"
  fault_begin "$name" "$master" || true
  wait "$probe" || true
  FAULT_HOLDERS=$(vip_holders)
  fault_end "$name" "$master"
  faults_settle "$master"
}

fault_begin() {
  case $1 in
    balancer-stopped) host_exec "$2" systemctl stop "$BALANCER" ;;
    balancer-restarted) host_exec "$2" systemctl restart "$BALANCER" ;;
    balancer-killed) killed "$2" "$BALANCER" ;;
    keepalived-stopped) host_exec "$2" systemctl stop keepalived ;;
    keepalived-killed) killed "$2" keepalived ;;
    link-cut) network_link "$2" down ;;
    api-server-stopped) host_exec 2 mv "$FAULT_MANIFEST" /root/ ;;
    api-server-hung) host_exec 2 kill -STOP "$(api_server_pid 2)" ;;
    all-restarted) on_all_at_once systemctl restart "$BALANCER" keepalived ;;
    all-reloaded) on_all_at_once systemctl reload "$BALANCER" keepalived ;;
  esac
}

fault_end() {
  case $1 in
    balancer-stopped) host_exec "$2" systemctl start "$BALANCER" ;;
    keepalived-stopped) host_exec "$2" systemctl start keepalived ;;
    link-cut) network_link "$2" up ;;
    api-server-stopped) host_exec 2 mv "/root/${FAULT_MANIFEST##*/}" "$FAULT_MANIFEST" ;;
    api-server-hung) host_exec 2 kill -CONT "$(api_server_pid 2)" ;;
  esac
}

# Not "systemctl kill": that kills what ExecStopPost starts as well.
# shellcheck disable=SC2016 # expanded on the host
killed() { host_exec "$1" sh -c 'kill -9 $(pidof "$1")' sh "$2"; }

on_all_at_once() {
  local n running=()
  for n in "${HOSTS[@]}"; do
    host_exec "$n" "$@" &
    running+=($!)
  done
  wait "${running[@]}"
}

# As that host's processes are numbered.
api_server_pid() {
  local pid
  pid=$(host_exec "$1" ss -H -l -t -n -p src "$(address_of "$1")" sport = :6443 | sed -n 's/.*pid=\([0-9]*\).*/\1/p')
  [ -n "$pid" ] || fail "No API server listens on host $1."
  echo "$pid"
}

vip_holders() { vip_owners | sed 's/^nobody$//' | wc -w; }
vip_owner_number() { vip_owners | sed 's/.*-//'; }

# Until the lab is as it was. nginx does not say which servers it leaves alone because they refused a connection, but for
# how long it does.
faults_settle() {
  wait_for 60 "the virtual IP to be back on host $1" faults_settled "$1"
  [ "$BALANCER" = haproxy ] || sleep 6
  wait_for 60 "the virtual IP to be back on host $1" faults_settled "$1"
}
faults_settled() {
  local n
  [ "$(vip_owners)" = "$(hostname_of "$1")" ] && [ "$(vip_answer)" = ok ] || return 1
  for n in "${HOSTS[@]}"; do
    in_client curl -sf --max-time 2 --cacert "$LAB/pki/ca.crt" "https://$(address_of "$n"):6443/readyz" || return 1
    [ "$BALANCER" != haproxy ] || [ "$(servers_up "$n")" = ${#HOSTS[@]} ] || return 1
  done
}
# As that host's HAProxy sees its API servers.
servers_up() {
  host_exec "$1" curl -sf http://127.0.0.1:7444/metrics |
    grep -c '^haproxy_server_status{proxy="kube-apiservers",.*state="UP"} 1$' || true
}

# A commit with which the agent on the MASTER restarts the load balancer. Its hosts take turns or not, as they do.
fault_by_agent() {
  local report=$1 master probe config=/etc/haproxy/haproxy.cfg
  master=$(vip_owner_number)
  [ "$BALANCER" = haproxy ] || config=/etc/nginx/nginx.conf
  (lab_probe --json) >"$report" &
  probe=$!
  echo "# The fault table restarts it." >>"$LAB/state/files/${config##*/}.eta"
  printf 'files:\n  %s: { notify: { restart: %s.service } }\n' "$config" "$BALANCER" >"$LAB/state/hosts/$(hostname_of "$master").yaml"
  git_server_commit -m "$BALANCER is restarted on $(hostname_of "$master")" >/dev/null
  wait_until_converged
  kill -TERM "$probe"
  wait "$probe" || true
  FAULT_HOLDERS=$(vip_holders)
  in_state revert --no-edit HEAD >/dev/null
  git_server_commit >/dev/null
  wait_until_converged
}

# Processor time of keepalived and of all that it started, in per cent of one core.
keepalived_cpu() {
  local n from to
  n=$(vip_owner_number)
  from=$(keepalived_ticks "$n")
  sleep "$1"
  to=$(keepalived_ticks "$n")
  awk -v ticks=$((to - from)) -v each="$(getconf CLK_TCK)" -v seconds="$1" 'BEGIN { printf "%.2f", 100 * ticks / each / seconds }'
}
# shellcheck disable=SC2016 # awk's own fields
keepalived_ticks() {
  host_exec "$1" sh -c 'cat /proc/[0-9]*/stat 2>/dev/null' |
    awk '/\(keepalived\)/ { sub(/.*\) /, ""); ticks += $12 + $13 + $14 + $15 } END { print ticks + 0 }'
}

# The hardened profile at this version and interval: the commit that the README walks through.
faults_profile() {
  local cluster=$LAB/state/cluster.yaml password=
  # Version 3 has none.
  [ "$1" = 3 ] || password='\n  authPass: { secret: vrrp }'
  sed -i -E -e '/^  authPass:/d' -e "s/^  version: .*/  version: $1/" -e "s/^  advertInterval: .*/  advertInterval: $2/" \
    -e "s/^  transport: .*/  transport: unicast$password/" \
    -e 's/^  (kubernetes-node-([1-3])): \{ address: ([0-9.]+).*\}/  \1: { address: \3, priority: 25\2 }/' \
    -e 's/: 251/: 250/; s/: 252/: 200/; s/: 253/: 150/' "$cluster"
  faults_commit "VRRP version $1, adverts every $2 s, unicast"
}

faults_profile_back() {
  in_state show "$1:cluster.yaml" >"$LAB/state/cluster.yaml"
  faults_commit "As before the fault table"
}

# What all hosts must agree on changes on all of them at one moment.
faults_commit() {
  local cluster=$LAB/state/cluster.yaml strategy
  strategy=$(sed -n 's/^rollout:.*\(strategy: [a-z]*\).*/, \1/p' "$cluster")
  sed -i '/^rollout:/d' "$cluster"
  echo "rollout: { at: \"$(date -u -d '+40 seconds' +%FT%TZ)\"$strategy }" >>"$cluster"
  say "- $1"
  git_server_commit -m "$1" >/dev/null
  wait_until_converged
}
