# shellcheck shell=bash
# The same command, said again at a boot: by a card that was prepared with --root, or by cloud-init with --at-boot.

FIRST_BOOT_FOLDER=/var/lib/holdfast-first-boot
FIRST_BOOT_UNIT=/etc/systemd/system/holdfast-first-boot.service

# In the single file the unit's own text stands in the place of this.
first_boot_unit() { cat "$HERE/../systemd/holdfast-first-boot.service"; }

# The unit last: what it starts is whole by then.
first_boot_write() {
  local folder=$ROOT$FIRST_BOOT_FOLDER unit=$ROOT$FIRST_BOOT_UNIT link
  install -d -m 0700 "$folder"
  put 0644 "$folder/holdfast.deb" <"$DEB"
  single_file | put 0755 "$folder/bootstrap.sh"
  printf '%s\n' "${GIVEN[@]}" | put 0600 "$folder/arguments"
  first_boot_unit | put 0644 "$unit"
  mkdir -p "$(dirname "$unit")/multi-user.target.wants"
  link=$(dirname "$unit")/multi-user.target.wants/${unit##*/}
  [ "$(readlink "$link")" = "$FIRST_BOOT_UNIT" ] || ln -sfn "$FIRST_BOOT_UNIT" "$link"
  sync -f "$unit"
}

# An option and its value a line.
first_boot_arguments() {
  local words=()
  mapfile -t words <"$HERE/arguments" || fail "$HERE/arguments is gone, which says what to do. Run bootstrap.sh by hand."
  set -- "${words[@]}"
  while [ $# -ge 2 ]; do
    argument_known "$1"
    argument_take "$1" "$2"
    shift 2
  done
}

# What was made for this one time goes, whoever has done the work in the end.
first_boot_done() {
  [ -e "$FIRST_BOOT_UNIT" ] || [ -e "$FIRST_BOOT_FOLDER" ] || return 0
  systemctl disable --quiet "${FIRST_BOOT_UNIT##*/}" 2>/dev/null || true
  rm -rf "$FIRST_BOOT_UNIT" "$FIRST_BOOT_FOLDER"
  systemctl daemon-reload
}

# Files that were given are kept until then: the folder that they came from need not be there any more.
at_boot_main() {
  host_check
  hostname_check
  hostname_check_given
  configuration_look
  given_check
  package_find
  git_host_check
  if [ "$DRY_RUN" = yes ]; then say "This would be done in the background, at every boot until it has succeeded."; return; fi
  run_alone
  at_boot_keep --deploy-key "$DEPLOY_KEY"
  at_boot_keep --identity "$IDENTITY"
  at_boot_keep --known-hosts "$KNOWN_HOSTS"
  at_boot_keep --allowed-signers "$ALLOWED_SIGNERS"
  first_boot_write
  exec 9>&- # the lock is for whom this starts
  systemctl daemon-reload
  systemctl start "${FIRST_BOOT_UNIT##*/}"
  say "It is under way, and is tried again until it has succeeded: journalctl -fu holdfast-first-boot"
}

at_boot_keep() {
  [ -n "$2" ] || return 0
  install -d -m 0700 "$FIRST_BOOT_FOLDER"
  put 0600 "$FIRST_BOOT_FOLDER/${1#--}" <"$2"
  GIVEN+=("$1" "$FIRST_BOOT_FOLDER/${1#--}")
}
