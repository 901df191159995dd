# shellcheck shell=bash
# A Pi has no clock that runs while it is off. One that is too early makes every signature and certificate invalid.

clock_check() {
  local deadline=$((SECONDS + WAIT))
  clock_is_wrong || return 0
  say "- waiting for the clock, which says $(date -u +%F): at most $WAIT s"
  while clock_is_wrong && [ $SECONDS -lt $deadline ]; do sleep 1; done
  ! clock_is_wrong || fail "The clock of this host is not set: it says $(date -u '+%F %R') UTC, and $DEB was made on $(date -u -d "@$DEB_DATE" +%F). Let it be set (sudo timedatectl set-ntp true), or set it: sudo date -s '2026-01-31 12:00'"
}

# Earlier than this package; or somebody is about to set it, and has not yet.
clock_is_wrong() {
  [ "$(date +%s)" -lt "$DEB_DATE" ] || clock_is_being_set
}

clock_is_being_set() {
  local state
  [ $SECONDS -lt 30 ] || return 1 # one that is merely not confirmed is good enough
  state=$(timedatectl show --property=NTP --property=NTPSynchronized 2>/dev/null) || return 1
  [[ $state == *NTP=yes* && $state == *NTPSynchronized=no* ]]
}
