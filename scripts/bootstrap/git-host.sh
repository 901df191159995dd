# shellcheck shell=bash
# The Git server's key, without which nobody could tell the server from somebody who sits in between.

GIT_TRANSPORT='' GIT_HOST='' GIT_PORT=''
PINNED=/etc/holdfast/known_hosts

# As git(1), "GIT URLS", has it. What the agent takes and what not, it says itself.
git_host_parse() {
  local authority
  case $REPO in
    *[[:space:]]* | -*) usage_error "--repo $(repo_shown) is no address. Write git@git.home:state.git, ssh://…, https://… or an absolute path." ;;
    ssh://* | git+ssh://*) GIT_TRANSPORT=ssh GIT_PORT=22 authority=${REPO#*://} ;;
    https://*) GIT_TRANSPORT=https GIT_PORT=443 authority=${REPO#*://} ;;
    /* | file://*) GIT_TRANSPORT='file'; return ;;
    *://*) usage_error "--repo $(repo_shown) is not protected on its way, or not known. Write git@git.home:state.git, ssh://…, https://… or an absolute path." ;;
    *)
      [[ $REPO =~ ^([^@/]+@)?(\[[^]]+\]|[^/:]+): ]] || usage_error "--repo $(repo_shown) is no address. Write git@git.home:state.git, ssh://…, https://… or an absolute path."
      GIT_TRANSPORT=ssh GIT_PORT=22 authority=${BASH_REMATCH[2]}
      ;;
  esac
  authority=${authority%%/*} authority=${authority##*@}
  [[ $authority =~ ^(\[[^]]*\]|[^:]*)(:(.*))?$ ]]
  GIT_HOST=${BASH_REMATCH[1]} GIT_PORT=${BASH_REMATCH[3]:-$GIT_PORT}
  GIT_HOST=${GIT_HOST#[} GIT_HOST=${GIT_HOST%]}
  [[ -n $GIT_HOST && $GIT_HOST != -* && $GIT_PORT =~ ^[0-9]+$ ]] || usage_error "--repo $(repo_shown) names no host, or no port. Write it as in ssh://git@git.home:22/srv/state.git."
}

# What is typed behind sudo stands in its log, and in the process list for everybody. It is not said here once more.
git_host_without_secrets() {
  [ "$(repo_shown)" != "$REPO" ] || [[ $REPO != *://* && $REPO =~ ^[^@/]*:[^@/]*@[^/]*: ]] || return 0
  usage_error "--repo has a password or a token in it, which the log of sudo and the process list have now as well: make a new one. Use a deploy key (--repo git@git.home:state.git); or write the address with the new one into $CONFIGURATION (mode 0600, repository: { url: … }) and give --repo without it."
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

# Whether its key is known, or somebody can be asked. Where ssh-keygen is missing still, it is asked again later.
git_host_check() {
  [ "$GIT_TRANSPORT" = ssh ] && [ -n "$PINNED" ] || return 0
  if [ -n "$KNOWN_HOSTS" ]; then
    git_host_is_in "$KNOWN_HOSTS" || fail "$KNOWN_HOSTS has no key of $(git_host_name). On a machine that you trust: ssh-keyscan -t ed25519 -p $GIT_PORT $GIT_HOST > FILE, and compare it with the server's own."
  else
    git_host_is_in "$ROOT$PINNED" || git_host_can_ask ||
      fail "Nobody has said which key the Git server $(git_host_name) has, and there is no terminal to ask at. Give it: --known-hosts FILE, made on a machine that you trust with: ssh-keyscan -t ed25519 -p $GIT_PORT $GIT_HOST > FILE"
  fi
}

git_host_is_in() {
  [ -s "$1" ] || return 1
  ! command -v ssh-keygen >/dev/null || ssh-keygen -F "$(git_host_name)" -f "$1" >/dev/null 2>&1
}

# In the background nobody sits there, whoever starts it.
git_host_can_ask() { [ "$AT_BOOT" = no ] && has_terminal; }

git_host_pin() {
  git_host_check
  [ "$GIT_TRANSPORT" = ssh ] && [ -n "$PINNED" ] || return 0
  [ -n "$KNOWN_HOSTS" ] || git_host_is_in "$ROOT$PINNED" || git_host_ask "$ROOT$PINNED"
}

git_host_ask() {
  git_host_scan || fail "$(git_host_name) shows no host key. See that an SSH server answers there: ssh-keyscan -p $GIT_PORT $GIT_HOST"
  say "The Git server $(git_host_name) has this key:"
  note "$(ssh-keygen -lf "$STAGE/scanned" | cut -d' ' -f2,4)"
  say "Compare it with what the server itself says (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), or the service publishes."
  ask "Is it the same?" || fail "The Git server's key was not accepted, so nothing was fetched. Find out which one it has, and run this again."
  put 0644 "$1" < <({ [ ! -e "$1" ] || sed '$a\' "$1"; cat "$STAGE/scanned"; })
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
