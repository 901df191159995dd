# shellcheck shell=bash
# Holdfast itself: built here, unpacked on the hosts as its package would be.

program_tarball() { echo "${LAB_TARBALL:-$REPOSITORY/dist/holdfast.tar.gz}"; }
program_is_built() { [ -s "$(program_tarball)" ]; }

# As the owner of the checkout, so that "sudo lab.sh up" leaves no root's files in it.
as_owner() {
  local owner
  owner=$(stat -c %U "$REPOSITORY")
  if [ "$owner" = root ] || [ "$owner" = UNKNOWN ]; then "$@"; else runuser -u "$owner" -- "$@"; fi
}

program_build() {
  if [ -n "${LAB_TARBALL:-}" ]; then
    program_is_built || { echo "lab: LAB_TARBALL names $LAB_TARBALL, which is not there." >&2; return 1; }
    program_unpack
    return
  fi
  local installed=$REPOSITORY/node_modules/.package-lock.json
  if [ ! -e "$installed" ] || [ "$REPOSITORY/package-lock.json" -nt "$installed" ]; then
    say "  npm ci"
    as_owner npm --prefix "$REPOSITORY" ci --no-audit --no-fund || return
  fi
  as_owner npm --prefix "$REPOSITORY" run build || return
  program_is_built || { echo "lab: \"npm run build\" made no $(program_tarball)." >&2; return 1; }
  program_unpack
}

# For this machine: whoever keeps the state repository makes its secrets here.
program_unpack() { rm -rf "$LAB/program" && mkdir -p "$LAB/program" && tar -xz -C "$LAB/program" -f "$(program_tarball)"; }

program_install() {
  local n
  program_is_built || { echo "lab: there is no $(program_tarball) to install." >&2; return 1; }
  for n in "$@"; do
    host_exec "$n" tar -xz --no-same-owner --no-overwrite-dir -C / <"$(program_tarball)"
    host_exec "$n" systemctl daemon-reload
    ! host_exec "$n" test -e /usr/lib/tmpfiles.d/holdfast.conf || host_exec "$n" systemd-tmpfiles --create holdfast.conf
    disk_sync "$n"
  done
}

program_start() {
  local n
  for n in "$@"; do
    host_exec "$n" test -e /usr/lib/systemd/system/holdfast.service || { echo "lab: Holdfast is not installed on host $n." >&2; return 1; }
    program_configuration | host_exec "$n" sh -c 'umask 077 && cat >/etc/holdfast/agent.yaml'
    host_exec "$n" systemctl enable --quiet --now holdfast
    disk_sync "$n"
  done
}

# Every five seconds, where a real cluster would ask every half minute.
program_configuration() {
  cat <<YAML
repository:
  url: git@$SERVER:/srv/state.git
  branch: main
  path: "."
  sshKey: /etc/holdfast/deploy_key
  knownHosts: /etc/holdfast/known_hosts
schedule: "*/5 * * * * *"
splay: 0s
YAML
}

program_deploy() {
  local n
  (program_build) || fail "Building Holdfast failed."
  program_install "$@"
  for n in "$@"; do host_exec "$n" systemctl try-restart holdfast; done
}
