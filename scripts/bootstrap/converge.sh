# shellcheck shell=bash
# The first cycle is the agent's own, so that it answers the other hosts meanwhile, takes its turn among them, and goes on
# whatever becomes of this terminal.

CONVERGE_LIMIT=1800 # a Pi installs packages for minutes, and each host waits for its turn
OUTCOME=''

converge_once() {
  local start=$SECONDS started_at
  say "- converging"
  journalctl --lines=0 --show-cursor --quiet | sed 's/^-- cursor: //' >"$STAGE/cursor"
  started_at=$(date +%s%3N)
  agent_start
  while ! converge_has_ended; do
    [ $((SECONDS - start)) -lt $CONVERGE_LIMIT ] || fail "This host has not converged within $((CONVERGE_LIMIT / 60)) minutes. It goes on by itself; see what it waits for: sudo holdfast why"
    sleep 1
    said_since
  done
  said_since
  note "done in $((SECONDS - start)) s"
}

# An agent.yaml may have been written before there was a package (a token in it): the package would start the agent with
# it, which would apply what nobody has seen, and without the signers that are given. Not one that runs already.
HELD=/run/holdfast-bootstrap.held
agent_hold() {
  case $(systemctl show --property=ActiveState --value holdfast.service) in inactive | failed) ;; *) return 0 ;; esac
  trap 'rm -rf "$STAGE" "$HELD"; disk_sync' EXIT
  : >"$HELD"
}

agent_start() {
  rm -f "$HELD"
  systemctl enable --quiet holdfast.service
  if systemctl is-active --quiet holdfast.service; then
    if agent_is_outdated; then agent_restart; else systemctl reload holdfast.service || true; fi # now, and not at the next half minute
  else
    systemctl start holdfast.service || fail "holdfast.service does not start. See why: journalctl -u holdfast -n 20"
  fi
}

# It reads who it is, and whom it follows, when it starts.
agent_is_outdated() {
  local since file
  since=$(systemctl show --property=ActiveEnterTimestamp --timestamp=unix --value holdfast.service)
  for file in "$CONFIGURATION" /etc/hostname; do
    [ "$(stat -c %Y "$file" 2>/dev/null || echo 0)" -le "${since#@}" ] || return 0
  done
  return 1
}

# Between two cycles, and in a unit of its own: a lost terminal must not leave it stopped.
agent_restart() {
  systemd-run --quiet --wait --collect --description="Holdfast bootstrap: restarts the agent" -- /usr/lib/holdfast/restart-when-idle ||
    fail "holdfast.service does not start again. See why: journalctl -u holdfast -n 20"
}

# A cycle of the agent that is installed now has ended since then, and waits for nobody.
converge_has_ended() {
  agent status --json >"$STAGE/status.json" 2>/dev/null || return 1
  OUTCOME=$(json "$STAGE/status.json" "it.open || !(it.atMs > $started_at) || it.release !== '$(package_version)' ? '' : it.outcome")
  [ -n "$OUTCOME" ] && [ "$OUTCOME" != held ]
}

# What the agent has said since it was asked last, as it says it.
said_since() {
  journalctl _SYSTEMD_UNIT=holdfast.service --cursor-file="$STAGE/cursor" --priority=info --output=cat --quiet | sed 's/^/  /'
}
