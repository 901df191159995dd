# shellcheck shell=bash
# /etc/holdfast/agent.yaml: written once everything in it has been tried. One that is there is somebody's own: what it
# says is the default of what is not said here, and what is said here changes that value in it and nothing else.

CONFIGURATION=/etc/holdfast/agent.yaml
SIGNERS=/etc/holdfast/allowed_signers
# The hostname that it says itself.
NAMED=''

configuration() {
  echo '# Written by bootstrap.sh. It is yours: what you add stays. holdfast(1) says what there is.'
  # shellcheck disable=SC2016 # it is the editor's
  echo '# yaml-language-server: $schema=/usr/share/holdfast/schema/agent.schema.json'
  echo 'repository:'
  echo "  url: $(quoted "$REPO")"
  echo "  branch: $(quoted "${BRANCH:-main}")"
  echo "  path: $(quoted "${REPO_PATH:-.}")"
  if [ "$GIT_TRANSPORT" = ssh ]; then
    [ -z "$KEY" ] || echo "  sshKey: $(quoted "$KEY")"
    [ -z "$PINNED" ] || echo "  knownHosts: $(quoted "$PINNED")"
  fi
  [ -z "$NEW_HOSTNAME" ] || echo "hostname: $(quoted "$NEW_HOSTNAME")"
  echo "identity: $(quoted "$AGE_KEY")"
  if [ -n "$ALLOWED_SIGNERS" ] || [ -e "$SIGNERS" ]; then configuration_of_signers; fi
}

configuration_of_signers() {
  echo 'verify:'
  echo "  allowedSigners: $(quoted "$SIGNERS")"
  [ -z "$COMMIT" ] || echo "  commit: $(quoted "$COMMIT")"
}

# In single quotes a YAML scalar is what it is; a quote in it is doubled.
quoted() { printf "'%s'" "${1//\'/\'\'}"; }

configuration_is_blank() { ! grep -qsvE '^[[:space:]]*(#|$)' "$CONFIGURATION"; }

# Asked as soon as there is a program that can read it: before anything is changed, where Holdfast is installed already.
configuration_look() {
  if package_is_whole && agent config --help >/dev/null 2>&1; then configuration_read; fi
}

configuration_read() {
  local said
  ! configuration_is_blank || return 0
  said=$(agent config --config "$CONFIGURATION" 2>&1) ||
    fail "$CONFIGURATION is written already, and cannot be used: ${said%%$'\n'*} Mend that, or move it away, and run this again."
  [ -n "$(configuration_said repository.url)" ] || fail "holdfast does not say what $CONFIGURATION says. Install it again, and run this again: sudo apt install --reinstall holdfast"
  BRANCH=${BRANCH:-$(configuration_said repository.branch)}
  REPO_PATH=${REPO_PATH:-$(configuration_said repository.path)}
  configuration_place SIGNERS verify.allowedSigners || true
  configuration_place AGE_KEY identity
  # Where it names no key, ssh has root's own; that is known to work for the address that it names, and no other.
  configuration_place KEY repository.sshKey || [ -n "$DEPLOY_KEY" ] || ! configuration_is_of_repo || KEY=''
  configuration_place PINNED repository.knownHosts || [ -n "$KNOWN_HOSTS" ] || ! configuration_is_of_repo || PINNED=''
  NAMED=$(configuration_said hostname)
}

configuration_is_of_repo() { [ "$(configuration_said repository.url)" = "$(repo_shown)" ]; }

# Of what the program has said, a value a line.
configuration_said() { sed -n "s/^$1: //p" <<<"$said"; }

# configuration_place VARIABLE NAME: where it says that a file is; fails where it does not say.
configuration_place() {
  local place
  place=$(configuration_said "$2")
  [ -n "$place" ] && printf -v "$1" %s "$place"
}

# As it will be. A file that is there keeps its comments, its quotes and all that is not said here.
configuration_merged() {
  if configuration_is_blank; then
    configuration
    return
  fi
  (umask 077 && configuration_wanted >"$STAGE/wanted.yaml")
  agent config --config "$CONFIGURATION" --with "$STAGE/wanted.yaml" 2>"$STAGE/why" ||
    fail "$CONFIGURATION is written already, and cannot be changed to what is said here: $(head -n 1 "$STAGE/why") Edit it, or move it away, and run this again."
}

# A file that merely lies there has nobody's signature asked for, and a host that has the name need not be told.
configuration_wanted() {
  local SIGNERS=$SIGNERS NEW_HOSTNAME=$NEW_HOSTNAME
  [ -n "$ALLOWED_SIGNERS" ] || SIGNERS=/nowhere
  [ -n "$NAMED" ] || [ "$(hostname_is)" != "$NEW_HOSTNAME" ] || NEW_HOSTNAME=''
  configuration
}

# Both before a key is made: a file that cannot be changed is known by then.
configuration_prepare() {
  umask 077
  configuration_merged >"$STAGE/configuration"
  if [ -n "$DEPLOY_KEY$KNOWN_HOSTS$ALLOWED_SIGNERS$IDENTITY" ]; then
    configuration_tried >"$STAGE/agent.yaml"
  else
    cp "$STAGE/configuration" "$STAGE/agent.yaml"
  fi
  umask 022
}

# The same, with the files that were given where they are for now.
configuration_tried() {
  local KEY=$KEY PINNED=$PINNED SIGNERS=$SIGNERS AGE_KEY=$AGE_KEY
  [ -z "$DEPLOY_KEY" ] || KEY=$STAGE/deploy_key
  [ -z "$KNOWN_HOSTS" ] || PINNED=$STAGE/known_hosts
  [ -z "$ALLOWED_SIGNERS" ] || SIGNERS=$STAGE/allowed_signers
  [ -z "$IDENTITY" ] || AGE_KEY=$STAGE/age.key
  configuration_merged
}

configuration_write() {
  if configuration_is_blank; then
    put 0600 "$CONFIGURATION" <"$STAGE/configuration"
  else
    given_put 0600 "$CONFIGURATION" "$STAGE/configuration"
  fi
}
