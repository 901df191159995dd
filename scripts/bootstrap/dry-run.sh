# shellcheck shell=bash
# What would be done. Nothing is, but for a folder in /run that is gone afterwards.

dry_run() {
  stage_open /run
  ! package_is_whole || given_stage
  say "Nothing is done. This would be:"
  if package_is_there; then note "holdfast $DEB_VERSION is installed already"; else note "install holdfast $DEB_VERSION and what it needs: $(dpkg-deb --field "$DEB" Depends)"; fi
  [ -z "$NEW_HOSTNAME" ] || [ "$(hostname_is)" = "$NEW_HOSTNAME" ] || note "call this host $NEW_HOSTNAME, which is called $(hostname_is) now"
  [ "$GIT_TRANSPORT" != ssh ] || dry_run_key "deploy key" "$DEPLOY_KEY" "$KEY"
  dry_run_key "key for secrets" "$IDENTITY" "$AGE_KEY"
  [ "$GIT_TRANSPORT" != ssh ] || dry_run_pin
  dry_run_configuration
  note "start holdfast.service, which converges this host"
  # Not asked here: it would fetch what is new, and keep it.
  ! command -v holdfast >/dev/null || configuration_is_blank || note "what the repository would change here: sudo holdfast plan"
}

# One that is there can be read, and judged, by the program only.
dry_run_configuration() {
  if configuration_is_blank; then
    note "write $CONFIGURATION:"
    configuration | without_secrets | sed 's/^/    /'
  elif ! package_is_whole; then
    note "$CONFIGURATION is written already: only what it contradicts would change in it"
  else
    configuration_merged >"$STAGE/agent.yaml"
    if cmp -s "$STAGE/agent.yaml" "$CONFIGURATION"; then note "$CONFIGURATION says all of it already, and stays"; return; fi
    note "change in $CONFIGURATION:"
    { diff "$CONFIGURATION" "$STAGE/agent.yaml" || true; } | grep '^[<>]' | without_secrets | sed 's/^/    /'
  fi
}

# dry_run_key WHAT GIVEN PLACE
dry_run_key() {
  if [ -n "$2" ]; then note "take $2 as the $1"; elif [ -s "$3" ]; then note "the $1 $3 is there already"; else note "make a $1, and say where its public half belongs"; fi
}

dry_run_pin() {
  if [ -n "$KNOWN_HOSTS" ]; then note "trust the Git server's keys in $KNOWN_HOSTS"
  elif [ -s "$PINNED" ]; then note "trust the Git server's keys in $PINNED"
  else note "show you the key of $(git_host_name), for a yes"; fi
}
