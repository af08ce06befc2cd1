# shellcheck shell=dash
# The node-local marker: which injector of this tag was here first, who watches it, and which files it made (write-ahead).
# It outlives the pod, so that a replacement knows that it may only clean. A pod that finds none (a reboot, an emptied /run) is told by the
# order itself whether it is still alive (main.sh).

# A marker goes an hour after its end, when no order that could still meet it lives (they live 45 s, and replacements come for minutes).
STALE_SECONDS=3600

# Nodes that share a /run (nested ones) are told apart by the PID namespace of their first process.
locate_state() {
  local node
  node=$(readlink /proc/1/ns/pid) || return 1
  node=${node#*\[}
  STATE_BASE=$HOST/run/faultline/${node%]}
  STATE_DIR=$STATE_BASE/$TAG
}

# Takes the marker; fails when one is there already.
take_marker() {
  mkdir -p "$STATE_BASE" && mkdir "$STATE_DIR" 2>/dev/null || return 1
  printf '%s\n' "$ENDS_AT" >"$STATE_DIR/ends"
}

# sign ROLE: leaves "pid start" of this process.
sign() {
  own_pid
  process "$SELF"
  printf '%s %s\n' "$SELF" "$S_START" >"$STATE_DIR/$1.new" && mv "$STATE_DIR/$1.new" "$STATE_DIR/$1"
}

# signed ROLE: sets R_PID, R_START of the process that signed; fails when none did.
signed() {
  R_PID='' R_START=''
  { read -r R_PID R_START <"$STATE_DIR/$1"; } 2>/dev/null
  [ -n "$R_PID" ]
}

is_role_alive() {
  signed "$1" && alive "$R_PID" "$R_START"
}

# journal KIND TEXT: before the effect, so that a later pod can undo it.
journal() {
  printf '%s %s\n' "$1" "$2" >>"$STATE_DIR/journal"
}

is_marked_undone() { [ -e "$STATE_DIR/undone" ]; }
mark_undone() { [ ! -d "$STATE_DIR" ] || : >"$STATE_DIR/undone"; }

drop_marker() {
  rm -rf "$STATE_DIR"
  rmdir "$STATE_BASE" "${STATE_BASE%/*}" 2>/dev/null || true
}

# Markers of other runs that ended long ago.
sweep_markers() {
  local dir ends now
  now=$(date +%s)
  for dir in "$STATE_BASE"/*/; do
    [ "$dir" = "$STATE_DIR/" ] && continue
    { read -r ends <"$dir/ends"; } 2>/dev/null || continue
    whole "$ends" 1 9999999999 && [ $((ends + STALE_SECONDS)) -lt "$now" ] && rm -rf "$dir"
  done
}

# leave_container: moves this process into the cgroups of the node's first process, so that it outlives a hard kill of its
# container (a runtime kills by cgroup). Where that is not allowed the process stays, and dies with the container.
leave_container() {
  local controller dir pid=$SELF
  for controller in $(cut -d : -f 2 /proc/1/cgroup | tr '\n' ' ') unified; do
    dir=$(cgroup_of 1 "$controller") || continue
    join "$pid" "$dir" || true
  done 2>/dev/null
}
