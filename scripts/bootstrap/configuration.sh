# shellcheck shell=bash
# /etc/holdfast/agent.yaml: written once everything in it has been tried, and left alone where it says the same already.

CONFIGURATION=/etc/holdfast/agent.yaml

configuration() {
  echo '# Written by bootstrap.sh. It is yours: what you add stays. holdfast(1) says what there is.'
  echo '# yaml-language-server: $schema=/usr/share/holdfast/schema/agent.schema.json'
  echo 'repository:'
  echo "  url: $(quoted "$REPO")"
  echo "  branch: $(quoted "$BRANCH")"
  echo "  path: $(quoted "$REPO_PATH")"
  if [ "$GIT_TRANSPORT" = ssh ]; then
    echo "  sshKey: $KEY"
    echo "  knownHosts: $PINNED"
  fi
  [ -z "$NEW_HOSTNAME" ] || echo "hostname: $(quoted "$NEW_HOSTNAME")"
  echo "identity: $AGE_KEY"
  if [ -n "$ALLOWED_SIGNERS" ] || [ -e /etc/holdfast/allowed_signers ]; then configuration_of_signers; fi
}

configuration_of_signers() {
  echo 'verify:'
  echo "  allowedSigners: /etc/holdfast/allowed_signers"
  [ -z "$COMMIT" ] || echo "  commit: $(quoted "$COMMIT")"
}

# In single quotes a YAML scalar is what it is; a quote in it is doubled.
quoted() { printf "'%s'" "${1//\'/\'\'}"; }

configuration_is_blank() { ! grep -qsvE '^[[:space:]]*(#|$)' "$CONFIGURATION"; }

# Somebody's own file is never overwritten. It is well as long as it says all that this command would. Asked before a key
# that is given takes the place of the one that the agent pulls with.
configuration_check() {
  local missing
  configuration_is_blank && return
  missing=$(configuration | grep -v '^#' | { grep -vxFf "$CONFIGURATION" || true; } | sed 's/^ *//' | without_secrets | awk 'NR > 1 { printf "; " } { printf "%s", $0 }')
  [ -z "$missing" ] || fail "$CONFIGURATION is written already, and does not say: $missing. Nothing was changed. Edit it, or move it away and run this again."
}

configuration_write() {
  ! configuration_is_blank || configuration | put 0600 "$CONFIGURATION"
}
