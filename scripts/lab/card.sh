# shellcheck shell=bash
# A fresh card: Debian alone, with none of git, nodejs, keepalived, haproxy and ufw, and a mirror inside the lab that has
# them. What the mirror serves was fetched when the card's image was made: no host ever reaches another one.

CARD_PACKAGES=systemd,systemd-sysv,dbus,udev,iproute2,iputils-ping,procps,kmod,openssh-server
# What bootstrap.sh installs, and the template asks for.
CARD_MIRRORED=(git nodejs openssh-client iputils-arping ca-certificates keepalived haproxy ufw)
CARD_MIRROR=http://$SERVER:8000

card_key() { { image_key; cat "$SCRIPTS/lab/card.sh"; } | sha256sum | cut -c1-12; }
card_root() { echo "$CACHE/$SUITE-card-$(card_key)"; }
card_pool() { echo "$CACHE/pool-$(card_key)"; }

card_build() {
  # shellcheck disable=SC2016 # expanded by mmdebstrap
  image_make "$(card_root)" "$CARD_PACKAGES" card_settle \
    --customize-hook='APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get -qq --yes --download-only --no-install-recommends install '"${CARD_MIRRORED[*]}" \
    --customize-hook='mkdir -p "$1/srv/pool" && mv "$1"/var/cache/apt/archives/*.deb "$1/srv/pool/"'
  touch "$(card_pool)"
}

card_settle() {
  local root=$1 pool
  pool=$(card_pool)
  systemctl --root="$root" mask "${IMAGE_MASKED[@]}"
  systemctl --root="$root" enable ssh.service
  rm -rf "$pool" "$root/etc/machine-id" "$root/var/lib/dbus/machine-id" "$root/etc/resolv.conf" \
    "$root/etc/apt/sources.list" "$root/etc/apt/apt.conf.d/99mmdebstrap"
  : >"$root/etc/machine-id"
  : >"$root/etc/resolv.conf"
  mkdir -p "$root/var/log/journal"
  echo raspberrypi >"$root/etc/hostname"
  printf 'Types: deb\nURIs: %s\nSuites: ./\nTrusted: yes\n' "$CARD_MIRROR" >"$root/etc/apt/sources.list.d/lab.sources"
  mv "$root/srv/pool" "$pool"
  card_index "$pool" >"$pool/.Packages" # by another name until it is whole
  mv "$pool/.Packages" "$pool/Packages"
}

# A mirror's list of packages: deb-control(5) of each, and where and what its file is.
card_index() {
  local deb
  for deb in "$1"/*.deb; do
    dpkg-deb --field "$deb"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "${deb##*/}" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d' ' -f1)"
  done
}

# card_insert N [--off]: host N's next boot is the first one of a fresh card.
card_insert() {
  case ${2:-} in '' | --off) ;; *) fail "fresh --card knows only --off, not \"$2\"." ;; esac
  card_build
  card_serve
  mkdir -p "$LAB/hosts/$1"
  card_root >"$LAB/hosts/$1/image"
  host_create "$1"
  [ "${2:-}" = --off ] || { host_boot "$1"; host_wait "$1"; }
}

card_serve() {
  ! process_alive "$LAB/mirror.pid" || return 0
  setsid nsenter --net="/run/netns/$LAB_NAME" -- node "$SCRIPTS/lab/mirror.mjs" "$(card_pool)" "${CARD_MIRROR#http://}" \
    </dev/null >>"$LAB/mirror.log" 2>&1 3>&- 4>&- 9>&- &
  process_remember "$LAB/mirror.pid" $!
  wait_for 10 "the mirror to answer" in_client curl -fsS -o /dev/null "$CARD_MIRROR/Packages"
}

card_remove() { process_kill "$LAB/mirror.pid"; }
