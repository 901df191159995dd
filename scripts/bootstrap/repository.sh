# shellcheck shell=bash
# Whether the repository can be read, this host is in it, and what it would change: asked of the agent, before it runs,
# and before a file that was given takes the place of another.

repository_check() {
  say "- reading $(repo_shown)"
  local why
  while ! why=$(repository_problem | given_names); do
    [ "$KEYS_ARE_NEW" = no ] || keys_say
    say ""
    say "$why"
    has_terminal || fail "This host cannot follow $(repo_shown) yet: see above. When that is mended, run the same command again; it goes on here."
    read -r -p "Mend that, then press Enter to go on; Ctrl-C ends this, and the same command goes on here. " _ || fail "Nothing was applied. When it is mended, run the same command again; it goes on here."
  done
  repository_agree
}

# Prints why not, and fails; or leaves the plan behind.
repository_problem() {
  local code=0
  plan_when_its_turn_comes || code=$?
  if [ ! -s "$STAGE/plan.json" ]; then
    cat "$STAGE/plan.err"
    return 1
  fi
  case $code in
    0 | 2) [ "$(json "$STAGE/plan.json" it.source.ok)" = true ] || { json "$STAGE/plan.json" it.source.why; return 1; } ;;
    *) json "$STAGE/plan.json" '(it.refused ? ["The newest commit is refused:", ...it.refused.reasons] : [it.source.why ?? it.why ?? "There is nothing to follow yet."]).join("\n")'; return 1 ;;
  esac
}

LOCKED=75 # sysexits.h, EX_TEMPFAIL; agent/commands/environment.ts

# After a power cut the agent is at work already when it boots: it ends the change that was open, and goes on. It is waited
# for as any of its changes is (converge.sh); each try waits a minute by itself.
plan_when_its_turn_comes() {
  local deadline=$((SECONDS + CONVERGE_LIMIT)) code
  while :; do
    code=0
    agent plan --config "$STAGE/agent.yaml" --json >"$STAGE/plan.json" 2>"$STAGE/plan.err" || code=$?
    [ "$code" = "$LOCKED" ] && [ $SECONDS -lt $deadline ] || return "$code"
    note "the agent is at work on this host: waiting for its end (journalctl -fu holdfast)" >&2
  done
}

# The plan, as people read it, and a yes where somebody can give one.
repository_agree() {
  say "- this host is $(json "$STAGE/plan.json" 'it.hostname + ", " + it.role')"
  if [ "$(json "$STAGE/plan.json" it.changes.length)" = 0 ]; then
    say "- nothing would change"
    return
  fi
  say "- this would change:"
  agent plan --config "$STAGE/agent.yaml" 2>/dev/null | sed -e '/^$/d' -e 's/^/  /' || true
  [ "$YES" = no ] && has_terminal || return 0
  ask "Apply this?" || fail "Nothing was applied, and Holdfast does not run. Run the same command again when you have made up your mind."
}

# json FILE EXPRESSION: what JavaScript makes of the file's content, "it".
json() {
  node -e 'const it = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")); console.log(new Function("it", `return ${process.argv[2]}`)(it) ?? "")' "$1" "$2"
}
