# shellcheck shell=bash
# What the lab needs of the machine it runs on.

MACHINE_PACKAGES=(mmdebstrap systemd-container debian-archive-keyring iproute2 procps util-linux
  e2fsprogs git openssh-client openssl curl ca-certificates age)

machine_root_only() {
  [ "$(id -u)" -eq 0 ] || fail "The lab boots hosts, so it needs root. As root: $(lab_command) ${verb:-up}"
}

machine_check() {
  command -v apt-get >/dev/null || fail "The lab installs its tools with apt-get, which this machine does not have: use a Debian or Ubuntu machine."
  grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null || fail "This kernel has no overlay file system, which the hosts' disks are made of."
  unshare --net true 2>/dev/null || fail "This machine does not allow network namespaces, so the hosts could not have a network of their own."
  [ -e /sys/fs/cgroup/cgroup.procs ] || [ -e /sys/fs/cgroup/unified/cgroup.procs ] || fail "There is no cgroup v2 tree under /sys/fs/cgroup, which systemd needs to boot a host."
}

# Installs only what is missing, so that a second run needs no network.
machine_install() {
  local missing=() package
  for package in "${MACHINE_PACKAGES[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  if ! command -v node >/dev/null && [ "$(machine_codename)" = "$SUITE" ]; then missing+=(nodejs npm); fi
  if [ ${#missing[@]} -gt 0 ]; then
    say "  apt-get install ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 "${missing[@]}"
  fi
  command -v systemd-nspawn >/dev/null || { echo "lab: systemd-nspawn is missing although systemd-container is installed." >&2; return 1; }
  machine_node
}

machine_codename() { (. /etc/os-release && echo "${VERSION_CODENAME:-}"); }

machine_node() {
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null && return
  echo "lab: Node 20.19 or newer is needed and this machine has $(node --version 2>/dev/null || echo none): install it from nodejs.org, or run the lab on Debian 13." >&2
  return 1
}

# The Debian mirror in this machine's own apt sources: of the entries that serve
# this release's main component over HTTP, the first whose address ends as
# Debian's own does (vendors name their suites and components alike), else the first.
machine_mirror() {
  local found=
  if (. /etc/os-release && [ "$ID" = debian ]); then
    found=$(machine_sources | awk -v codename="$(machine_codename)" '
      function has(list, word) { return index(" " list " ", " " word " ") > 0 }
      { split($0, part, "\t") }
      part[1] ~ /^https?:/ && has(part[3], "main") && (has(part[2], codename) || has(part[2], "stable") || has(part[2], "testing")) { print part[1] }')
    found=$(grep -m 1 '/debian/*$' <<<"$found" || head -n 1 <<<"$found")
  fi
  echo "${found:-http://deb.debian.org/debian}"
}

# Address, suites and components of every binary entry, tabs between them, from
# both of apt's formats.
machine_sources() {
  { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true; } | awk '
    $1 == "deb" { sub(/\[[^]]*\]/, ""); parts = ""; for (i = 4; i <= NF; i++) parts = parts " " $i; print $2 "\t" $3 "\t" parts }'
  { cat /etc/apt/sources.list.d/*.sources 2>/dev/null || true; } | awk '
    function tell() { if ((" " entry["types"] " ") ~ / deb /) { split(entry["uris"], uri, " "); print uri[1] "\t" entry["suites"] "\t" entry["components"] } split("", entry) }
    /^#/ { next }
    NF == 0 { tell(); next }
    /^[^ \t:]+:/ { key = tolower(substr($0, 1, index($0, ":") - 1)); $0 = substr($0, index($0, ":") + 1); $1 = $1; entry[key] = $0 }
    END { tell() }'
}

# The lab's own folder: on a file system that cannot hold an overlay's upper
# layer (the disk of a container, for one) it becomes a tmpfs.
machine_state_prepare() {
  local trial=$LAB/trial
  mkdir -p "$trial"/{lower,upper,work,root}
  if mount -t overlay overlay -o "lowerdir=$trial/lower,upperdir=$trial/upper,workdir=$trial/work" "$trial/root" 2>/dev/null; then
    umount "$trial/root"
    rm -rf "$trial"
    return
  fi
  rm -rf "$trial"
  mkdir -p "$LAB/disk"
  mount -t tmpfs -o mode=0755 "$LAB_NAME" "$LAB/disk"
}

machine_state_remove() {
  ! mountpoint -q "$LAB/disk" || umount "$LAB/disk"
  rm -rf --one-file-system "$LAB"
}

# Where overlays keep their layers.
machine_disk() { if mountpoint -q "$LAB/disk"; then echo "$LAB/disk"; else echo "$LAB"; fi; }
