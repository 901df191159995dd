# shellcheck shell=bash
# Processes the lab started, known by id and start time: an id alone may by now
# be somebody else's.

process_start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

process_remember() { echo "$2 $(process_start_time "$2")" >"$1"; }

process_id() { cut -d' ' -f1 "$1"; }

process_alive() {
  local pid start
  [ -s "$1" ] || return 1
  read -r pid start <"$1"
  [ -n "$start" ] && [ "$(process_start_time "$pid")" = "$start" ] && [ "$(process_state "$pid")" != Z ]
}

process_state() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f1; }

process_gone() { ! process_alive "$1"; }

# Kills what the file names, if it still is what the lab started.
process_kill() {
  if process_alive "$1"; then
    kill -9 "$(process_id "$1")" 2>/dev/null || true
    wait_for 10 "process $(process_id "$1") to end" process_gone "$1"
  fi
  rm -f "$1"
}
