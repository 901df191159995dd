# shellcheck shell=bash
# apt and dpkg: never asked questions, never interrupted by us, waited for when somebody else uses them.

# apt-get as the agent runs it: what a power cut empties is put back by the next. In the single file its text stands here.
APT_UNDER_WAY=/var/lib/holdfast-apt-get
apt_get_durably() { cat "$HERE/../systemd/apt-get-durably"; }

# In a unit of its own, so that a lost SSH session does not end dpkg half-way. What it says goes to a file.
apt_run() {
  systemd-run --quiet --wait --collect --service-type=exec --description="Holdfast bootstrap: $1" \
    --setenv=DEBIAN_FRONTEND=noninteractive --setenv=LC_ALL=C.UTF-8 \
    --property=StandardOutput="append:$STAGE/apt" --property=StandardError="append:$STAGE/apt" -- "$@" </dev/null
}

# Waited for here: apt itself waits for one of its locks only, and says whose it is only where it does not wait.
apt_get() {
  local deadline=$((SECONDS + WAIT)) told=''
  apt_get_durably >"$STAGE/apt-get-durably"
  while :; do
    : >"$STAGE/apt"
    apt_run bash "$STAGE/apt-get-durably" --assume-yes --no-remove --quiet=2 -o Dpkg::Options::=--force-confold -o Dpkg::Options::=--force-confdef \
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
dpkg_put_right() { dpkg_is_whole || step "putting right what an interrupted dpkg left half done" dpkg_configure; }

dpkg_is_whole() { [ -z "$(dpkg --audit)" ] && [ -z "$(find /var/lib/dpkg/updates -type f -name '[0-9]*')" ] && [ ! -e "$APT_UNDER_WAY" ]; }

# What only has to be configured needs no network; what must be unpacked again does.
dpkg_configure() {
  local ours=()
  # After a cut it is for apt-get-durably, which first sets aside what a postinst would take for somebody's choice.
  [ -e "$APT_UNDER_WAY" ] || apt_run dpkg --force-confold --force-confdef --configure --pending || true
  dpkg_is_whole && return
  # apt finds the archive of every package but ours.
  [ "$(dpkg-query --show --showformat='${db:Status-Eflag}' holdfast 2>/dev/null)" != reinstreq ] || ours=("$DEB")
  apt_get update || true
  apt_get --fix-broken install --no-install-recommends -- "${ours[@]}" || fail "dpkg was interrupted earlier, and cannot be put right: $(apt_last_word). Mend that (sudo dpkg --configure -a; sudo apt --fix-broken install), and run this again."
}
