# shellcheck shell=bash
# The end: role, virtual IP, health, and what comes next.

screen() {
  agent status --json >"$STAGE/status.json"
  agent fleet --json >"$STAGE/fleet.json" 2>/dev/null || echo '{"vip":"","hosts":[]}' >"$STAGE/fleet.json"
  say ""
  agent status | sed 's/^/  /'
  note "health      $(screen_health)"
  say ""
  screen_next
  disk_sync
  case $OUTCOME in
    'in desired state' | changed | degraded) ;;
    paused | released) fail "This host is $OUTCOME, and nothing is applied on it until: sudo holdfast resume. Who did that, and why: sudo holdfast why" ;;
    *) fail "This host is $OUTCOME. It goes on following the repository by itself; the whole story: sudo holdfast why" ;;
  esac
}

screen_health() {
  json "$STAGE/fleet.json" "(() => {
    const own = it.hosts.find(({ name }) => name === '$(hostname_wanted)')?.status?.vip;
    const url = 'https://' + it.vip + ':6443/healthz';
    if (!own || own.answers === null) return 'whether ' + url + ' answers is not known yet';
    return url + (own.answers ? ' answers' : ' does not answer yet');
  })()"
}

screen_next() {
  say "Next:"
  if [ ! -e /etc/kubernetes/pki/ca.crt ]; then
    note "kubeadm init on the first control plane node, kubeadm join on the others: what waits for their files goes on by itself"
  fi
  json "$STAGE/fleet.json" 'it.hosts.filter(({ reachable }) => !reachable).map(({ name }) => `  this command on ${name}, which does not answer yet`).join("\n")' | sed '/^$/d'
  note "sudo holdfast fleet             all hosts, and who holds the virtual IP"
  note "journalctl -fu holdfast         what it does, as it does it"
}
