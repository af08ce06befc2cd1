# shellcheck shell=dash
# fill-disk: one file in a directory of the target, made through an open descriptor of that directory. A small process keeps the
# descriptor, so that the file can be removed after the container restarted too; its place on the node is journalled before it exists.

# Of the node's own disk so much must stay free, or the kubelet would evict pods that nobody aimed at.
NODE_FREE_PERCENT=15

# disk_space PATH: sets USED_KIB, FREE_KIB, SIZE_KIB of the file system there.
disk_space() {
  local numbers
  numbers=$(stat -f -c '%b %f %a %S' "$1" 2>/dev/null) || return 1
  # shellcheck disable=SC2086
  set -- $numbers
  SIZE_KIB=$(($1 * ($4 / 512) / 2)) USED_KIB=$((($1 - $2) * ($4 / 512) / 2)) FREE_KIB=$(($3 * ($4 / 512) / 2))
}

# Sets HOLDER: a path to the directory through the process that keeps it open; fails when there is none.
disk_holder() {
  local pid
  HOLDER=''
  for pid in $(tagged "$N_UID"); do
    [ -d /proc/"$pid"/fd/8/. ] && HOLDER=/proc/$pid/fd/8 && return 0
  done
  return 1
}

disk_figure() {
  NAME=disk UNIT=MiB VALUE=''
  local at
  if disk_holder; then
    at=$HOLDER
  else
    find_target || return 1
    at=/proc/$PID/root$DIRECTORY
  fi
  disk_space "$at/." || { WHY="container $N_NAME of $N_PLACE has no directory '$DIRECTORY'"; return 1; }
  mib $((USED_KIB * 1024)); VALUE=$MIB
}

disk_apply() {
  find_target || return 1
  # The trailing dot: a directory or nothing; a FIFO put there would hold us for ever.
  command exec 8<"/proc/$PID/root$DIRECTORY/." 2>/dev/null || { WHY="container $N_NAME of $N_PLACE has no directory '$DIRECTORY'"; return 1; }
  if disk_fill; then disk_hold; else command exec 8>&-; return 1; fi
}

disk_fill() {
  local file=/proc/self/fd/8/.faultline-$TAG
  alive "$PID" "$START" || { WHY="pid $PID of $N_PLACE ended meanwhile"; return 1; }
  disk_mount || return 1
  disk_room || return 1
  [ -z "$ON_NODE" ] || journal file "$ON_NODE/.faultline-$TAG"
  # Never through a link or into a file that somebody put there before us.
  (set -C && : >"$file") 2>/dev/null || { WHY="'$DIRECTORY' of $N_PLACE cannot be written, or has a file of our name"; return 1; }
  disk_write "$file"
  DISK_ERROR=$(tr '\n' ' ' <"$WORK/disk.$N")
  [ "$(file_kib "$file")" -gt 0 ] || { rm -f "$file"; WHY="nothing could be written to '$DIRECTORY' of $N_PLACE: $DISK_ERROR"; return 1; }
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
    fallocate -l "${AMOUNT}M" "$1" 2>/dev/null && exit 0
    exec env -i "FAULTLINE_STRESS=$TAG/$N_UID" "PATH=$PATH" timeout -s KILL 120 dd if=/dev/zero of="$1" bs=1M count="$AMOUNT" conv=notrunc
  ) >/dev/null 2>"$WORK/disk.$N" 9>&-
}

# The keeper outlives a hard kill of this container, and ends by itself.
disk_hold() {
  if stress '' sleep 999999999; then
    command exec 8>&-
    SELF=$STRESSOR
    leave_container
  else
    WHY='the process that keeps the directory open did not start'
    return 1
  fi
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
  put KIB_BEFORE "$N" "$USED_KIB"
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
  local before kib
  disk_figure || { FATAL=$WHY; return 1; }
  disk_holder || { FATAL='the process that keeps the directory open died'; return 1; }
  find_target && [ -e "/proc/$PID/root$DIRECTORY/.faultline-$TAG" ] || { FATAL='the container restarted: its new disk is not filled'; return 1; }
  kib=$(file_kib "$HOLDER/.faultline-$TAG")
  get KIB_BEFORE "$N"; before=$V
  MESSAGE="a file of $((kib / 1024)) MiB in '$DIRECTORY', $((FREE_KIB / 1024)) MiB left${DISK_ERROR:+; $DISK_ERROR}"
  [ "$kib" -gt 0 ] && [ $((USED_KIB - before)) -ge $((kib / 2)) ]
}

# disk_places: every path under which the file may still be: the kept descriptor, the container as it is now, the journal's.
disk_places() {
  local pid kind path
  for pid in $(tagged "$N_UID"); do [ -d /proc/"$pid"/fd/8/. ] && printf '%s\n' "/proc/$pid/fd/8/.faultline-$TAG"; done
  find_target && printf '%s\n' "/proc/$PID/root$DIRECTORY/.faultline-$TAG"
  while read -r kind path; do
    case $kind in file) printf '%s\n' "$HOST$path" ;; esac
  done 2>/dev/null <"$STATE_DIR/journal"
  return 0
}

disk_files() {
  disk_places | while IFS= read -r path; do { [ -e "$path" ] || [ -L "$path" ]; } && printf '%s\n' "$path"; done
}

disk_remove() {
  disk_files | while IFS= read -r path; do rm -f "$path"; done
}
