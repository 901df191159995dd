# shellcheck shell=bash
# What would be done. Nothing is, not even in /run.

dry_run() {
  say "Nothing is done. This would be:"
  if package_is_there; then note "holdfast $DEB_VERSION is installed already"; else note "install holdfast $DEB_VERSION and what it needs: $(dpkg-deb --field "$DEB" Depends)"; fi
  [ "$(hostname_is)" = "$(hostname_wanted)" ] || note "call this host $NEW_HOSTNAME, which is called $(hostname_is) now"
  [ "$GIT_TRANSPORT" != ssh ] || dry_run_key "deploy key" "$DEPLOY_KEY" "$KEY"
  dry_run_key "key for secrets" "$IDENTITY" "$AGE_KEY"
  [ "$GIT_TRANSPORT" != ssh ] || dry_run_pin
  if configuration_is_blank; then note "write $CONFIGURATION:"; configuration | without_secrets | sed 's/^/    /'; else note "$CONFIGURATION is written already, and stays"; fi
  note "start holdfast.service, which converges this host"
  # Not asked here: it would fetch what is new, and keep it.
  ! command -v holdfast >/dev/null || configuration_is_blank || note "what the repository would change here: sudo holdfast plan"
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
