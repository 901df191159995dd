# shellcheck shell=bash
# Files that are there whole or not at all, whatever ends this.

# What is under way: root's alone, gone at the end and at the next boot.
STAGE=''

# Two of us would write the same files, and a lost terminal must not leave a second one behind.
run_alone() {
  exec 9>/run/holdfast-bootstrap.lock
  flock --nonblock 9 || fail "Another bootstrap is at work on this host. Wait for its end, or watch it: journalctl -fu holdfast-first-boot"
  rm -rf /run/holdfast-bootstrap.?????? # of one that was killed: keys may be in it
  stage_open /run
  trap 'rm -rf "$STAGE"; disk_sync' EXIT
}

# Where packages and keys are, and nothing else: other file systems are other people's.
disk_sync() { sync -f / /etc /usr /var; }

# stage_open FOLDER
stage_open() {
  STAGE=$(mktemp -d "$1/holdfast-bootstrap.XXXXXX")
  trap 'rm -rf "$STAGE"' EXIT
}

# put MODE FILE: standard input becomes FILE. Says nothing and touches nothing where it is that already.
put() {
  local new=$2.new
  (umask 077 && cat >"$STAGE/put")
  ! cmp -s "$STAGE/put" "$2" 2>/dev/null || [ "$(stat -c %#a "$2")" != "$1" ] || return 0
  if ! { mkdir -p "$(dirname "$2")" && install -m "$1" "$STAGE/put" "$new" && sync "$new" && mv -T "$new" "$2"; } 2>"$STAGE/why"; then
    rm -f "$new" 2>/dev/null || true
    fail "$2 could not be written ($(head -n 1 "$STAGE/why")). Make room (df -h), or see what is wrong with that place, and run this again."
  fi
  sync "$(dirname "$2")"
}
