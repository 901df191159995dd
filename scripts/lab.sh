#!/usr/bin/env bash
# Three Raspberry Pis on one machine: booted hosts with a virtual IP, a Git
# server and API server stand-ins, in network namespaces that lead nowhere else.
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # the parts read it
REPOSITORY=$(dirname "$SCRIPTS")
for part in settings process machine image network pki secrets disk host card kubeadm real git-server program report lesson faults; do
  # shellcheck disable=SC1090 # every part is checked on its own
  . "$SCRIPTS/lab/$part.sh"
done

usage() {
  cat <<USAGE
Usage: sudo scripts/lab.sh VERB

  up                     boot the three hosts and wait until Holdfast has converged them
  up --bare              the same, with Holdfast installed but neither configured nor started
  down                   remove everything but the cached root image (down --cache: that too)
  status                 hosts, roles, who holds the VIP, what the VIP answers
  shell N                a shell on host N
  exec N -- CMD...       run a command on host N; streams and exit code are the command's
  logs N [ARGS...]       journalctl -u holdfast on host N (default: --follow)
  secret ARGS...         "holdfast secret" in $LAB/state, as in: secret set vrrp
  commit -m MSG [--force]  commit what you changed in $LAB/state and push it
  faults [--vrrp 2|3] [--interval S] [--seconds N] [--times N] [NAME...]  the fault table: what clients notice when something dies
  probe [--seconds N] [--json]  ask the VIP every 20 ms until Ctrl-C; report what failed

  fresh N [--bare]       throw host N away and boot a new one
  fresh N --card [--off]  the same from Debian alone, as from a fresh card: what bootstrap.sh finds; --off: without its first boot
  start [N...]           configure and start Holdfast on the host (default: all)
  kubeadm [N...]         API servers on all addresses, kubeconfigs at the node's own: what the lesson finds
  lesson [N...]          set hosts up by hand as the lesson does: what there is to adopt
  deploy [N...]          build Holdfast, install it, restart it where it was running
  cut N [--unsynced-lost]  power cut; with it, what the host wrote but did not sync is lost
  boot N                 switch host N on again after a power cut
  reboot N               clean shutdown, then boot
  link N up|down         plug or pull host N's network cable
  git-server stop|start|rekey   rekey: a new host key, which no host knows

HOLDFAST_LAB_NAME=other   a second lab beside the first (default: holdfast-lab)
LAB_STRATEGY=together     hosts do not take turns (rollout of the state repository's first commit)
LAB_APISERVER=DIR         hosts run the kube-apiserver and etcd in DIR, not stand-ins ("up" alone reads it)
LAB_TARBALL=FILE          install this holdfast.tar.gz instead of building one
USAGE
}

lab_up() {
  local bare=no
  case ${1:-} in --bare) bare=yes ;; '') ;; *) fail "up knows only --bare, not \"$1\"." ;; esac
  machine_check
  real_check
  if lab_is_running && step_is_done "booting the hosts"; then
    say "The hosts are already running."
  elif [ -e "$LAB" ]; then
    say "- removing what an earlier lab left"
    lab_remove
  fi
  mkdir -p "$LAB"
  exec 3>&1 4>&2 # progress goes to the terminal, what commands print to the log
  trap lab_up_failed EXIT
  step "installing packages on this machine" machine_install
  step "building the root image" image_build
  step "making the network" network_create
  step "making certificates and keys" pki_create
  step "copying the control plane's programs" real_keep
  step "building Holdfast" program_build
  step "starting the Git server" git_server_create
  step "booting the hosts" hosts_create
  step "installing Holdfast" program_install "${HOSTS[@]}"
  if [ $bare = no ]; then
    step "starting Holdfast" program_start "${HOSTS[@]}"
    step "waiting until the hosts have converged" wait_until_converged
  fi
  trap - EXIT
  lab_status
  [ $bare = yes ] || first_change
}

# One that an earlier "up" did is not done again: after a failure "up" goes on where it failed.
step() {
  ! step_is_done "$1" || return 0
  LAB_STEP=$1
  local start=$SECONDS
  say "- $1"
  shift
  "$@" >>"$LAB/log" 2>&1
  echo "$LAB_STEP" >>"$LAB/steps"
  [ $((SECONDS - start)) -lt 2 ] || say "  done in $((SECONDS - start)) s"
}

step_is_done() { grep -qsxF "$1" "$LAB/steps"; }

# Whether a command failed or a part gave up, this is the shell's last act.
lab_up_failed() {
  exec 2>&4
  printf '\n%s failed. The last lines of %s:\n' "${LAB_STEP^}" "$LAB/log" >&2
  tail -n 15 "$LAB/log" | sed 's/^/  /' >&2
  fail "Once that is mended, go on with: $(lab_command) up. Or remove what is there with: $(lab_command) down"
}

lab_remove() {
  local n
  for n in "${HOSTS[@]}"; do host_remove "$n"; done
  git_server_remove
  card_remove
  network_remove
  machine_state_remove
}

lab_down() {
  if [ -e "$LAB" ]; then
    lab_remove
    say "The lab is gone."
  else
    say "There is no lab to remove."
  fi
  [ "${1:-}" != --cache ] || image_remove_all
}

lab_probe() {
  lab_must_exist
  local first=() # where it may be: a busy machine must not look like a VIP that does not answer
  ! chrt --rr 1 true 2>/dev/null || first=(chrt --rr 1)
  exec nsenter --net="/run/netns/$LAB_NAME" -- "${first[@]}" node "$SCRIPTS/lab/probe.mjs" --ca "$LAB/pki/ca.crt" --host "$VIP" "$@"
}

main() {
  local verb=${1:-help}
  [ $# -eq 0 ] || shift
  case $verb in
    help | -h | --help) usage; return ;;
  esac
  machine_root_only
  case $verb in
    up | down | fresh | cut | boot | reboot | deploy | start | git-server | commit | secret | faults) lock ;;
  esac
  case $verb in
    up) lab_up "$@" ;;
    down) lab_down "$@" ;;
    status) lab_must_exist; lab_status ;;
    shell) host_number "${1:-}"; host_shell "$1" ;;
    exec) host_number "${1:-}"; exec_verb "$@" ;;
    logs) host_number "${1:-}"; logs_verb "$@" ;;
    secret) lab_must_exist; secret_verb "$@" ;;
    commit) lab_must_exist; git_server_commit "$@" ;;
    faults) lab_must_exist; faults_verb "$@" ;;
    probe) lab_probe "$@" ;;
    fresh) host_number "${1:-}"; fresh_verb "$@" ;;
    start) lab_must_exist; program_start "${@:-${HOSTS[@]}}" ;;
    deploy) lab_must_exist; program_deploy "${@:-${HOSTS[@]}}" ;;
    kubeadm) lab_must_exist; kubeadm_set_up "${@:-${HOSTS[@]}}" ;;
    lesson) lab_must_exist; lesson_set_up "${@:-${HOSTS[@]}}" ;;
    cut) host_number "${1:-}"; host_cut "$@" ;;
    boot) host_number "${1:-}"; host_boot "$1"; host_wait "$1" ;;
    reboot) host_number "${1:-}"; host_reboot "$1" ;;
    link) host_number "${1:-}"; network_link "$1" "${2:-}" ;;
    git-server) lab_must_exist; git_server_verb "${1:-}" ;;
    # What a host's launcher runs in the background; not for people.
    __launch) host_launch "$1" ;;
    *) usage >&2; fail "There is no verb \"$verb\"." ;;
  esac
}

main "$@"
