# shellcheck shell=bash
# What people read, what they are asked, and how this ends.

say() { printf '%s\n' "$*"; }
note() { printf '  %s\n' "$*"; }

# One sentence that says what is wrong, and the way out. 99 ends the shell that this one is a part of, as in "x | put".
fail() {
  printf 'bootstrap: %s\n' "$*" >&2
  [ "$BASH_SUBSHELL" -eq 0 ] || exit 99
  exit 1
}

usage_error() {
  printf 'bootstrap: %s See: %s --help\n' "$*" "$SELF" >&2
  exit 64
}

# Somebody sits there who can be asked.
has_terminal() { [ -t 0 ] && [ -t 1 ]; }

# ask QUESTION: yes or no; Enter alone is no.
ask() {
  local answer
  read -r -p "$1 [y/N] " answer || return 1
  [[ $answer =~ ^[Yy]([Ee][Ss])?$ ]]
}

# step WHAT COMMAND...: what takes longer than a moment says how long it took.
step() {
  local start=$SECONDS
  say "- $1"
  shift
  "$@"
  [ $((SECONDS - start)) -lt 2 ] || note "done in $((SECONDS - start)) s"
}
