# shellcheck shell=bash
# This program as one file: "npm run deb" writes it to dist/bootstrap.sh, and a card gets it for its first boot.

single_file() {
  local part
  if [ ! -d "$HERE/bootstrap" ]; then
    cat "$SELF"
    return
  fi
  sed '/^# The parts\./,$d' "$SELF"
  for part in "${PARTS[@]}"; do
    echo
    grep -v '^# shellcheck ' "$HERE/bootstrap/$part.sh"
  done
  printf '\napt_get_durably() { cat <<"APT"\n%s\nAPT\n}\n' "$(apt_get_durably)"
  printf '\nfirst_boot_unit() { cat <<"UNIT"\n%s\nUNIT\n}\n' "$(first_boot_unit)"
  sed '1,/^done$/d' "$SELF"
}
