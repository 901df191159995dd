# shellcheck shell=bash disable=SC2034 # the other parts read these
# What was typed.

REPO='' BRANCH='' REPO_PATH='' NEW_HOSTNAME='' DEPLOY_KEY='' IDENTITY='' KNOWN_HOSTS='' ALLOWED_SIGNERS='' COMMIT=''
DEB='' ROOT='' WAIT=300 YES=no DRY_RUN=no AT_BOOT=no FIRST_BOOT=no
# As they were given, for a first boot that says the same again.
GIVEN=()

usage() {
  cat <<USAGE
Usage: sudo ./bootstrap.sh --repo URL [OPTIONS]

Makes this host follow a state repository: installs Holdfast and what it needs, makes its keys, checks that the
repository can be read and that this host is in it, shows the plan, converges once and says how it went. Run again,
it changes nothing, upgrades, or goes on where it was interrupted.

  --repo URL              the state repository: git@git.home:state.git, ssh://…, https://…, an absolute path
  --branch NAME           the branch to follow (what agent.yaml says, or main)
  --path DIR              the folder of the repository that holds cluster.yaml (what agent.yaml says, or its top)
  --hostname NAME         give this host that name first
  --deploy-key FILE       the private key for the Git server (default: one is made)
  --identity FILE         the private age key for secrets (default: one is made)
  --known-hosts FILE      the Git server's host key (default: it is asked for, and shown to you for a yes)
  --allowed-signers FILE  whose signature a commit must carry (default: nobody's)
  --commit SHA            with it: the commit to begin with, taken as it is
  --deb FILE              the package (default: holdfast*.deb beside this script, or dist/ of a checkout, which is built)
  --wait SECONDS          how long to wait for apt's lock and for the clock ($WAIT)
  --yes                   apply the plan without asking; a Git server's key is asked about all the same
  --dry-run               say what would be done, and do nothing
  --root DIR              prepare a card that is mounted there: it does all this at its first boot
  --at-boot               do it in the background, now and at every boot until it has succeeded: for cloud-init

Without a terminal nothing is asked. Exit codes: 0 done, 1 failed, 64 wrong usage.
USAGE
}

arguments_read() {
  while [ $# -gt 0 ]; do
    case $1 in
      --help | -h) usage; exit 0 ;;
      --yes) YES=yes ;;
      --dry-run) DRY_RUN=yes ;;
      --at-boot) AT_BOOT=yes ;;
      --first-boot) FIRST_BOOT=yes; first_boot_arguments ;;
      --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}"; continue ;;
      --*)
        argument_known "$1"
        # An empty one is a variable that was never set: --root "$CARD" would be this system itself.
        [[ -n ${2:-} && $2 != --* ]] || usage_error "$1 wants a value."
        [[ $2 != *$'\n'* ]] || usage_error "$1 wants one line, and there are several."
        argument_take "$1" "$2"
        shift
        ;;
      # It may be an address that --repo was forgotten before.
      *) usage_error "\"$(without_secrets <<<"$1")\" is no option." ;;
    esac
    shift
  done
  arguments_check
}

argument_known() {
  case $1 in
    --repo | --branch | --path | --hostname | --deploy-key | --identity | --known-hosts | --allowed-signers | --commit | --deb | --root | --wait) ;;
    *) usage_error "There is no option $1." ;;
  esac
}

argument_take() {
  case $1 in
    --repo) REPO=$2 ;;
    --branch) BRANCH=$2 ;;
    --path) REPO_PATH=$2 ;;
    --hostname) NEW_HOSTNAME=$2 ;;
    --deploy-key) DEPLOY_KEY=$2 ;;
    --identity) IDENTITY=$2 ;;
    --known-hosts) KNOWN_HOSTS=$2 ;;
    --allowed-signers) ALLOWED_SIGNERS=$2 ;;
    --commit) COMMIT=$2 ;;
    --deb) DEB=$2 ;;
    --root) ROOT=$2 ;;
    --wait) WAIT=$2 ;;
  esac
  case $1 in --repo | --branch | --path | --hostname | --commit | --wait) GIVEN+=("$1" "$2") ;; esac
}

arguments_check() {
  local file
  [ -n "$REPO" ] || usage_error "Which state repository? Say --repo git@git.home:state.git."
  git_host_parse
  git_host_without_secrets
  arguments_check_source
  [[ $WAIT =~ ^[0-9]+$ ]] || usage_error "--wait takes seconds, not \"$WAIT\"."
  [[ -z $NEW_HOSTNAME || $NEW_HOSTNAME =~ ^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$ ]] ||
    usage_error "\"$NEW_HOSTNAME\" is no hostname: small letters, digits and dashes, as in kubernetes-node-2."
  [ -z "$DEPLOY_KEY$KNOWN_HOSTS" ] || [ "$GIT_TRANSPORT" = ssh ] || usage_error "--deploy-key and --known-hosts are for an address over SSH, as git@git.home:state.git, and --repo is another one."
  [ -z "$COMMIT" ] || [ -n "$ALLOWED_SIGNERS" ] || [ "$FIRST_BOOT" = yes ] || usage_error "--commit says where to begin with signed commits: give --allowed-signers as well."
  [[ -z $COMMIT || $COMMIT =~ ^[0-9a-f]{40}([0-9a-f]{24})?$ ]] || usage_error "\"$COMMIT\" is not the whole name of a commit. Write all forty digits, as \"git rev-parse HEAD\" prints them."
  [ -z "$ROOT" ] || [ "$AT_BOOT" = no ] || usage_error "--root prepares another system and --at-boot this one: give one of them."
  for file in "$DEPLOY_KEY" "$IDENTITY" "$KNOWN_HOSTS" "$ALLOWED_SIGNERS" "$DEB"; do
    [ -z "$file" ] || { [ -r "$file" ] && [ -f "$file" ]; } || fail "$file is not there, is no file, or cannot be read. See which one was meant; nothing was changed."
  done
}

# As the agent has it (agent/config-schema.ts), which is not there to be asked yet.
arguments_check_source() {
  [[ $BRANCH =~ ^[^[:space:]~^:?*\[]*$ && ! $BRANCH =~ ^[-/.]|\.\.|//|@\{|\.lock$|[/.]$ ]] || usage_error "\"$BRANCH\" is no branch. Write its name, as in main."
  [[ $REPO_PATH != /* && ! $REPO_PATH =~ (^|/)\.\.(/|$) ]] || usage_error "\"$REPO_PATH\" is no folder of the repository. Write it from the repository's top, as in clusters/home."
}
