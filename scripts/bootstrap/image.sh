# shellcheck shell=bash
# A card that is mounted, and not running: what can be done now is done, the rest at its first boot with a network.
# Nothing of it is ever run: it may be for another processor.

image_main() {
  [ -d "$ROOT" ] || fail "$ROOT is no folder. Mount the card's second partition, and give the folder that it is mounted at."
  ROOT=$(realpath "$ROOT")
  [ "$ROOT" != / ] || fail "/ is this system itself. Leave --root out, or say --at-boot."
  host_check_root
  image_keeps_to_itself
  system_check "$ROOT" "The card at $ROOT"
  hostname_check
  hostname_check_given
  package_find
  git_host_check
  stage_open /tmp
  image_program
  given_stage
  if [ "$DRY_RUN" = yes ]; then say "The card at $ROOT would be prepared as $(hostname_wanted), with $DEB."; return; fi
  git_host_pin
  keys_make
  given_install
  # An agent.yaml on the card is only told what is said at the first boot (configuration_wanted).
  [ -z "$ALLOWED_SIGNERS" ] || GIVEN+=(--allowed-signers "$SIGNERS")
  [ -z "$NEW_HOSTNAME" ] || hostname_write
  first_boot_write
  image_say
}

# A link with an absolute name leads out of a mounted card, to this machine: its keys and units would be written here.
image_keeps_to_itself() {
  local path leads
  for path in /etc/os-release /etc/hostname /etc/hosts /etc/cloud/cloud.cfg.d "$KEY" "$AGE_KEY" "$PINNED" "$SIGNERS" \
    "$FIRST_BOOT_FOLDER" "${FIRST_BOOT_UNIT%/*}/multi-user.target.wants" /var/lib/dpkg/status; do
    leads=$(realpath --canonicalize-missing "$ROOT$path")
    [[ $leads == "$ROOT"/* ]] || fail "$path of the card leads to $leads, which is not on the card, so nothing was written. Make it a relative link, or run bootstrap.sh on the Pi itself."
  done
}

# The package's own program, where this machine has a node for it.
image_program() {
  command -v ssh-keygen >/dev/null || fail "ssh-keygen is missing on this machine, which makes the keys: apt-get install openssh-client"
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null ||
    fail "Node 20.19 or newer is needed on this machine to make the card's keys. Install it, or run bootstrap.sh on the Pi itself."
  dpkg-deb --extract "$DEB" "$STAGE/program"
  agent() { node --disable-warning=ExperimentalWarning "$STAGE/program/usr/lib/holdfast/holdfast.cjs" "$@"; }
}

image_say() {
  keys_say
  say ""
  say "The card at $ROOT is prepared as $(hostname_wanted). Put its keys where they belong, unmount it, and boot it with a"
  say "network: it installs Holdfast, converges, and says how it goes: journalctl -fu holdfast-first-boot"
}
