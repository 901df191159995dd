# shellcheck shell=bash disable=SC2034 # the other parts read these
# Names, addresses and paths of the lab, and how it talks.

LAB_NAME=${HOLDFAST_LAB_NAME:-holdfast-lab}
LAB=/var/lib/$LAB_NAME
CACHE=/var/cache/holdfast-lab
SUITE=trixie
HOSTS=(1 2 3)
VIP=10.1.233.1
NEXT_VIP=10.1.233.2 # in the certificates as well: what a cluster may move to
SERVER=10.1.0.254
LAB_STEP=

[[ $LAB_NAME =~ ^[a-z][a-z0-9-]{0,30}$ ]] || {
  echo "lab: HOLDFAST_LAB_NAME may hold small letters, digits and dashes, not \"$LAB_NAME\"." >&2
  exit 1
}

hostname_of() { echo "kubernetes-node-$1"; }
address_of() { echo "10.1.1.$1"; }

# This program as its user would type it.
lab_command() {
  local command=scripts/lab.sh
  [ "$LAB_NAME" = holdfast-lab ] || command="HOLDFAST_LAB_NAME=$LAB_NAME $command"
  ! command -v sudo >/dev/null || command="sudo $command"
  echo "$command"
}

# Inside a step standard output is the log, so progress takes descriptor 3.
say() {
  if [ -e /proc/self/fd/3 ]; then echo "$*" >&3; else echo "$*"; fi
}

fail() {
  echo "lab: $*" >&2
  exit 1
}

# wait_for SECONDS WHAT COMMAND...: polls until the command succeeds.
wait_for() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ $SECONDS -ge $deadline ]; then
      echo "lab: gave up waiting for $what." >&2
      return 1
    fi
    sleep 0.1
  done
}

host_number() {
  [[ ${1:-} =~ ^[1-3]$ ]] || fail "Which host? Give 1, 2 or 3, not \"${1:-}\"."
  lab_must_exist
}

lab_must_exist() { [ -e "$LAB/hosts" ] || fail "The lab is not running. Start it with: $(lab_command) up"; }

# One change of the lab at a time; what it leaves running must not hold the lock.
lock() {
  mkdir -p "$CACHE"
  exec 9>"$CACHE/$LAB_NAME.lock"
  flock -w 600 9 || fail "Another lab.sh has been at work for ten minutes."
}

lab_is_running() {
  local n
  for n in "${HOSTS[@]}"; do process_alive "$LAB/hosts/$n/nspawn.pid" || return 1; done
}
