#!/usr/bin/env bash
# From a fresh Raspberry Pi OS or Debian 13 (trixie) to a host that follows its state repository, in one command.
# Run again it changes nothing, upgrades, or goes on where it was interrupted. README, "Bootstrap".
# Read by another shell, or through a pipe, it could neither ask nor leave itself for a first boot.
[ -n "${BASH_VERSION:-}" ] && [ -f "$0" ] || { echo 'bootstrap: Copy this to a file, and run that with bash: sudo bash ./bootstrap.sh --help' >&2; exit 64; }
set -Eeuo pipefail
# What nobody has foreseen has a sentence as well, and what a subshell has said (bootstrap/say.sh) no second one.
trap 'case $?.$BASH_SUBSHELL in 99.0) exit 1 ;; 99.*) exit 99 ;; *.0) fail "\"$BASH_COMMAND\" failed, which was not foreseen. Run the same command again: it goes on here; with bash -x it says more." ;; esac' ERR

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SELF=$HERE/$(basename "${BASH_SOURCE[0]}")

# The parts. dist/bootstrap.sh has them in it, for it is one file that is copied to a Pi (bootstrap/single-file.sh).
PARTS=(say arguments given files this-host network clock apt package git-host keys hostname configuration repository
  converge screen dry-run first-boot image single-file)
for part in "${PARTS[@]}"; do
  # shellcheck disable=SC1090 # every part is checked on its own
  . "$HERE/bootstrap/$part.sh"
done

main() {
  [ "${1:-}" != --single-file ] || { single_file; return; }
  arguments_read "$@"
  if [ -n "$ROOT" ]; then image_main; elif [ "$AT_BOOT" = yes ]; then at_boot_main; else host_main; fi
}

host_main() {
  host_check
  hostname_check
  configuration_look
  given_check
  package_find
  clock_check
  network_check
  git_host_check
  if [ "$DRY_RUN" = yes ]; then dry_run; return; fi
  run_alone
  package_install
  configuration_read
  given_stage
  configuration_prepare
  git_host_pin
  keys_make
  repository_check
  given_install
  hostname_set
  configuration_write
  converge_once
  first_boot_done
  screen
}

main "$@"
