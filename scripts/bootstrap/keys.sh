# shellcheck shell=bash
# The two private keys of a host: for the Git server, and for the secrets in the repository. One that is there is never
# replaced by a new one: what is encrypted to it, or let in by it, would be lost.

KEY=/etc/holdfast/deploy_key
AGE_KEY=/etc/holdfast/age.key
KEYS_ARE_NEW=no

keys_install() {
  umask 077
  install -d -m 0755 "$ROOT/etc/holdfast"
  [ "$GIT_TRANSPORT" != ssh ] || deploy_key_install "$ROOT$KEY"
  identity_install "$ROOT$AGE_KEY"
  [ -z "$ALLOWED_SIGNERS" ] || put 0644 "$ROOT/etc/holdfast/allowed_signers" <"$ALLOWED_SIGNERS"
  umask 022
}

# The public half goes first, and always along: ssh would offer one that is left of another key.
deploy_key_install() {
  local key=$STAGE/deploy_key
  if [ -n "$DEPLOY_KEY" ]; then
    # Read as ssh would read it: by nobody else.
    install -m 0600 "$DEPLOY_KEY" "$key"
    ssh-keygen -y -P '' -f "$key" >"$key.pub" 2>/dev/null ||
      fail "$DEPLOY_KEY is no private SSH key, or it has a passphrase, which nobody could type at every pull. Give one without, or none: then one is made."
  else
    [ ! -s "$1" ] || return 0
    ssh-keygen -q -t ed25519 -N '' -C "holdfast@$(hostname_wanted)" -f "$key"
    KEYS_ARE_NEW=yes
  fi
  put 0644 "$1.pub" <"$key.pub"
  key_put "$1" <"$key"
}

identity_install() {
  if [ -n "$IDENTITY" ]; then
    install -m 0600 "$IDENTITY" "$STAGE/identity"
    agent secret identity --identity "$STAGE/identity" >/dev/null 2>&1 || fail "$IDENTITY holds no private key of age (AGE-SECRET-KEY-1…). Give another one, or none: then one is made."
    key_put "$1" <"$STAGE/identity"
    return
  fi
  [ ! -s "$1" ] || return 0
  agent secret identity --identity "$1" >/dev/null 2>&1 || fail "The private key for secrets, $1, could not be made: $(agent secret identity --identity "$1" 2>&1 || true)"
  KEYS_ARE_NEW=yes
}

# Whether the one that is given fits is known only when it has been tried, and secrets may be encrypted to the one before.
key_put() {
  cat >"$STAGE/key"
  if [ -s "$1" ] && ! cmp -s "$STAGE/key" "$1"; then
    put 0600 "$1.before" <"$1"
    say "- the key that was $1 is kept as $1.before"
  fi
  put 0600 "$1" <"$STAGE/key"
}

# agent WORDS...: the program; image.sh has another one where it is not installed.
agent() { holdfast "$@"; }

# The public halves, and where each is to be put.
keys_say() {
  local host
  host=$(hostname_wanted)
  if [ "$GIT_TRANSPORT" = ssh ]; then
    say "The deploy key of $host. Add it to the state repository as a deploy key that may read:"
    note "$(ssh-keygen -y -P '' -f "$ROOT$KEY" | cut -d' ' -f1,2) holdfast@$host"
  fi
  say "The age key of $host. In a clone of the state repository, so that this host can read its secrets:"
  note "holdfast secret recipients add $host $(agent secret identity --identity "$ROOT$AGE_KEY")"
  note "holdfast secret rotate              (in a new repository, once all hosts are in: holdfast secret set vrrp)"
  note "git commit -am \"$host reads its secrets\" && git push"
}
