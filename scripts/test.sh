#!/usr/bin/env bash
# Everything, from nothing: installs what this machine lacks, checks the code, runs the unit tests and the laws, boots
# three hosts and runs the lab tests on them. The last line counts. Needs root, because hosts are booted.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

SCRIPTS=$PWD/scripts
REPOSITORY=$PWD
for part in settings machine program; do
  # shellcheck disable=SC1090
  . "$SCRIPTS/lab/$part.sh"
done
[ "$(id -u)" -eq 0 ] || fail "The tests boot hosts, so they need root: sudo scripts/test.sh"

# What the tests need beside the lab: real ufw, sshd and flock, in namespaces and on loopback.
MACHINE_PACKAGES+=(ufw openssh-server iptables tar xz-utils lintian mandoc gnupg)
[ "$(uname -m)" = aarch64 ] || MACHINE_PACKAGES+=(qemu-user)

# Labs of their own: one that somebody works with stays as it is. Four of them, because lab tests mostly wait.
LABS=(holdfast-test holdfast-test-b holdfast-test-c holdfast-test-d)
RESULTS=$(mktemp -d)
FAILED=0
COUNTED=no
cleanup() {
  for name in "${LABS[@]}"; do HOLDFAST_LAB_NAME=$name scripts/lab.sh down >/dev/null 2>&1 || true; done
  rm -rf "$RESULTS"
  # What root made in somebody's checkout is theirs, or their own "npm ci" could not remove it.
  find "$REPOSITORY" -xdev -uid 0 -exec chown -h --reference="$REPOSITORY" {} +
  [ $COUNTED = yes ] || printf '\n0 passed, 1 failed\n'
}
trap cleanup EXIT

# part NAME COMMAND...: one part of the suite; the others go on when it fails.
part() {
  local name=$1 start=$SECONDS
  shift
  printf '\n== %s\n' "$name"
  if "$@"; then printf '== %s: ok, %d s\n' "$name" $((SECONDS - start)); else
    printf '== %s: FAILED, %d s\n' "$name" $((SECONDS - start))
    return 1
  fi
}

tests() { npx --no-install vitest run --config test/vitest.config.ts --reporter=default --reporter=json --outputFile.json="$RESULTS/$1.json" "${@:2}"; }

part 'what this machine needs' machine_check
part 'installing what is missing' machine_install
npm_ci() { as_owner npm ci --no-audit --no-fund; }
part 'dependencies' npm_ci

part 'types, lint, format' npm run --silent check || FAILED=1

# lab_of FILE: which of the labs its tests run on, so that all end at about the same time.
lab_of() {
  local number=${1#test/lab/}
  case ${number%%-*} in
    0? | 1? | 2? | 31 | 32 | 72 | 81) echo 0 ;;
    30 | 50 | 51 | 54) echo 1 ;;
    34 | 35 | 36 | 37 | 40 | 41 | 61 | 82) echo 2 ;;
    *) echo 3 ;;
  esac
}

# lab_tests N: what is said comes when it has ended, so that several at once can be read.
lab_tests() {
  local file files=()
  for file in test/lab/*.test.ts; do [ "$(lab_of "$file")" != "$1" ] || files+=("$file"); done
  HOLDFAST_LAB_NAME=${LABS[$1]} tests "lab-$1" --project lab "${files[@]}" >"$RESULTS/lab-$1.txt" 2>&1
}
# A minute of work beside tests that mostly wait, and that have the processors first.
arm64_tests() (
  renice -n 19 -p $BASHPID >/dev/null
  tests arm64 --project arm64 >"$RESULTS/arm64.txt" 2>&1
)
on_all_labs() {
  local failed=0 n running=() emulated
  arm64_tests &
  emulated=$!
  for n in "${!LABS[@]}"; do
    lab_tests "$n" &
    running+=($!)
  done
  for n in "${!LABS[@]}"; do
    wait "${running[$n]}" || failed=1
    cat "$RESULTS/lab-$n.txt"
  done
  wait $emulated || failed=1
  cat "$RESULTS/arm64.txt"
  return $failed
}
built() { npm run --silent build && cp dist/holdfast.tar.gz "$RESULTS/"; }
labs_up() {
  # Most tests are about one host at a time, on all three.
  export LAB_TARBALL=$RESULTS/holdfast.tar.gz LAB_STRATEGY=together
  local name
  # The first is left bare: its first test converges it.
  HOLDFAST_LAB_NAME=${LABS[0]} scripts/lab.sh up --bare || return 1
  for name in "${LABS[@]:1}"; do HOLDFAST_LAB_NAME=$name scripts/lab.sh up || return 1; done
}
# Booting waits more than it works: the unit tests run meanwhile, and what it says is said after them.
units_while_booting() {
  local booting failed=0
  labs_up >"$RESULTS/labs.txt" 2>&1 &
  booting=$!
  part 'unit tests and laws' tests unit --project unit --project laws || FAILED=1
  wait $booting || failed=1
  cat "$RESULTS/labs.txt"
  return $failed
}
labs_down() {
  local name failed=0
  for name in "${LABS[@]}"; do HOLDFAST_LAB_NAME=$name scripts/lab.sh down || failed=1; done
  return $failed
}

if part 'the program' built && part 'four labs' units_while_booting; then
  part 'lab tests, and the program on arm64' on_all_labs || FAILED=1
else
  FAILED=1
fi

part 'removing the labs' labs_down || FAILED=1

# The sum over all parts. A part that could not even start counts as one failure.
COUNTED=yes
node scripts/count-tests.mjs "$FAILED" "$RESULTS"/unit.json "$RESULTS"/lab-{0,1,2,3}.json "$RESULTS"/arm64.json
