# shellcheck shell=bash
# The Git server: sshd on a disk of its own, in the client's namespace.

git_server_create() {
  local root=$LAB/git/root
  overlay_mount "$LAB/git"
  ssh-keygen -q -t ed25519 -N '' -C git-server -f "$LAB/git/host_key"
  install -d -m 0755 "$root/run/sshd"
  # The repository is root's and read by "git": root pushes by path, hosts pull as "git".
  printf '[safe]\n\tdirectory = *\n' >"$root/etc/gitconfig"
  git init --quiet --bare --initial-branch=main "$root/srv/state.git"
  install -d -m 0700 -o "$(stat -c %u "$root/home/git")" "$root/home/git/.ssh"
  { printf 'restrict '; cat "$LAB/pki/deploy_key.pub"; } >"$root/home/git/.ssh/authorized_keys"
  cat >"$root/etc/ssh/lab_config" <<CONFIG
ListenAddress $SERVER
HostKey /etc/ssh/lab_host_key
AllowUsers git
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
PidFile none
MaxStartups 100
CONFIG
  git_server_start
  git_server_first_commit
}

# In a process namespace of its own: its end is the end of every connection. In a
# mount namespace with nothing but its own disk: a plain chroot would keep the
# hosts' disks mounted after the lab has unmounted them.
# shellcheck disable=SC2016 # expanded in there
GIT_SERVER_ENTER='cd "$1" && shift && mount -t proc proc proc && pivot_root . . && umount -l . && exec "$@"'

git_server_start() {
  ! process_alive "$LAB/git/pid" || return 0
  install -m 0600 "$LAB/git/host_key" "$LAB/git/root/etc/ssh/lab_host_key"
  setsid nsenter --net="/run/netns/$LAB_NAME" -- unshare --mount --pid --fork --kill-child \
    sh -c "$GIT_SERVER_ENTER" sh "$LAB/git/root" /usr/sbin/sshd -D -e -f /etc/ssh/lab_config </dev/null >>"$LAB/git/log" 2>&1 3>&- 4>&- 9>&- &
  process_remember "$LAB/git/pid" $!
  wait_for 10 "the Git server to answer" in_client ssh-keyscan -T 2 "$SERVER"
}

# Its sshd first, so that its parent can reap it; the parent then ends by itself.
git_server_stop() {
  if process_alive "$LAB/git/pid"; then
    pkill -9 -P "$(process_id "$LAB/git/pid")" || true
    wait_for 5 "the Git server to end" process_gone "$LAB/git/pid" || true
  fi
  process_kill "$LAB/git/pid"
}

git_server_verb() {
  case $1 in
    stop) git_server_stop ;;
    start) git_server_start ;;
    rekey)
      git_server_stop
      rm -f "$LAB/git/host_key" "$LAB/git/host_key.pub"
      ssh-keygen -q -t ed25519 -N '' -C git-server -f "$LAB/git/host_key"
      git_server_start
      ;;
    *) fail "git-server stop, start or rekey." ;;
  esac
}

# What host N needs to pull: the deploy key, and the server's key pinned.
git_server_trust() {
  install -d -m 0755 "$1/etc/holdfast"
  install -m 0600 "$LAB/pki/deploy_key" "$1/etc/holdfast/deploy_key"
  echo "$SERVER $(cut -d' ' -f1,2 "$LAB/git/host_key.pub")" >"$1/etc/holdfast/known_hosts"
}

# The clone belongs to whoever called sudo, so that an editor needs no root.
in_state() { git -c safe.directory="$LAB/state" -C "$LAB/state" "$@"; }
state_give_to_user() { chown -R "${SUDO_UID:-0}:${SUDO_GID:-0}" "$LAB/state"; }

git_server_first_commit() {
  git init --quiet --initial-branch=main "$LAB/state"
  in_state config user.name "Lab"
  in_state config user.email "lab@lab.invalid"
  in_state config commit.gpgsign false
  in_state remote add origin "$LAB/git/root/srv/state.git"
  if [ -e "$REPOSITORY/desired-state/cluster.yaml" ]; then
    cp -a "$REPOSITORY/desired-state/." "$LAB/state/"
    secrets_first || return
    # Tests that are about something else do not wait for turns.
    [ -z "${LAB_STRATEGY:-}" ] || echo "rollout: { strategy: $LAB_STRATEGY }" >>"$LAB/state/cluster.yaml"
  else
    say "  there is no desired-state/cluster.yaml: the state repository holds only a README"
    echo "A state repository goes here." >"$LAB/state/README.md"
  fi
  in_state add --all
  in_state commit --quiet -m "The cluster as the template has it"
  in_state push --quiet --set-upstream origin main
  state_give_to_user
}

git_server_commit() {
  local message='' force=''
  while [ $# -gt 0 ]; do
    case $1 in
      -m) message=${2:-}; shift 2 || fail "commit -m MESSAGE" ;;
      --force) force=--force; shift ;;
      *) fail "commit knows -m MESSAGE and --force, not \"$1\"." ;;
    esac
  done
  in_state add --all
  if ! in_state diff --cached --quiet; then
    in_state commit --quiet -m "${message:-A change}"
  elif [ -z "$force" ] && [ "$(in_state rev-parse HEAD)" = "$(in_state rev-parse origin/main)" ]; then
    say "Nothing is changed in $LAB/state."
    first_change
    return
  fi
  in_state push --quiet ${force:+"$force"} origin HEAD:main || fail "The push was refused. If you rewrote the history on purpose: commit --force"
  state_give_to_user
  say "Pushed $(in_state log -1 --format='%h %s')"
}

git_server_remove() {
  git_server_stop
  overlay_remove "$LAB/git"
}
