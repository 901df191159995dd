# shellcheck shell=bash
# The root image every host starts from: Debian as a Pi has it, made once.

IMAGE_PACKAGES=systemd,systemd-sysv,dbus,udev,iproute2,iputils-ping,iputils-arping,procps,kmod,ca-certificates,curl,openssl,git,openssh-client,openssh-server,keepalived,haproxy,nginx,libnginx-mod-stream,ufw,nodejs
# What verifies OpenPGP signatures.
IMAGE_PACKAGES+=,gpg
# What only makes noise in a container, or slows its boot.
IMAGE_MASKED=(systemd-networkd.service systemd-networkd.socket systemd-networkd-wait-online.service
  systemd-resolved.service systemd-timesyncd.service systemd-udevd.service systemd-udev-trigger.service
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer
  getty.target console-getty.service systemd-firstboot.service sys-kernel-debug.mount sys-kernel-tracing.mount)

# A change of the packages or of this file makes a new image.
image_key() { { echo "$SUITE $(dpkg --print-architecture)"; cat "$SCRIPTS/lab/image.sh"; } | sha256sum | cut -c1-12; }
image_root() { echo "$CACHE/$SUITE-$(image_key)"; }

image_build() { image_make "$(image_root)" "$IMAGE_PACKAGES" image_settle; }

# image_make FOLDER PACKAGES SETTLE [MMDEBSTRAP'S ARGUMENTS...]: once; SETTLE then gets the folder.
image_make() {
  local image=$1 packages=$2 settle=$3 partial=$1.partial proxy
  shift 3
  exec 8>"$CACHE/image.lock" # two labs may want the same image
  flock 8
  if [ -d "$image" ]; then
    say "  cached in $image"
    touch "$image"
    exec 8>&-
    return
  fi
  image_remove_old
  rm -rf --one-file-system "$partial"
  say "  once, from $(machine_mirror): about a minute"
  proxy=$(apt-config shell value Acquire::http::Proxy | sed "s/^value='\(.*\)'$/\1/")
  mmdebstrap --mode=root --variant=minbase --include="$packages" "$@" \
    ${proxy:+--aptopt="Acquire::http::Proxy \"$proxy\""} \
    "$SUITE" "$partial" "$(machine_mirror)" 3>&- 4>&- 8>&- 9>&- || { # open descriptors push its own above 9, which dash cannot name
    rm -rf --one-file-system "$partial"
    return 1
  }
  $settle "$partial"
  mv "$partial" "$image"
  exec 8>&-
}

# Images no lab has used for a day, and no lab uses now.
image_remove_old() {
  local old
  find "$CACHE" -mindepth 1 -maxdepth 1 -type d -mtime +1 | while read -r old; do
    grep -qF "lowerdir=$old," /proc/mounts || rm -rf --one-file-system "$old"
  done
}

image_remove_all() {
  ! grep -qF "lowerdir=$CACHE/" /proc/mounts || fail "Another lab still uses the images in $CACHE."
  rm -rf --one-file-system "$CACHE"
}

image_settle() {
  local root=$1
  systemctl --root="$root" mask "${IMAGE_MASKED[@]}"
  systemctl --root="$root" enable ssh.service
  # Here because no host reaches a mirror; Debian starts it as soon as it is there.
  systemctl --root="$root" disable nginx.service
  chroot "$root" useradd --create-home --shell /usr/bin/git-shell --password '*' git
  # Persistent, so that the journal shows the boots before and after a power cut.
  mkdir -p "$root/var/log/journal" "$root/etc/systemd/journald.conf.d"
  printf '[Journal]\nStorage=persistent\n' >"$root/etc/systemd/journald.conf.d/lab.conf"
  rm -f "$root/etc/machine-id" "$root/var/lib/dbus/machine-id" "$root/etc/resolv.conf"
  : >"$root/etc/machine-id"
  : >"$root/etc/resolv.conf"
}

# overlay_mount FOLDER: FOLDER/root becomes a new disk over the image, or over the one that FOLDER/image names.
overlay_mount() {
  local layers image
  layers=$(machine_disk)/layers/${1#"$LAB"/}
  image=$(cat "$1/image" 2>/dev/null || image_root)
  mkdir -p "$1/root" "$layers/upper" "$layers/work"
  mount -t overlay "$LAB_NAME" -o "lowerdir=$image,upperdir=$layers/upper,workdir=$layers/work" "$1/root"
}

overlay_remove() {
  ! mountpoint -q "$1/root" || wait_for 10 "$1/root to be free" umount "$1/root"
  rm -rf --one-file-system "$(machine_disk)/layers/${1#"$LAB"/}" "$1"
}
