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
MACHINE_PACKAGES+=(ufw openssh-server iptables tar xz-utils)

# Labs of their own: one that somebody works with stays as it is. Two of them, because lab tests mostly wait.
LABS=(holdfast-test holdfast-test-b)
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
part 'unit tests and laws' tests unit --project unit --project laws || FAILED=1

# From the one that goes through interruptions on, the files have a lab to themselves.
FIRST=() SECOND=()
for file in test/lab/*.test.ts; do
  number=${file#test/lab/}
  if [ "${number%%-*}" -lt 33 ]; then FIRST+=("$file"); else SECOND+=("$file"); fi
done

# lab_tests NAME REPORT FILE...: what is said comes when it has ended, so that two at once can be read.
lab_tests() { HOLDFAST_LAB_NAME=$1 tests "$2" --project lab "${@:3}" >"$RESULTS/$2.txt" 2>&1; }
both_labs() {
  local failed=0 first
  lab_tests "${LABS[0]}" lab "${FIRST[@]}" &
  first=$!
  lab_tests "${LABS[1]}" lab-2 "${SECOND[@]}" || failed=1
  wait "$first" || failed=1
  cat "$RESULTS/lab.txt" "$RESULTS/lab-2.txt"
  return $failed
}
built() { npm run --silent build && cp dist/holdfast.tar.gz "$RESULTS/"; }
labs_up() {
  export LAB_TARBALL=$RESULTS/holdfast.tar.gz
  # The first is left bare: its first test converges it.
  HOLDFAST_LAB_NAME=${LABS[0]} scripts/lab.sh up --bare && HOLDFAST_LAB_NAME=${LABS[1]} scripts/lab.sh up
}
labs_down() {
  local name failed=0
  for name in "${LABS[@]}"; do HOLDFAST_LAB_NAME=$name scripts/lab.sh down || failed=1; done
  return $failed
}

if part 'the program' built && part 'two labs' labs_up; then
  part 'lab tests' both_labs || FAILED=1
else
  FAILED=1
fi

part 'removing the labs' labs_down || FAILED=1

# The sum over all parts. A part that could not even start counts as one failure.
COUNTED=yes
node scripts/count-tests.mjs "$FAILED" "$RESULTS"/unit.json "$RESULTS"/lab.json "$RESULTS"/lab-2.json
