#!/usr/bin/env bash
# Debian's node for arm64 on this machine. "prepare": installs and unpacks what "node" needs, once. "node ARGUMENTS...":
# that node, in an emulator where this machine is not one for arm64 itself. Needs root: node's own files are mounted
# where it looks for them, which nobody else sees.
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in settings machine; do
  # shellcheck disable=SC1090
  . "$SCRIPTS/lab/$part.sh"
done
# Called by its name, so nothing is registered with binfmt_misc.
MACHINE_PACKAGES=(mmdebstrap qemu-user debian-archive-keyring util-linux)

is_arm64() { [ "$(uname -m)" = aarch64 ]; }

arm64_root() { echo "$CACHE/arm64-$SUITE-$(sha256sum "${BASH_SOURCE[0]}" | cut -c1-12)"; }

arm64_build() {
  local root partial proxy
  root=$(arm64_root)
  mkdir -p "$CACHE"
  exec 8>"$CACHE/arm64.lock"
  flock 8
  [ ! -d "$root" ] || return 0
  find "$CACHE" -mindepth 1 -maxdepth 1 -type d -name 'arm64-*' -exec rm -rf {} +
  partial=$root.partial
  proxy=$(apt-config shell value Acquire::http::Proxy | sed "s/^value='\(.*\)'$/\1/")
  # Unpacked only: nothing in it is ever run to install it.
  mmdebstrap --quiet --mode=root --architectures=arm64 --variant=extract --include=nodejs \
    ${proxy:+--aptopt="Acquire::http::Proxy \"$proxy\""} "$SUITE" "$partial" "$(machine_mirror)"
  mv "$partial" "$root"
}

# Not with the emulator's -L: it then looks for every path in the root first, and "/" is found there, so that the
# program would be half in the root and half on this machine (its lock is one file when it opens it, another when it
# looks at it). Node is given its libraries by its loader, and the one folder it reads by name by a mount.
# shellcheck disable=SC2016 # for the shell in the namespace
IN_EMULATOR='
  root=$1
  shift
  mount -t tmpfs -o mode=0755 tmpfs /usr/share
  mkdir /usr/share/nodejs
  mount --bind "$root/usr/share/nodejs" /usr/share/nodejs
  exec qemu-aarch64 "$root/usr/lib/ld-linux-aarch64.so.1" --library-path "$root/usr/lib/aarch64-linux-gnu" \
    "$root/usr/bin/node" "$@"'

verb=${1:-}
case $verb in
  prepare) is_arm64 || { machine_install && arm64_build; } ;;
  node)
    shift
    ! is_arm64 || exec node "$@"
    [ "$(id -u)" -eq 0 ] || fail "An emulated node needs root, for its own files are mounted where it looks for them. Run this as root."
    exec unshare --mount sh -e -c "$IN_EMULATOR" sh "$(arm64_root)" "$@"
    ;;
  *) fail "What? scripts/arm64.sh prepare, or scripts/arm64.sh node ARGUMENTS, not \"$verb\"." ;;
esac
