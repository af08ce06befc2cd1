# shellcheck shell=dash
# kill: the container's main process gets TERM, then KILL after the grace (or KILL at once); again every REPEAT seconds.
# crashloop: it gets the signal at every start, for the whole duration. Nothing stays behind: there is nothing to undo.

# A container that is not back after so long is in back-off.
BACK_OFF_CS=400

# hit SIGNAL PID START: signals that very process; a process of another start time under its number is never hit.
hit() {
  [ "$2" -gt 1 ] && alive "$2" "$3" && kill -s "$1" "$2" 2>/dev/null
}

kill_figure() {
  NAME=kills UNIT=count
  get COUNT "$N"; VALUE=$V
}

kill_apply() {
  find_target || return 1
  kill_start
}

# Signals PID/START, and notes until when it may take its time.
kill_start() {
  uptime_cs
  local grace=$GRACE
  [ "$SIGNAL" = TERM ] || grace=0
  put VICTIM "$N" "$PID" && put VICTIM_START "$N" "$START" && put HIT_AT "$N" "$CS"
  put KILL_AT "$N" $((CS + grace * 100))
  hit "$SIGNAL" "$PID" "$START" || { WHY="pid $PID of $N_PLACE was gone before it could be signalled"; put VICTIM "$N" ''; return 1; }
}

kill_tick() {
  local pid start hit_at
  get VICTIM "$N"; pid=$V
  get VICTIM_START "$N"; start=$V
  get HIT_AT "$N"; hit_at=$V
  uptime_cs
  if [ -n "$pid" ]; then
    if alive "$pid" "$start"; then
      get KILL_AT "$N"
      [ "$CS" -lt "$V" ] || hit KILL "$pid" "$start" || true
      return
    fi
    get COUNT "$N"; put COUNT "$N" $((V + 1))
    put VICTIM "$N" ''
    put LAST "$N" "pid $pid died $(((CS - hit_at) * 10)) ms after SIG$SIGNAL"
  elif [ "$REPEAT" -gt 0 ] && [ $((hit_at + REPEAT * 100)) -le "$CS" ] && find_target; then
    kill_start || true
  fi
}

kill_bite() {
  kill_figure
  get LAST "$N"; MESSAGE=$V
  [ "$VALUE" -ge 1 ]
}

crashloop_figure() { kill_figure; }
crashloop_apply() { find_target; }

crashloop_tick() {
  local last count
  find_target || return 0
  get LAST_VICTIM "$N"; last=$V
  get COUNT "$N"; count=$V
  [ "$last" != "$PID:$START" ] || return 0
  if hit "${FAULTLINE_SIGNAL:-KILL}" "$PID" "$START"; then
    uptime_cs
    put LAST_VICTIM "$N" "$PID:$START"
    put HIT_AT "$N" "$CS"
    put COUNT "$N" $((count + 1))
    put LAST "$N" "killed $((count + 1)) times, last as pid $PID"
  fi
}

# Twice killed; or once, and the kubelet lets it wait already (it counts restarts of the last ten minutes).
crashloop_bite() {
  local hit_at
  kill_figure
  get LAST "$N"; MESSAGE=$V
  get HIT_AT "$N"; hit_at=${V:-0}
  uptime_cs
  [ "$VALUE" -lt 2 ] || return 0
  [ "$VALUE" -eq 1 ] && [ $((CS - hit_at)) -ge "$BACK_OFF_CS" ] && ! find_target || return 1
  MESSAGE="$MESSAGE, not back for $(((CS - hit_at) / 100)) s: in back-off"
}

# After the end: does the container run (again)? The count is the injector's own: who only cleans or checks has counted nothing.
kill_after() {
  [ "$VALUE" -gt 0 ] || NAME='' UNIT='' VALUE=''
  if find_target; then MESSAGE="runs as pid $PID"; else MESSAGE="not running (yet): $WHY"; fi
}
crashloop_after() { kill_after; }
