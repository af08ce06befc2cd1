# shellcheck shell=dash
# fill-disk: one file without a name in a directory of the target: made through an open descriptor of that directory, unlinked at once,
# filled through its own descriptor, which a small process keeps. The kernel gives the space back when that process ends, by whatever it
# ends (undo, its own end time, SIGKILL, a reboot): nothing to clean, nothing for the target's own cleaner to delete.

# Of the node's own disk so much must stay free: the kubelet evicts pods below 10 % (imagefs 15 %), and these would be pods that were not
# aimed at (https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#hard-eviction-thresholds).
NODE_FREE_PERCENT=15

# A dd that is still writing after so long is told with what it got; a slow disk takes 10 MB/s.
WRITE_SECONDS=120

# disk_space PATH: sets USED_KIB, FREE_KIB, SIZE_KIB of the file system there.
disk_space() {
  local numbers
  numbers=$(stat -f -c '%b %f %a %S' "$1" 2>/dev/null) || return 1
  # shellcheck disable=SC2086
  set -- $numbers
  SIZE_KIB=$(($1 * ($4 / 512) / 2)) USED_KIB=$((($1 - $2) * ($4 / 512) / 2)) FREE_KIB=$(($3 * ($4 / 512) / 2))
}

# Sets HOLDER: a path to the file through a process that keeps it; fails when there is none.
disk_holder() {
  local pid
  HOLDER=''
  for pid in $(tagged "$N_UID"); do
    [ -f /proc/"$pid"/fd/7 ] && HOLDER=/proc/$pid/fd/7 && return 0
  done
  return 1
}

# The figure is what the file holds; the file system's own stand beside it.
disk_figure() {
  local at
  NAME='disk held' UNIT=MiB VALUE=0
  if disk_holder; then
    at=$HOLDER
    mib $(($(file_kib "$HOLDER") * 1024)); VALUE=$MIB
  else
    find_target || return 1
    at=/proc/$PID/root$DIRECTORY/.
  fi
  disk_space "$at" || { WHY="container $N_NAME of $N_PLACE has no directory '$DIRECTORY'"; return 1; }
  mib $((USED_KIB * 1024)); also 'disk used' MiB "$MIB"
  mib $((FREE_KIB * 1024)); also 'disk free' MiB "$MIB"
}

disk_apply() {
  find_target || return 1
  # The trailing dot: a directory or nothing; a FIFO put there would hold us for ever.
  command exec 8<"/proc/$PID/root$DIRECTORY/." 2>/dev/null || { WHY="container $N_NAME of $N_PLACE has no directory '$DIRECTORY'"; return 1; }
  if disk_fill && disk_hold; then command exec 7>&- 8>&-; else command exec 7>&- 8>&-; return 1; fi
}

disk_fill() {
  local error
  alive "$PID" "$START" || { WHY="pid $PID of $N_PLACE ended meanwhile"; return 1; }
  disk_mount || return 1
  disk_room || return 1
  disk_open || return 1
  disk_write
  error=$(tail -n 1 "$WORK/disk.$N")
  put DISK_ERROR "$N" "$error"
  put DISK_DEVICE "$N" "$(stat -L -c %d /proc/self/fd/8/.)"
  [ "$(file_kib /proc/self/fd/7)" -gt 0 ] || { WHY="nothing could be written to '$DIRECTORY' of $N_PLACE: $error"; return 1; }
}

# disk_open: opens as fd 7 a new file that has no name any more. For a moment it has one, which cannot be foreseen; its place is
# journalled before, so that a SIGKILL in that moment leaves an empty file that a check finds.
disk_open() {
  local name file
  read -r name </proc/sys/kernel/random/uuid
  name=.faultline-$TAG-$name
  file=/proc/self/fd/8/$name
  [ -z "$ON_NODE" ] || journal file "$ON_NODE/$name"
  set -C
  { command exec 7>"$file"; } 2>"$WORK/disk.$N" || {
    set +C
    WHY="'$DIRECTORY' of $N_PLACE cannot be written: $(sed -n '1s/.*: //p' "$WORK/disk.$N")"
    if [ -e "$file" ] || [ -L "$file" ]; then WHY="'$DIRECTORY' of $N_PLACE has a file of our name: $name"; fi
    return 1
  }
  set +C
  rm -f "$file" 2>"$WORK/disk.$N"
  [ "$(stat -L -c %h /proc/self/fd/7)" = 0 ] && return 0
  WHY="the file in '$DIRECTORY' of $N_PLACE cannot be unlinked: $(tail -n 1 "$WORK/disk.$N")"
  return 1
}

# A tmpfs is memory: its pages must count against the target, so the writer joins the target's memory cgroup.
disk_write() {
  (
    trap - TERM INT
    own_pid
    if [ "$MOUNT_TYPE" = tmpfs ]; then
      printf 1000 >/proc/"$SELF"/oom_score_adj
      dir=$(cgroup_of "$PID" memory) && join "$SELF" "$dir"
    fi
    fallocate -l "${AMOUNT}M" /proc/self/fd/7 2>/dev/null && exit 0
    exec env -i "FAULTLINE_STRESS=$TAG/$N_UID" "PATH=$PATH" timeout -s KILL "$WRITE_SECONDS" dd if=/dev/zero bs=1M count="$AMOUNT" conv=notrunc status=none >&7
  ) 2>"$WORK/disk.$N" 8>&- 9>&-
}

# The keeper stays in this container's cgroups: whatever ends the container ends the fault.
disk_hold() {
  if stress '' sleep 999999999; then put DISK_KEEPER "$N" "$STRESSOR:$STRESSOR_START"; return 0; fi
  WHY='the process that keeps the file did not start'
  return 1
}

file_kib() {
  local numbers
  numbers=$(stat -L -c '%b %B' "$1" 2>/dev/null) || { echo 0; return; }
  echo $((${numbers% *} * ${numbers#* } / 1024))
}

# disk_mount: what fd 8 lies on, by the mount's id in the target's own table: a link that led out has an id that is not in it.
# Sets MOUNT_TYPE and ON_NODE (the directory as the node sees it; empty where it cannot be told). Refuses what is not the pod's own.
disk_mount() {
  local id line real root at upper
  field /proc/self/fdinfo/8 mnt_id:
  id=$V
  line=$(awk -v id="$id" '$1 == id' /proc/"$PID"/mountinfo)
  [ -n "$line" ] || { WHY="'$DIRECTORY' of $N_PLACE leads out of the container"; return 1; }
  real=$(readlink /proc/self/fd/8)
  DEVICE=$(printf '%s' "$line" | cut -d ' ' -f 3)
  root=$(printf '%s' "$line" | cut -d ' ' -f 4)
  at=$(printf '%s' "$line" | cut -d ' ' -f 5)
  line=${line#* - }
  MOUNT_TYPE=${line%% *}
  ON_NODE=''
  # What a name in the table escapes (blanks, backslashes) is left to the kept descriptor.
  case $real in
    "${at%/}"/*) real=${real#"${at%/}"} ;;
    "$at") real='' ;;
    *) real='\\' ;;
  esac
  case $MOUNT_TYPE in
    overlay)
      [ "$at" = / ] || { disk_volume "$root" "$at" "$real"; return; }
      upper=$(printf '%s' "$line" | sed -n 's/.*[, ]upperdir=\([^,]*\).*/\1/p')
      case $upper$real in *\\*) ;; /*) ON_NODE=$upper$real ;; esac
      ;;
    nfs* | ceph | cifs | smb* | fuse* | 9p | virtiofs | glusterfs | lustre | proc | sysfs | cgroup* | devtmpfs | mqueue | devpts)
      WHY="'$DIRECTORY' of $N_PLACE is on $MOUNT_TYPE, which is shared: refused"
      return 1
      ;;
    *) disk_volume "$root" "$at" "$real" ;;
  esac
}

# disk_volume ROOT AT REST: the pod's own root, its emptyDir, or a volume that the kubelet mounted for this pod alone.
disk_volume() {
  local places owned others
  places=$(awk -v device="$DEVICE" '$3 == device { print $4, $5 }' /proc/1/mountinfo)
  ON_NODE=$(printf '%s\n' "$places" | awk -v want="$1" -v rest="$3" '
    { root = $1 == "/" ? "" : $1; at = $2 == "/" ? "" : $2 }
    want == $1 || substr(want, 1, length(root) + 1) == root "/" { print at substr(want, length(root) + 1) rest; exit }')
  [ -n "$ON_NODE" ] && [ "$HOST$ON_NODE/." -ef /proc/self/fd/8/. ] || ON_NODE=""
  case $1 in */"$N_UID"/volumes/kubernetes.io~empty-dir/*) return 0 ;; esac
  [ "$2" != / ] || return 0
  owned=$(printf '%s\n' "$places" | grep -c "/$N_UID/volumes/kubernetes.io~")
  others=$(printf '%s\n' "$places" | grep "/pods/[^/]*/volumes/" | grep -vc "/$N_UID/volumes/")
  if [ "$MOUNT_TYPE" = tmpfs ]; then
    [ "$others" -eq 0 ] && [ -z "$places" ] && return 0
    [ "$owned" -gt 0 ] && [ "$others" -eq 0 ] && return 0
  elif [ "$1" = / ] && [ "$owned" -gt 0 ] && [ "$others" -eq 0 ]; then
    return 0
  fi
  WHY="'$DIRECTORY' of $N_PLACE is on a hostPath or on a volume that others use: refused"
  return 1
}

# The pod's own memory or volume may be filled to the brim; the node's disk may not.
disk_room() {
  disk_space /proc/self/fd/8/. || { WHY="the space of '$DIRECTORY' of $N_PLACE cannot be read"; return 1; }
  case $MOUNT_TYPE in tmpfs) return 0 ;; esac
  on_node_disk || return 0
  [ $(((FREE_KIB - AMOUNT * 1024) * 100 / SIZE_KIB)) -ge "$NODE_FREE_PERCENT" ] && return 0
  WHY="$AMOUNT MiB would leave less than $NODE_FREE_PERCENT % of the node's disk ($((FREE_KIB / 1024)) MiB free): other pods would be evicted"
  return 1
}

on_node_disk() {
  case $MOUNT_TYPE in overlay) return 0 ;; esac
  case $ON_NODE in */volumes/kubernetes.io~empty-dir/* | '') return 0 ;; *) return 1 ;; esac
}

disk_bite() {
  local error kib
  disk_figure || { FATAL=$WHY; return 1; }
  if [ -z "$HOLDER" ]; then
    # Its mark is in its environment only once it runs its program: on a busy node that takes a moment.
    get DISK_KEEPER "$N"
    alive "${V%:*}" "${V#*:}" && return 1
    FATAL='the process that kept the file died' CODE=holder_died
    return 1
  fi
  disk_is_targets || { FATAL='the container restarted: its new disk is not filled' CODE=restarted; return 1; }
  kib=$(file_kib "$HOLDER")
  get DISK_ERROR "$N"; error=$V
  also 'disk asked' MiB "$AMOUNT"
  pressure io
  MESSAGE="a file of $((kib / 1024)) MiB in '$DIRECTORY', $AMOUNT MiB asked for, $((FREE_KIB / 1024)) MiB left${error:+; $error}"
  is_full "$kib" $((AMOUNT * 1024)) || { CODE=partial FINAL=1; return 1; }
}

# Is the file system that was filled still the one that the container writes to? An emptyDir is a new container's, too.
disk_is_targets() {
  find_target || return 1
  get DISK_DEVICE "$N"
  [ "$(stat -L -c %d "/proc/$PID/root$DIRECTORY/." 2>/dev/null)" = "$V" ]
}

# Where runtimes and the kubelet keep what containers write: containerd, CRI-O, Docker, emptyDirs. Searched for a name that a SIGKILL left
# in the layer of a container that is dead since, or that the journal no longer tells.
LAYERS='/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/*/fs /var/lib/containers/storage/overlay/*/diff /var/lib/docker/overlay2/*/diff'

# disk_files: every name of ours that is still there: in the container as it is now, at the journal's places, in dead layers and volumes.
disk_files() {
  local kind path layer
  {
    find_target && printf '%s\n' "/proc/$PID/root$DIRECTORY"/.faultline-"$TAG"-*
    while read -r kind path; do
      case $kind in file) printf '%s\n' "$HOST$path" ;; esac
    done 2>/dev/null <"$STATE_DIR/journal"
    if [ "$UNDO" = all ]; then
      set -f
      # shellcheck disable=SC2086 # globs on the node, not here
      set -- $LAYERS
      set +f
      for layer in "$@"; do printf '%s\n' $HOST$layer"$DIRECTORY"/.faultline-"$TAG"-*; done
      printf '%s\n' $HOST/var/lib/kubelet/pods/"$N_UID"/volumes/kubernetes.io~empty-dir/*/.faultline-"$TAG"-*
    fi
  } | while IFS= read -r path; do { [ -e "$path" ] || [ -L "$path" ]; } && printf '%s\n' "$path"; done
}

disk_remove() {
  disk_files | while IFS= read -r path; do rm -f "$path"; done
}
