# shellcheck shell=bash
# The two private keys of a host: for the Git server, and for the secrets in the repository. One that is there is never
# replaced by a new one: what is encrypted to it, or let in by it, would be lost.

KEY=/etc/holdfast/deploy_key
AGE_KEY=/etc/holdfast/age.key
KEYS_ARE_NEW=no

keys_make() {
  umask 077
  install -d -m 0755 "$ROOT${CONFIGURATION%/*}"
  [ "$GIT_TRANSPORT" != ssh ] || [ -z "$KEY" ] || deploy_key_make "$ROOT$KEY"
  [ -n "$IDENTITY" ] || identity_make "$ROOT$AGE_KEY"
  umask 022
}

deploy_key_make() {
  local new=$STAGE/deploy_key
  [ -z "$DEPLOY_KEY" ] && [ ! -s "$1" ] || return 0
  ssh-keygen -q -t ed25519 -N '' -C "holdfast@$(hostname_wanted)" -f "$new"
  put 0644 "$1.pub" <"$new.pub"
  put 0600 "$1" <"$new"
  KEYS_ARE_NEW=yes
}

identity_make() {
  [ ! -s "$1" ] || return 0
  agent secret identity --identity "$1" >/dev/null 2>&1 || fail "The private key for secrets, $1, could not be made: $(agent secret identity --identity "$1" 2>&1 || true)"
  KEYS_ARE_NEW=yes
}

# agent WORDS...: the program; image.sh has another one where it is not installed.
agent() { holdfast "$@"; }

# The public halves, and where each is to be put. A key that was given is not in its place yet.
keys_say() {
  local host key=$ROOT$KEY identity=$ROOT$AGE_KEY
  host=$(hostname_wanted)
  [ -z "$DEPLOY_KEY" ] || key=$STAGE/deploy_key
  [ -z "$IDENTITY" ] || identity=$STAGE/age.key
  if [ "$GIT_TRANSPORT" = ssh ] && [ -n "$KEY" ]; then
    say "The deploy key of $host. Add it to the state repository as a deploy key that may read:"
    note "$(deploy_key_public "$key" | cut -d' ' -f1,2) holdfast@$host"
  fi
  say "The age key of $host. In a clone of the state repository, so that this host can read its secrets:"
  note "holdfast secret recipients add $host $(agent secret identity --identity "$identity")"
  note "holdfast secret rotate              (in a new repository, once all hosts are in: holdfast secret set vrrp)"
  note "git commit -am \"$host reads its secrets\" && git push"
}
