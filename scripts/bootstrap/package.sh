# shellcheck shell=bash
# The package: which file it is, and whether this host has it already.

DEB_VERSION='' DEB_DATE=0 UNREAD=''

package_find() {
  [ -n "$DEB" ] || package_look
  command -v dpkg-deb >/dev/null || fail "dpkg-deb is missing, which reads the package: apt-get install dpkg"
  [ "$(dpkg-deb --field "$DEB" Package 2>/dev/null)" = holdfast ] || package_is_no_package
  DEB=$(realpath "$DEB")
  DEB_VERSION=$(dpkg-deb --field "$DEB" Version)
  DEB_DATE=$(package_made) || package_is_no_package
}

package_is_no_package() { fail "$DEB is not Holdfast's package, or not all of it. Copy it again; on a Debian machine \"npm ci && npm run deb\" makes dist/holdfast_VERSION_all.deb."; }

# What is read is all of it: half of one says its name and its version, too.
package_made() {
  local day time
  read -r _ _ _ day time _ < <(dpkg-deb --fsys-tarfile "$DEB" | tar --list --verbose --full-time --utc ./usr/bin/holdfast) || return 1
  dpkg-deb --fsys-tarfile "$DEB" >/dev/null && date -u -d "$day $time" +%s
} 2>/dev/null

# Beside this script, or what the checkout has built, or builds now.
package_look() {
  local found=() folder
  for folder in "$HERE" "$(dirname "$HERE")/dist"; do
    found=("$folder"/holdfast.deb "$folder"/holdfast_*_all.deb)
    mapfile -t found < <(ls -d "${found[@]}" 2>/dev/null)
    [ ${#found[@]} -le 1 ] || fail "There are several packages in $folder: ${found[*]##*/}. Say which one: --deb FILE"
    [ ${#found[@]} -eq 0 ] || break
  done
  [ ${#found[@]} -gt 0 ] || package_build
  DEB=${DEB:-${found[0]}}
  say "- the package is $DEB"
}

package_build() {
  local checkout=$HERE/..
  [ -e "$checkout/scripts/deb.mjs" ] && [ -d "$checkout/node_modules" ] && command -v npm >/dev/null ||
    fail "There is no package beside $SELF. Copy holdfast_VERSION_all.deb there, or say where it is: --deb FILE. On a Debian machine with Node 20.19 \"npm ci && npm run deb\" makes it, in dist/."
  [ "$DRY_RUN" = no ] || fail "There is no package yet, and --dry-run makes none: npm run deb"
  say "- building the package from this checkout"
  (cd "$checkout" && npm run --silent deb >&2) || fail "The package could not be built. Mend what is said above, or give one that is built: --deb FILE"
  DEB=$(ls "$checkout"/dist/holdfast_*_all.deb)
}

package_install() {
  agent_hold
  dpkg_put_right
  if package_is_there; then
    say "- holdfast $(package_version) is installed already"
    return
  fi
  if [ -n "$(package_version)" ] && dpkg --compare-versions "$(package_version)" gt "$DEB_VERSION"; then
    say "- holdfast $(package_version) is installed, which is newer than $DEB_VERSION of $DEB: it stays"
    return
  fi
  step "reading what packages there are" package_lists
  step "installing holdfast $DEB_VERSION and what it needs" package_unpack
}

package_version() { dpkg-query --show --showformat='${Version}' holdfast 2>/dev/null || true; }

# As far as dpkg knows, which a power cut in one of our runs may have outdated (apt.sh).
package_is_whole() { [ "$(dpkg-query --show --showformat='${db:Status-Status}' holdfast 2>/dev/null)" = installed ] && [ ! -e "$APT_UNDER_WAY" ]; }

# This very build, and whole: versions alone do not tell two builds of a checkout from each other.
package_is_there() {
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' holdfast 2>/dev/null)" = installed ] &&
    dpkg-deb --ctrl-tarfile "$DEB" | tar --extract --to-stdout ./md5sums | cmp -s - /var/lib/dpkg/info/holdfast.md5sums
}

# apt counts lists that it cannot fetch as a warning, and goes on with old ones or none.
package_lists() {
  apt_get update || fail "apt cannot read what packages there are: $(apt_last_word). Check this host's network and clock, and /etc/apt/sources.list.d; then run this again."
  UNREAD=$(sed -n 's/^W: Failed to fetch *//p' "$STAGE/apt" | head -n 1)
}

# Debian's recommendations would bring npm and its hundreds of packages; of ours only what https needs is wanted.
package_unpack() {
  local packages=("$DEB")
  [ -s /etc/ssl/certs/ca-certificates.crt ] || packages+=(ca-certificates)
  apt_get install --no-install-recommends --reinstall -- "${packages[@]}" && return
  [ -z "$UNREAD" ] || fail "The packages could not be installed, because apt could not read what there is: $UNREAD. Check this host's network and clock, and /etc/apt/sources.list.d; then run this again."
  fail "The packages could not be installed: $(apt_last_word). Mend that, and run this again."
}
