#!/usr/bin/env bash
# Debian's node for arm64, and the emulator that runs it here: makes the root once, and prints how to call it, a word a
# line. Nothing of it is booted, so no binfmt is needed. Needs root the first time, for apt's folders in it.
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in settings machine; do
  # shellcheck disable=SC1090
  . "$SCRIPTS/lab/$part.sh"
done
MACHINE_PACKAGES=(mmdebstrap qemu-user-static debian-archive-keyring util-linux)

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
  rm -rf "$partial"
  proxy=$(apt-config shell value Acquire::http::Proxy | sed "s/^value='\(.*\)'$/\1/")
  mmdebstrap --quiet --mode=root --architectures=arm64 --variant=extract --include=nodejs \
    ${proxy:+--aptopt="Acquire::http::Proxy \"$proxy\""} "$SUITE" "$partial" "$(machine_mirror)"
  # Extracted only: what base-files does when it is installed.
  [ -e "$partial/lib" ] || ln -s usr/lib "$partial/lib"
  mv "$partial" "$root"
}

{
  machine_install
  arm64_build
} >&2
printf '%s\n' qemu-aarch64-static -L "$(arm64_root)" "$(arm64_root)/usr/bin/node"
