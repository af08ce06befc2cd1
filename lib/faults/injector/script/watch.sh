# shellcheck shell=dash
# Those who undo when the injector cannot: the detached watcher, the twin container, the replacement pod, the check.

# The detached watcher: a copy of this shell, out of the container's cgroups.
watch_over_us() {
  (
    trap '' TERM INT
    SNAPSHOT=''
    own_pid
    leave_container
    sign warden
    watch
  ) </dev/null >/dev/null 2>&1 9>&- &
}

# watch: as long as the injector lives, nothing; when it vanished or overslept its end, undo.
watch() {
  local latest
  know_kind "$ACTION"
  while ! is_marked_undone; do
    uptime_cs
    latest=$((END_CS + 300))
    [ ! -e "$STATE_DIR/finishing" ] || latest=$((END_CS + 2000))
    if [ "$CS" -ge "$latest" ] || ! is_role_alive main; then
      is_marked_undone && return 0
      ! is_role_alive main || kill -s KILL "$R_PID"
      at_once undo_target
      at_once tell_end 'the injector died'
      mark_undone
      return 0
    fi
    sleep $TICK
  done
}

# An injector that is not at work so long after its order's last moment never will be: the two containers start apart.
TWIN_WAIT_SECONDS=3

# The twin container: waits for the injector to sign, then watches it. One whose injector may no longer apply goes with it.
twin() {
  locate_state || exit 2
  until signed main || is_marked_undone || [ "$(date +%s)" -gt $((APPLY_BY + TWIN_WAIT_SECONDS)) ]; do
    [ -z "$STOP" ] || exit 0
    pause $TICK
  done
  ! signed main || watch
}

# A replacement, or a late start: ends what of that tag still runs, cleans, and never applies.
clean_only() {
  local tries=0
  know_kind "$ACTION"
  UNDO=all
  while is_role_alive main && [ "$tries" -lt 100 ]; do
    tries=$((tries + 1))
    if [ "$tries" -lt 80 ]; then kill -s TERM "$R_PID"; else kill -s KILL "$R_PID"; fi
    sleep 0.1
  done 2>/dev/null
  at_once undo_target
  at_once tell_cleaned
  mark_undone
}

tell_cleaned() {
  CODE=$CLEAN_CODE
  tell_end "$CLEAN_REASON"
}

# check: what is left is told, then removed, and proven once more.
check() {
  local tries=0
  know_kind "$OF"
  UNDO=all
  while is_role_alive main && [ "$tries" -lt 150 ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
  STILL=''
  ! is_role_alive main || STILL='the injector is still at work'
  at_once check_one
  [ -e "$WORK/dirty" ] || { end_watcher; drop_marker; }
}

# A watcher that does not leave by itself (stopped, say) is ended, with what it waits for: outside of the container nothing else would.
end_watcher() {
  local tries=0 child
  while is_role_alive warden && [ "$tries" -lt 20 ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
  is_role_alive warden || return 0
  child=$(grep -lsx "PPid:[[:space:]]*$R_PID" /proc/[0-9]*/status | cut -d / -f 3)
  kill -s KILL "$R_PID" $child 2>/dev/null || true
}

check_one() {
  local found
  BRIEF=1
  residue
  found=$LEFT
  [ -z "$LEFT" ] || undo_and_prove
  ! has "${KIND_OF}_prepare" || "${KIND_OF}_prepare"
  ! has "${KIND_OF}_probe" || probe_one ''
  residue
  [ -z "$STILL" ] || LEFT="$STILL${LEFT:+, $LEFT}"
  [ -z "$LEFT" ] || : >"$WORK/dirty"
  # What the journal knew is forgotten with the boot: all known places were searched, and that is told.
  ! other_boot || CODE=other_boot
  tell_undone residue "${found:+was left behind and is removed now: $found}"
}
