# shellcheck shell=bash
# apt and dpkg: never asked questions, never interrupted by us, waited for when somebody else uses them.

# In a unit of its own, so that a lost SSH session does not end dpkg half-way. What it says goes to a file. What counts as
# installed afterwards is on the disk.
apt_run() {
  local code=0
  systemd-run --quiet --wait --collect --service-type=exec --description="Holdfast bootstrap: $1" \
    --setenv=DEBIAN_FRONTEND=noninteractive --setenv=LC_ALL=C.UTF-8 \
    --property=StandardOutput="append:$STAGE/apt" --property=StandardError="append:$STAGE/apt" -- "$@" </dev/null || code=$?
  disk_sync
  return $code
}

# Waited for here: apt itself waits for one of its locks only, and says whose it is only where it does not wait.
apt_get() {
  local deadline=$((SECONDS + WAIT)) told=''
  while :; do
    : >"$STAGE/apt"
    apt_run apt-get --assume-yes --quiet=2 -o Dpkg::Options::=--force-confold -o Dpkg::Options::=--force-confdef \
      -o DPkg::Lock::Timeout=0 "$@" && return
    apt_is_locked || return 1
    [ -n "$told" ] || note "apt is locked by $(apt_holder): waiting at most $WAIT s"
    told=yes
    [ $SECONDS -lt $deadline ] || fail "apt has been locked by $(apt_holder) for $WAIT s. See what it does (unattended-upgrades may take a while), and run this again when it has ended."
    sleep 1
  done
}

apt_is_locked() { grep -qE 'Could not get lock|Unable to (acquire|lock)' "$STAGE/apt"; }

# As apt says it: "process 1234 (apt-get)".
apt_holder() {
  local holder
  holder=$(grep -oE 'process [0-9]+( \([^)]*\))?' "$STAGE/apt" | tail -n 1) || true
  echo "${holder:-another program}"
}

apt_last_word() {
  local word
  word=$(grep -E '^(E:|dpkg: error)' "$STAGE/apt" | head -n 3 | tr '\n' ' ') || true
  [ -n "$word" ] || word=$(tail -n 3 "$STAGE/apt" | tr '\n' ' ')
  echo "${word:-it said nothing}"
}

# What an interrupted run, of whomever, has left half done.
dpkg_put_right() {
  # Otherwise it is taken for a choice of no certificate at all, and kept beside the new one.
  [ "$WAS_CUT" = no ] || [ -s /etc/ca-certificates.conf ] || rm -f /etc/ca-certificates.conf
  dpkg_is_whole || step "putting right what an interrupted dpkg left half done" dpkg_configure
  [ "$WAS_CUT" = no ] || conffiles_restore
}

# dpkg syncs a package's files, but neither its conffiles nor what its postinst writes. Power that goes soon afterwards leaves
# them empty, in packages that count as installed and whole: what dpkg keeps as their sum is the empty file's. So whatever
# was unpacked since this began and has an empty or missing conffile is unpacked again. Older ones are somebody's wish.
conffiles_restore() {
  local emptied=() packages=()
  mapfile -t emptied < <(conffiles_since | while read -r file; do [ -s "$file" ] || echo "$file"; done)
  ca_certificates_are_whole || packages+=(ca-certificates)
  [ ${#emptied[@]} -eq 0 ] || mapfile -t -O ${#packages[@]} packages < <(dpkg-query --search "${emptied[@]}" | sed 's/: .*//')
  [ ${#packages[@]} -gt 0 ] || return 0
  mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)
  rm -f "${emptied[@]}"
  step "putting back files that the power cut has emptied, of ${packages[*]}" apt_get install --reinstall --no-install-recommends \
    -o Dpkg::Options::=--force-confmiss -- "${packages[@]}" || fail "They could not be put back: $(apt_last_word). Install them again: sudo apt install --reinstall -o Dpkg::Options::=--force-confmiss ${packages[*]}"
}

# Of packages that were unpacked since. Lines: " /etc/file md5sum [obsolete]".
conffiles_since() {
  find /var/lib/dpkg/info -name '*.list' -newer "$UNDER_WAY" -printf '%f\n' | sed 's/\.list$//' |
    xargs --no-run-if-empty dpkg-query --show --showformat='${Conffiles}\n' | awk 'NF == 2 { print $1 }'
}

# Its postinst makes the one and update-ca-certificates the other; an empty one of them is kept as a choice.
ca_certificates_are_whole() {
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' ca-certificates 2>/dev/null)" != installed ] ||
    { [ -s /etc/ca-certificates.conf ] && [ -s /etc/ssl/certs/ca-certificates.crt ]; }
}

dpkg_is_whole() { [ -z "$(dpkg --audit)" ] && [ -z "$(find /var/lib/dpkg/updates -type f -name '[0-9]*')" ]; }

# What only has to be configured needs no network; what must be unpacked again does.
dpkg_configure() {
  local ours=()
  apt_run dpkg --force-confold --force-confdef --configure --pending || true
  dpkg_is_whole && return
  # apt finds the archive of every package but ours.
  [ "$(dpkg-query --show --showformat='${db:Status-Eflag}' holdfast 2>/dev/null)" != reinstreq ] || ours=("$DEB")
  apt_get update || true
  apt_get --fix-broken install --no-install-recommends -- "${ours[@]}" || fail "dpkg was interrupted earlier, and cannot be put right: $(apt_last_word). Mend that (sudo dpkg --configure -a; sudo apt --fix-broken install), and run this again."
}
