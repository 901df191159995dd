# shellcheck shell=bash
# The files that were given. They are judged before anything is changed, the repository is read with private copies of
# them, and only what has been read with takes the place of what the agent pulls with.

# Without a copy, so that a dry run judges the same. What a program that is not installed yet would say, it says later.
given_check() {
  if [ -n "$DEPLOY_KEY" ]; then
    deploy_key_check "$DEPLOY_KEY" "or none: then one is made"
  elif [ "$GIT_TRANSPORT" = ssh ] && [ -n "$KEY" ] && [ -s "$ROOT$KEY" ]; then
    deploy_key_check "$ROOT$KEY" "or move it away: then one is made"
  fi
  [ -z "$IDENTITY" ] || identity_check "$IDENTITY"
  [ -z "$ALLOWED_SIGNERS" ] || signers_check "$ALLOWED_SIGNERS"
}

# deploy_key_check FILE OTHERWISE: ssh says "error in libcrypto" to all of these.
deploy_key_check() {
  local first
  first=$(LC_ALL=C grep -a -m 1 '[^[:space:]]' "$1" | tr -d '\000') || fail "$1 is empty. Give the private key itself, $2."
  case $first in
    ssh-* | ecdsa-* | sk-* | *'BEGIN PUBLIC KEY'* | *'BEGIN SSH2 PUBLIC KEY'* | *'BEGIN RSA PUBLIC KEY'*)
      fail "$1 is the public half of a key, which goes to the Git server. Give the private one here: the file that has the same name without .pub, and begins with -----BEGIN." ;;
    PuTTY-User-Key-File*) fail "$1 is a key in the form of PuTTY, which ssh does not read. Convert it, and give FILE: puttygen $1 -O private-openssh -o FILE" ;;
  esac
  ! deploy_key_has_passphrase "$1" || fail "$1 has a passphrase, which nobody could type at every pull. Give a key without one (ssh-keygen -p -N '' -f COPY takes it away from a copy), $2."
  if [[ $first == *'BEGIN OPENSSH PRIVATE KEY'* ]]; then deploy_key_lines_check "$1"; fi
  ! command -v ssh-keygen >/dev/null || deploy_key_public "$1" >/dev/null ||
    fail "$1 is no private SSH key, or not all of one. Copy it again, give another one, $2."
}

# PROTOCOL.key of OpenSSH: behind the magic word stands the name of the cipher, "none" without a passphrase.
deploy_key_has_passphrase() {
  local inside
  ! grep -aqE '^(Proc-Type:.*|-----BEGIN )ENCRYPTED' "$1" || return 0
  inside=$(sed '/^-----/d' "$1" | tr -d '\r' | base64 --decode 2>/dev/null | head -c 64 | LC_ALL=C tr -cd '[:print:]') || true
  [[ $inside == openssh-key-v1* && $inside != openssh-key-v1none* ]]
}

deploy_key_lines_check() {
  ! grep -aq $'\r' "$1" || fail "$1 has the line ends of Windows (CRLF), which ssh does not read. Take them away, and give FILE: umask 077; tr -d '\\r' <$1 >FILE"
  [ -z "$(tail -c 1 "$1")" ] || fail "$1 does not end with a line end, without which ssh does not read it. Add one: echo >>$1"
}

# Through a pipe: ssh-keygen reads no file that others may read, and whose this one is, is not for us to change.
deploy_key_public() { ssh-keygen -y -P '' -f <(cat "$1") 2>/dev/null; }

# As the agent reads it (agent/host/identity-file.ts).
identity_check() {
  { LC_ALL=C grep -aq 'AGE-SECRET-KEY-1' "$1" && ! tr -d '\r' <"$1" | grep -avqE '^[[:space:]]*(#.*|AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}[[:space:]]*)?$'; } ||
    fail "$1 holds no private key of age (AGE-SECRET-KEY-1…). Give another one, or none: then one is made."
}

# ssh-keygen(1), ALLOWED SIGNERS.
signers_check() {
  grep -aqE '^[^#[:space:]]+[[:space:]].*(ssh-|ecdsa-|sk-)[^[:space:]]+[[:space:]]+AAAA' "$1" ||
    fail "$1 names nobody who may sign. Give one with a line for each, as in: me@home ssh-ed25519 AAAA…"
}

# given_copy OPTION'S-FILE NAME: where it can be read with for now, by root alone.
given_copy() { [ -z "$1" ] || (umask 077 && cat "$1" >"$STAGE/$2"); }

given_stage() {
  given_check
  given_copy "$DEPLOY_KEY" deploy_key
  given_copy "$KNOWN_HOSTS" known_hosts
  given_copy "$ALLOWED_SIGNERS" allowed_signers
  given_copy "$IDENTITY" age.key
  [ -z "$IDENTITY" ] || agent secret identity --identity "$STAGE/age.key" >/dev/null 2>&1 ||
    fail "$IDENTITY holds no private key of age (AGE-SECRET-KEY-1…). Give another one, or none: then one is made."
}

# The public half goes first, and always along: ssh would offer one that is left of another key.
given_install() {
  if [ -n "$DEPLOY_KEY" ]; then
    deploy_key_public "$STAGE/deploy_key" | put 0644 "$ROOT$KEY.pub"
    given_put 0600 "$ROOT$KEY" "$STAGE/deploy_key"
  fi
  [ -z "$KNOWN_HOSTS" ] || given_put 0644 "$ROOT$PINNED" "$STAGE/known_hosts"
  [ -z "$ALLOWED_SIGNERS" ] || given_put 0644 "$ROOT$SIGNERS" "$STAGE/allowed_signers"
  [ -z "$IDENTITY" ] || given_put 0600 "$ROOT$AGE_KEY" "$STAGE/age.key"
}

# given_put MODE PLACE FILE. Secrets may be encrypted to the key before, and other hosts pinned in the file before; or to
# the one before that, when a wrong file was given in between.
given_put() {
  local kept=$2.before n=1
  if [ -s "$2" ] && ! cmp -s "$3" "$2"; then
    while [ -s "$kept" ] && ! cmp -s "$2" "$kept"; do n=$((n + 1)) kept=$2.before.$n; done
    put "$1" "$kept" <"$2"
    say "- what was $2 is kept as $kept"
  fi
  put "$1" "$2" <"$3"
}

# What the agent says of a copy, by the name that the file was given with.
given_names() {
  local text
  text=$(cat)
  text=${text//"$STAGE/deploy_key"/"$DEPLOY_KEY"}
  text=${text//"$STAGE/known_hosts"/"$KNOWN_HOSTS"}
  text=${text//"$STAGE/allowed_signers"/"$ALLOWED_SIGNERS"}
  printf '%s\n' "${text//"$STAGE/age.key"/"$IDENTITY"}"
}
