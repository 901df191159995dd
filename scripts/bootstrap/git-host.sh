# shellcheck shell=bash
# The Git server's key, without which nobody could tell the server from somebody who sits in between.

GIT_TRANSPORT='' GIT_HOST='' GIT_PORT=''
PINNED=/etc/holdfast/known_hosts

# As git(1), "GIT URLS", has it. What the agent takes and what not, it says itself.
git_host_parse() {
  local authority
  case $REPO in
    ssh://* | git+ssh://*) GIT_TRANSPORT=ssh GIT_PORT=22 authority=${REPO#*://} ;;
    https://*) GIT_TRANSPORT=https GIT_PORT=443 authority=${REPO#*://} ;;
    /* | file://*) GIT_TRANSPORT='file'; return ;;
    *://*) usage_error "--repo $(repo_shown) is not protected on its way, or not known. Write git@git.home:state.git, ssh://…, https://… or an absolute path." ;;
    *)
      [[ $REPO =~ ^([^@/]+@)?(\[[^]]+\]|[^/:]+): ]] || usage_error "--repo $(repo_shown) is no address. Write git@git.home:state.git, ssh://…, https://… or an absolute path."
      GIT_TRANSPORT=ssh GIT_PORT=22 authority=${BASH_REMATCH[2]}
      GIT_HOST=${authority#[} GIT_HOST=${GIT_HOST%]}
      return
      ;;
  esac
  authority=${authority%%/*} authority=${authority##*@}
  GIT_HOST=${authority%:*}
  [ "$GIT_HOST" = "$authority" ] || GIT_PORT=${authority##*:}
  GIT_HOST=${GIT_HOST#[} GIT_HOST=${GIT_HOST%]}
}

# A password or a token in an address is nobody's to read, and the journal keeps what is said at a first boot. As the
# agent hides them (agent/host/git-remote.ts).
without_secrets() {
  sed -E -e 's|(https?://)[^/]*@|\1***@|Ig' -e 's|([a-z][a-z0-9+.-]*://[^[:space:]/:@]+):[^/]*@|\1:***@|Ig' \
    -e "s|([a-z][a-z0-9+.-]*://[^[:space:]?'\"]*\?)[^[:space:]'\"]+|\1***|Ig"
}

repo_shown() { printf '%s\n' "$REPO" | without_secrets; }

# The server as known_hosts(5) calls it.
git_host_name() { if [ "$GIT_PORT" = 22 ]; then echo "$GIT_HOST"; else echo "[$GIT_HOST]:$GIT_PORT"; fi; }

git_host_pin() {
  local file=$ROOT$PINNED
  [ "$GIT_TRANSPORT" = ssh ] || return 0
  if [ -n "$KNOWN_HOSTS" ]; then
    git_host_is_in "$KNOWN_HOSTS" || fail "$KNOWN_HOSTS has no key of $(git_host_name). On a machine that you trust: ssh-keyscan -t ed25519 -p $GIT_PORT $GIT_HOST > FILE, and compare it with the server's own."
    put 0644 "$file" <"$KNOWN_HOSTS"
  fi
  git_host_is_in "$file" || git_host_ask "$file"
}

git_host_is_in() { [ -e "$1" ] && ssh-keygen -F "$(git_host_name)" -f "$1" >/dev/null; }

git_host_ask() {
  has_terminal || fail "Nobody has said which key the Git server $(git_host_name) has, and there is no terminal to ask at. Give it: --known-hosts FILE, made on a machine that you trust with: ssh-keyscan -t ed25519 -p $GIT_PORT $GIT_HOST > FILE"
  git_host_scan || fail "$(git_host_name) shows no host key. See that an SSH server answers there: ssh-keyscan -p $GIT_PORT $GIT_HOST"
  say "The Git server $(git_host_name) has this key:"
  note "$(ssh-keygen -lf "$STAGE/scanned" | cut -d' ' -f2,4)"
  say "Compare it with what the server itself says (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), or the service publishes."
  ask "Is it the same?" || fail "The Git server's key was not accepted, so nothing was fetched. Find out which one it has, and run this again."
  put 0644 "$1" < <({ [ ! -e "$1" ] || cat "$1"; cat "$STAGE/scanned"; })
}

# One key, the strongest kind that it has.
git_host_scan() {
  local kind
  for kind in ed25519 ecdsa rsa; do
    ssh-keyscan -T 5 -t $kind -p "$GIT_PORT" "$GIT_HOST" 2>/dev/null | grep -v '^#' | head -n 1 >"$STAGE/scanned" || true
    [ ! -s "$STAGE/scanned" ] || return 0
  done
  return 1
}
