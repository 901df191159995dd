# shellcheck shell=bash
# The disk of a host: a file with an ext4 of its own that holds the layers of the
# host's overlay. Killing a host keeps what this machine has in its page cache, so
# a missing fsync would never be noticed. This ext4 can be stopped instead: what
# the host had not synced is then in no block of the file.

DISK_SIZE=4G # the file is sparse: a booted host takes some 30 MB

# Nothing goes to the disk because time has passed (commit), and a file renamed
# over another is not synced unasked, as ext4 would (noauto_da_alloc): other file
# systems do not, and it would hide a missing fsync.
DISK_OPTIONS=loop,commit=300,noauto_da_alloc,noinit_itable

disk_folder() { echo "$(machine_disk)/layers/hosts/$1"; }
disk_image() { echo "$(disk_folder "$1").ext4"; }

# Where loop devices cannot be had the disk is a folder, and no cut can lose what was not synced.
disk_create() {
  local image
  image=$(disk_image "$1")
  mkdir -p "$(disk_folder "$1")"
  truncate -s "$DISK_SIZE" "$image"
  mkfs.ext4 -q -F -m 0 -E lazy_itable_init=1,lazy_journal_init=1,nodiscard "$image"
  if ! mount -t ext4 -o "$DISK_OPTIONS" "$image" "$(disk_folder "$1")"; then
    say "  no loop device for host $1, so its power cannot be cut with --unsynced-lost"
    rm -f "$image"
  fi
  overlay_mount "$LAB/hosts/$1"
}

# What people and the lab itself put on a host is there for good, as if it had been done long ago.
disk_sync() { sync -f "$(disk_folder "$1")"; }

# From this moment nothing reaches the disk: not what waits to be written, not what unmounting would write.
disk_stop() {
  mountpoint -q "$(disk_folder "$1")" || fail "Host $1 has no disk of its own, so a cut cannot lose what it had not synced. Make it anew with: $(lab_command) fresh $1 (that says why if it cannot have one)"
  : >"$LAB/hosts/$1/disk-stopped"
  # FS_IOC_SHUTDOWN with NOLOGFLUSH, see linux/fs.h and the kernel's ext4/ioctl.c: no journal is written any more.
  perl -e 'my $how = pack "L", 2; open my $disk, "<", shift or die "$!\n"; ioctl $disk, 0x8004587d, $how or die "$!\n"' "$(disk_folder "$1")"
}

# Switches a stopped disk on again. It is a copy, so that nothing that still has
# the old one open, here or in another namespace, can hold it or write to it.
disk_restart() {
  local image
  [ -e "$LAB/hosts/$1/disk-stopped" ] || return 0
  image=$(disk_image "$1")
  if mountpoint -q "$(disk_folder "$1")"; then
    cp --sparse=always --reflink=auto "$image" "$image.synced"
    disk_unmount "$1"
  fi
  [ ! -e "$image.synced" ] || mv "$image.synced" "$image"
  mount -t ext4 -o "$DISK_OPTIONS" "$image" "$(disk_folder "$1")" # replays its journal
  overlay_mount "$LAB/hosts/$1"
  rm "$LAB/hosts/$1/disk-stopped"
}

disk_unmount() {
  local mounted
  for mounted in "$LAB/hosts/$1/root" "$(disk_folder "$1")"; do
    ! mountpoint -q "$mounted" || wait_for 10 "$mounted to be free" umount "$mounted"
  done
}

disk_remove() {
  disk_unmount "$1"
  rm -f "$(disk_image "$1")" "$(disk_image "$1").synced"
}
