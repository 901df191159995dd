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

# A lab of its own: one that somebody works with stays as it is.
export HOLDFAST_LAB_NAME=holdfast-test
RESULTS=$(mktemp -d)
FAILED=0
COUNTED=no
cleanup() {
  scripts/lab.sh down >/dev/null 2>&1 || true
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
if part 'the lab' scripts/lab.sh up --bare; then
  part 'lab tests' tests lab --project lab || FAILED=1
else
  FAILED=1
fi

part 'removing the lab' scripts/lab.sh down || FAILED=1

# The sum over all parts. A part that could not even start counts as one failure.
COUNTED=yes
node scripts/count-tests.mjs "$FAILED" "$RESULTS"/unit.json "$RESULTS"/lab.json
