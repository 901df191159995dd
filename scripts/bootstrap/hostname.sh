# shellcheck shell=bash
# The hostname finds this host in cluster.yaml, and kubeadm joins under it.

# Short, as Holdfast and kubeadm call it.
hostname_is() {
  local name
  if [ -n "$ROOT" ]; then name=$(sed '/^#/d; /^$/d; q' "$ROOT/etc/hostname" 2>/dev/null) || true; else name=$(uname -n); fi
  name=${name%%.*}
  name=${name:-localhost} # as systemd calls it: hostname(5)
  echo "${name,,}"
}

# By what cluster.yaml is to know it: agent.yaml may have another one than the system.
hostname_wanted() {
  if [ -n "$NEW_HOSTNAME" ]; then echo "$NEW_HOSTNAME"; elif [ -n "$NAMED" ]; then echo "$NAMED"; else hostname_is; fi
}

hostname_set() {
  [ -n "$NEW_HOSTNAME" ] || return 0
  hostname_write
  [ "$(uname -n)" != "$NEW_HOSTNAME" ] || return 0
  # Not hostnamectl: it asks a service that need not be installed.
  hostname --file /etc/hostname 2>/dev/null || echo "$NEW_HOSTNAME" >/proc/sys/kernel/hostname
  say "- this host is called $NEW_HOSTNAME now"
}

# Kubernetes knows a node by its name for good.
hostname_check() {
  [ -z "$NEW_HOSTNAME" ] || [ "$(hostname_is)" = "$NEW_HOSTNAME" ] || [ ! -e "$ROOT/etc/kubernetes/kubelet.conf" ] ||
    fail "This host is called $(hostname_is) and has joined Kubernetes under that name, so it is not renamed to $NEW_HOSTNAME, and nothing was changed. Leave --hostname out and put $(hostname_is) in cluster.yaml; or \"kubeadm reset\" first."
}

# A name that every fresh image has is in nobody's cluster.yaml, and at a first boot nobody is there to read that.
hostname_check_given() {
  [ -z "$NEW_HOSTNAME" ] || return 0
  case $(hostname_is) in
    localhost | raspberrypi | debian) fail "The hostname is still $(hostname_is), as every fresh image's, and by that no cluster.yaml knows a host. Say which node it is to be: --hostname kubernetes-node-2" ;;
  esac
}

hostname_write() {
  echo "$NEW_HOSTNAME" | put 0644 "$ROOT/etc/hostname"
  # sudo asks for the own name; Debian keeps it at 127.0.1.1. A file that knows it stays, for it may know the domain too.
  hosts_with_own_name | put 0644 "$ROOT/etc/hosts"
  # cloud-init would give the host its old name back at the next boot.
  [ ! -d "$ROOT/etc/cloud/cloud.cfg.d" ] || echo 'preserve_hostname: true' | put 0644 "$ROOT/etc/cloud/cloud.cfg.d/99-holdfast-hostname.cfg"
}

hosts_with_own_name() {
  local hosts=$ROOT/etc/hosts
  if [ ! -e "$hosts" ]; then
    printf '127.0.0.1\tlocalhost\n127.0.1.1\t%s\n' "$NEW_HOSTNAME"
  elif hosts_know_own_name "$hosts"; then
    cat "$hosts"
  else
    awk -v name="$NEW_HOSTNAME" '
      $1 == "127.0.1.1" { if (!done) print "127.0.1.1\t" name; done = 1; next }
      { print }
      END { if (!done) print "127.0.1.1\t" name }' "$hosts"
  fi
}

hosts_know_own_name() {
  awk -v name="$NEW_HOSTNAME" '{ sub(/#.*/, ""); for (i = 2; i <= NF; i++) if ($i == name) known = 1 } END { exit !known }' "$1"
}
