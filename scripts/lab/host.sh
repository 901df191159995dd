# shellcheck shell=bash
# One host: what is on its disk, its boot, its end.

hosts_create() {
  local n
  for n in "${HOSTS[@]}"; do host_create "$n"; done
  for n in "${HOSTS[@]}"; do host_boot "$n"; done
  for n in "${HOSTS[@]}"; do host_wait "$n"; done
}

host_create() {
  local n=$1 root=$LAB/hosts/$1/root m
  disk_create "$n"
  [ "$(host_system "$n")" = card ] || hostname_of "$n" >"$root/etc/hostname"
  # Without an id of its own a host would take this for its first boot and apply all presets.
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
  {
    echo "127.0.0.1 localhost"
    for m in "${HOSTS[@]}"; do echo "$(address_of "$m") $(hostname_of "$m")"; done
  } >"$root/etc/hosts"
  pki_install "$root"
  if [ "$(host_system "$n")" = lab ]; then
    git_server_trust "$root"
    secrets_install "$n" "$root"
  fi
  stand_ins_install "$n" "$root"
  kubeadm_install "$n" "$root"
  disk_sync "$n"
}

# lab: Debian with all that Holdfast manages; card: Debian alone (card.sh).
host_system() { if [ -e "$LAB/hosts/$1/image" ]; then echo card; else echo lab; fi; }

# The services that play kubelet and, where there are no real ones, API server and etcd (scripts/lab/stand-ins).
stand_ins_install() {
  local n=$1 root=$2 m peers=
  for m in "${HOSTS[@]}"; do [ "$m" = "$n" ] || peers+="$(address_of "$m") "; done
  mkdir -p "$root/usr/local/lib/lab" "$root/etc/lab"
  install -m 0755 "$SCRIPTS"/lab/stand-ins/*.mjs "$root/usr/local/lib/lab/"
  install -m 0644 "$SCRIPTS"/lab/stand-ins/*.service "$root/etc/systemd/system/"
  printf 'ADDRESS=%s\nPEERS="%s"\n' "$(address_of "$n")" "${peers% }" >"$root/etc/lab/environment"
  systemctl --root="$root" enable --quiet lab-kubelet.service
  if ! real_given; then
    ln -sf apiserver.mjs "$root/usr/local/lib/lab/kube-apiserver"
    systemctl --root="$root" enable --quiet lab-etcd.service
  fi
}

# Starts the launcher, a process of its own that outlives this command.
host_boot() {
  local n=$1
  ! process_alive "$LAB/hosts/$n/launcher.pid" || fail "Host $n is already on."
  disk_restart "$n"
  rm -f "$LAB/hosts/$n/nspawn.pid"
  setsid "$SCRIPTS/lab.sh" __launch "$n" </dev/null >>"$LAB/hosts/$n/console" 2>&1 3>&- 4>&- 9>&- &
  process_remember "$LAB/hosts/$n/launcher.pid" $!
}

# Runs in the background. A host that reboots by itself (nspawn then ends with
# 133) gets a network namespace made anew, as a real kernel would be.
host_launch() {
  local n=$1 status
  while :; do
    network_host_create "$n"
    cgroup_create "$n"
    status=0
    (host_nspawn "$n") || status=$?
    network_host_remove "$n"
    cgroup_remove "$n"
    [ "$status" -eq 133 ] || break
  done
}

# In a mount namespace without what other hosts have mounted: systemd-nspawn keeps
# a copy of all it finds (before systemd 253), and a disk that is mounted there
# stays mounted for as long as the host runs. Labs live in /var/lib.
# shellcheck disable=SC2016 # expanded in there
HOST_ALONE='own=$1
shift
findmnt --list --noheadings --output TARGET | grep "^/var/lib/" | grep -vxF "$own" | tac | xargs -r umount --lazy
exec "$@"'

host_nspawn() {
  local n=$1 tree
  for tree in $(cgroup_trees); do echo "$BASHPID" >"$tree/$LAB_NAME-$n/cgroup.procs"; done
  process_remember "$LAB/hosts/$n/nspawn.pid" "$BASHPID"
  # The first: systemd 257 refuses cgroup v1, whatever this machine uses.
  # The second: sysctls under net belong to the host and must be writable there.
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_API_VFS_WRITABLE=network \
    exec unshare --mount --propagation slave sh -c "$HOST_ALONE" sh "$LAB/hosts/$n/root" \
    systemd-nspawn --quiet -D "$LAB/hosts/$n/root" --hostname="$(hostname_of "$n")" --machine="$LAB_NAME-$n" \
    --register=no --keep-unit --resolv-conf=off --timezone=off --link-journal=no --console=pipe \
    --network-namespace-path="/run/netns/$LAB_NAME-$n" \
    --capability=CAP_NET_ADMIN,CAP_NET_RAW,CAP_NET_BROADCAST -b
}

# Each host needs cgroups of its own, or the three systemds share one tree and
# end each other's processes. Hybrid machines have two trees, v2 machines one.
cgroup_trees() {
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    echo /sys/fs/cgroup
  else
    echo /sys/fs/cgroup/unified
    [ ! -d /sys/fs/cgroup/systemd ] || echo /sys/fs/cgroup/systemd
  fi
}

cgroup_create() {
  local tree
  cgroup_remove "$1"
  for tree in $(cgroup_trees); do mkdir "$tree/$LAB_NAME-$1"; done
}

cgroup_remove() {
  local tree
  for tree in $(cgroup_trees); do
    [ ! -d "$tree/$LAB_NAME-$1" ] || wait_for 10 "the processes of host $1 to end" cgroup_remove_tree "$tree/$LAB_NAME-$1"
  done
}

# Whatever of host N still runs: everything in its cgroups was started by the lab.
cgroup_kill() {
  local tree pid
  for tree in $(cgroup_trees); do
    [ -d "$tree/$LAB_NAME-$1" ] || continue
    find "$tree/$LAB_NAME-$1" -name cgroup.procs -exec cat {} + | while read -r pid; do kill -9 "$pid" 2>/dev/null || true; done
  done
}

cgroup_remove_tree() { find "$1" -depth -type d -exec rmdir {} + && [ ! -d "$1" ]; }

# The host's first process: nspawn's child whose own id is 1, once it is systemd
# (before that its folders are still this machine's).
host_leader() {
  local child
  process_alive "$LAB/hosts/$1/nspawn.pid" || return 1
  for child in $(pgrep -P "$(process_id "$LAB/hosts/$1/nspawn.pid")"); do
    grep -q $'^NSpid:.*\t1$' "/proc/$child/status" 2>/dev/null || continue
    case $(readlink "/proc/$child/exe") in */lib/systemd/systemd) echo "$child"; return ;; esac
  done
  return 1
}

# A command's parent is this shell, not nsenter: one that dies of a signal before
# its child leaves a dead process that only this machine's init can reap, and
# until it does the host cannot end. So signals go to the command, whose end
# (of whatever) is then ours. A terminal sends its own to both.
# shellcheck disable=SC2016 # expanded on the host
HOST_SUPERVISE='exec 3<&0 4>&2 2>/dev/null
trap : INT QUIT
trap "kill -TERM \$command" TERM
trap "kill -HUP \$command" HUP
env --default-signal "$@" <&3 3<&- 2>&4 4>&- &
command=$!
while wait $command; status=$?; kill -0 $command; do :; done
exit $status'

host_exec() { (host_become "$@"); }

# The last thing this shell does.
host_become() {
  local leader
  leader=$(host_leader "$1") || { echo "lab: host $1 is not running." >&2; exit 125; }
  shift
  exec nsenter -t "$leader" -m -u -i -n -p -r -w --no-fork -- \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" \
    sh -c "$HOST_SUPERVISE" sh "$@"
}

exec_verb() {
  local n=$1
  shift
  [ "${1:-}" != -- ] || shift
  [ $# -gt 0 ] || fail "exec N -- CMD: which command?"
  host_become "$n" "$@"
}

# With a terminal of the host's own, for what asks for its name.
host_shell() {
  if [ -t 0 ]; then host_become "$1" script -qec 'bash --login' /dev/null; else host_become "$1" bash --login; fi
}

logs_verb() {
  local n=$1
  shift
  [ $# -gt 0 ] || set -- --follow
  host_become "$n" journalctl -u holdfast "$@"
}

host_has_booted() { case $(host_exec "$1" systemctl is-system-running 2>/dev/null) in running | degraded) ;; *) return 1 ;; esac; }

host_wait() {
  wait_for 60 "host $1 to boot" host_has_booted "$1" || { tail -n 20 "$LAB/hosts/$1/console" >&2; return 1; }
}

# Power and cable go at the same moment. With --unsynced-lost the disk goes first:
# the next boot finds what had been synced, and nothing else.
host_cut() {
  local n=$1 leader
  leader=$(host_leader "$n") || fail "Host $n is already off."
  case ${2:-} in
    '') ;;
    --unsynced-lost) disk_stop "$n" ;;
    *) fail "cut knows only --unsynced-lost, not \"$2\"." ;;
  esac
  kill -9 "$leader"
  network_host_remove "$n"
  wait_for 20 "host $n to be off" process_gone "$LAB/hosts/$n/launcher.pid"
}

host_reboot() {
  host_exec "$1" systemctl poweroff
  wait_for 120 "host $1 to shut down" process_gone "$LAB/hosts/$1/launcher.pid"
  host_boot "$1"
  host_wait "$1"
}

host_remove() {
  local n=$1 leader
  if leader=$(host_leader "$n"); then
    kill -9 "$leader"
    wait_for 20 "host $n to end" process_gone "$LAB/hosts/$n/launcher.pid" || true
  fi
  # The launcher first: it would boot the host again.
  process_kill "$LAB/hosts/$n/launcher.pid"
  process_kill "$LAB/hosts/$n/nspawn.pid"
  cgroup_kill "$n"
  cgroup_remove "$n"
  disk_remove "$n"
  overlay_remove "$LAB/hosts/$n"
  rm -rf "/run/systemd/nspawn/propagate/$LAB_NAME-$n" "/run/systemd/nspawn/unix-export/$LAB_NAME-$n"
}

fresh_verb() {
  local n=$1
  case ${2:-} in '' | --bare | --card) ;; *) fail "fresh knows --bare and --card, not \"$2\"." ;; esac
  host_remove "$n"
  network_host_remove "$n"
  if [ "${2:-}" = --card ]; then
    card_insert "$n" "${3:-}"
    return
  fi
  host_create "$n"
  host_boot "$n"
  host_wait "$n"
  program_install "$n"
  [ "${2:-}" = --bare ] || program_start "$n"
}
