# shellcheck shell=bash
# Whether this host can be one of Holdfast's at all. Nothing is changed before all of it is known.

host_check() {
  host_check_root
  system_check "" "This host"
  [ -d /run/systemd/system ] || fail "systemd does not run here, so nothing could be started. To prepare a card that is mounted, give its folder: --root DIR"
}

host_check_root() { [ "$(id -u)" -eq 0 ] || fail "This installs packages and writes to /etc, so it has to be root. Run the same with sudo in front."; }

# system_check ROOT NAME: the running system, or one that is mounted.
system_check() {
  local root=$1 name=$2 file release codename architecture
  for file in /etc/os-release /var/lib/dpkg/status; do
    [ -r "$root$file" ] || fail "$name is no Debian system: there is no $root$file."
  done
  [ -w "$root/etc" ] && [ -w "$root/var/lib" ] || fail "$name cannot be written to: its file system is read-only, which a card also becomes that wears out (dmesg). Make it writable (sudo mount -o remount,rw ${root:-/}), and run this again."
  release=$(os_release "$root" PRETTY_NAME)
  codename=$(os_release "$root" VERSION_CODENAME)
  [ "$codename" = trixie ] || fail "$name runs $release, and Holdfast needs Debian 13 or Raspberry Pi OS \"trixie\" (Node 20.19, systemd 257). Flash a card with it, and run this there."
  architecture=$(system_architecture "$root")
  case $architecture in
    arm64 | amd64) ;;
    *) fail "$name is a 32-bit or otherwise unusual system ($architecture), and Holdfast needs arm64 or amd64. Flash the 64-bit image, and run this there." ;;
  esac
}

# A card is read, never run: it may be somebody else's, or for another processor.
os_release() { sed -n "s/^$2=[\"']\?\([^\"']*\)[\"']\?\$/\1/p" "$1/etc/os-release"; }

system_architecture() {
  awk '/^Package: dpkg$/ { found = 1 } found && /^Architecture: / { print $2; exit }' "$1/var/lib/dpkg/status"
}
