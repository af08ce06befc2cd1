# shellcheck shell=dash
# freeze: all processes of the target's container stand still, for the whole duration or, in pulses, for PULSE_FOR of every PULSE_EVERY seconds. By
# the freezer of its cgroup (v1: freezer.state, v2: cgroup.freeze), else by STOP. A keeper of its own, outside of the container's cgroups, does
# it and lets go: at the end, when the step's record is gone, and when the kernel waits to end the container's main process.

# So long a frozen state is waited for; a process in an uninterruptible sleep takes longer, and is told.
FREEZE_CS=200
# A look at who ran meanwhile.
STILL_WINDOW=0.3
# A port is asked this often: each question waits in the paused server's queue.
ASK_CS=1000
# Ports that are tried before, until one answers.
ASKED_PORTS=3
# Rounds of STOP until none is found that still runs: processes fork meanwhile.
STOP_ROUNDS=20

# freezer_of: of the current target's container (PID, CID) sets FREEZER, the file that freezes it; empty where it has no cgroup of its own for that.
freezer_of() {
  local dir
  FREEZER=''
  [ -n "$CID" ] && dir=$(cgroup_of "$PID" freezer "$CID") || return 0
  case $dir in *"$CID"*) ;; *) return 0 ;; esac
  if [ -e "$dir/freezer.state" ]; then FREEZER=$dir/freezer.state; elif [ -e "$dir/cgroup.freeze" ]; then FREEZER=$dir/cgroup.freeze; fi
}

# is_frozen FILE: does the kernel say that all below it stands still?
is_frozen() {
  case $1 in
    */freezer.state) read_first "$1" && [ "$V" = FROZEN ] ;;
    *) field "${1%/*}/cgroup.events" frozen && [ "$V" = 1 ] ;;
  esac
}

# is_freezing FILE: was it told to freeze, by that very file?
is_freezing() {
  case $1 in
    */freezer.state) read_first "${1%/*}/freezer.self_freezing" ;;
    *) read_first "$1" ;;
  esac
  [ "$V" = 1 ]
}

# tell_freezer FILE freeze|thaw
tell_freezer() {
  case $1/$2 in
    */freezer.state/freeze) printf 'FROZEN\n' >"$1" ;;
    */freezer.state/thaw) printf 'THAWED\n' >"$1" ;;
    */freeze) printf '1\n' >"$1" ;;
    *) printf '0\n' >"$1" ;;
  esac 2>/dev/null
}

# container_processes: PIDs of the current target's container (CID).
container_processes() {
  pod_processes "$N_UID" | awk -v id="$CID" '$2 == id { print $1 }'
}

# stop_all: STOP for every process of the container that does not stand yet, noted in STOPPED; those that stood before are not ours to start again.
stop_all() {
  local pid found round=0
  while [ "$round" -lt "$STOP_ROUNDS" ]; do
    round=$((round + 1)) found=''
    for pid in $(container_processes); do
      process "$pid" || continue
      case $S_STATE in T | t | Z | X) continue ;; esac
      found=1
      journal stopped "$N_UID $pid $S_START"
      STOPPED="$STOPPED $pid:$S_START"
      kill -s STOP "$pid" 2>/dev/null || true
    done
    [ -n "$found" ] || return 0
  done
  return 1
}

# let_go: lets the current target's processes run again, by the journal; where that was lost, its container's freezer is looked at.
let_go() {
  local kind uid what start
  if [ ! -d "$STATE_DIR" ] && [ "$KIND_OF" = freeze ]; then
    ! find_target || { freezer_of; [ -z "$FREEZER" ] || ! is_freezing "$FREEZER" || tell_freezer "$FREEZER" thaw; }
    return 0
  fi
  while read -r kind uid what start; do
    [ "$uid" = "$N_UID" ] || continue
    case $kind in
      frozen) [ ! -e "$what" ] || ! is_freezing "$what" || tell_freezer "$what" thaw ;;
      stopped) ! alive "$what" "$start" || [ "$S_STATE" != T ] || kill -s CONT "$what" ;;
    esac
  done 2>/dev/null <"$STATE_DIR/journal"
  return 0
}

# freeze_left: what still stands still by our doing, in words.
freeze_left() {
  local kind uid what start
  ! is_role_alive "keeper.$N_UID" || printf 'its keeper %s, ' "$R_PID"
  if [ ! -d "$STATE_DIR" ] && [ "$KIND_OF" = freeze ]; then
    ! find_target || { freezer_of; [ -z "$FREEZER" ] || ! is_freezing "$FREEZER" || printf 'a frozen container, '; }
    return 0
  fi
  while read -r kind uid what start; do
    [ "$uid" = "$N_UID" ] || continue
    case $kind in
      frozen) [ ! -e "$what" ] || ! is_freezing "$what" || printf 'a frozen container, ' ;;
      stopped) ! alive "$what" "$start" || [ "$S_STATE" != T ] || printf 'stopped process %s, ' "$what" ;;
    esac
  done 2>/dev/null <"$STATE_DIR/journal"
  return 0
}

# The keeper goes first, and is waited for: what it writes last must not come after the thaw.
freeze_remove() {
  local tries=0
  while is_role_alive "keeper.$N_UID" && [ "$tries" -lt 50 ]; do
    tries=$((tries + 1))
    kill -s KILL "$R_PID" 2>/dev/null
    sleep 0.02
  done
  let_go
}

# waits_to_die PID: has it a SIGKILL that it cannot take? On cgroup v1 a frozen process does not die.
waits_to_die() {
  local key mask
  while read -r key mask; do
    case $key in SigPnd: | ShdPnd:) case $mask in *[13579bdf]??) return 0 ;; esac ;; esac
  done 2>/dev/null <"/proc/$1/status"
  return 1
}

# note_pauses: leaves "pauses, hundredths of a second stood still before, since when, processes" for who measures.
note_pauses() {
  printf '%s %s %s %s\n' "$PAUSES" "$STOOD" "$SINCE" "$STANDING" >"$STATE_DIR/pauses.$N_UID.new" &&
    mv "$STATE_DIR/pauses.$N_UID.new" "$STATE_DIR/pauses.$N_UID"
}

# begin_pause: freezes, and waits until the kernel says so.
begin_pause() {
  local from
  if [ -z "$FREEZER" ]; then
    stop_all || return 1
  else
    uptime_cs; from=$CS
    until is_frozen "$FREEZER"; do
      # A freeze that is not complete is to be asked for again, on v1.
      tell_freezer "$FREEZER" freeze || return 1
      uptime_cs
      [ $((CS - from)) -lt "$FREEZE_CS" ] || return 1
      is_frozen "$FREEZER" || sleep 0.05
    done
  fi
  uptime_cs
  PAUSES=$((PAUSES + 1)) SINCE=$CS STANDING=$(container_processes | grep -c .)
  note_pauses
}

# end_pause: what was thawed meanwhile by another is not counted.
end_pause() {
  uptime_cs
  [ "$SINCE" -eq 0 ] || { [ -n "$FREEZER" ] && ! is_frozen "$FREEZER"; } || STOOD=$((STOOD + CS - SINCE))
  SINCE=0
  let_go
  note_pauses
}

# keep_still: the keeper's own life. It lets go by itself: at the end, without a record, or when the container is to die.
keep_still() {
  local began one pid=$PID start=$START
  PAUSES=0 STOOD=0 SINCE=0 STANDING=0 STOPPED=''
  uptime_cs; began=$CS
  while [ -d "$STATE_DIR" ] && ! is_marked_undone && alive "$pid" "$start" && ! waits_to_die "$pid"; do
    uptime_cs
    [ "$CS" -lt "$END_CS" ] || break
    if [ "$PULSE_EVERY" -eq 0 ] || [ $(((CS - began) % (PULSE_EVERY * 100))) -lt $((PULSE_FOR * 100)) ]; then
      if [ "$SINCE" -eq 0 ]; then begin_pause || true; elif [ -z "$FREEZER" ]; then stop_all || true; fi
    elif [ "$SINCE" -gt 0 ]; then
      end_pause
    fi
    sleep $TICK
  done
  end_pause 2>/dev/null
  # Without its record: by what it knows itself.
  [ -z "$FREEZER" ] || tell_freezer "$FREEZER" thaw
  for one in $STOPPED; do
    ! alive "${one%:*}" "${one#*:}" || [ "$S_STATE" != T ] || kill -s CONT "${one%:*}"
  done
}

freeze_apply() {
  local from
  find_target || return 1
  freezer_of
  if [ -n "$FREEZER" ] && { is_freezing "$FREEZER" || is_frozen "$FREEZER"; }; then
    WHY="the processes of $N_PLACE stand still already, by another's doing"
    return 1
  fi
  put MAIN "$N" "$PID:$START"
  put FREEZER "$N" "$FREEZER"
  [ -z "$FREEZER" ] || journal frozen "$N_UID $FREEZER"
  (
    trap '' TERM INT
    SNAPSHOT=''
    own_pid
    leave_container
    sign "keeper.$N_UID"
    keep_still
  ) </dev/null >/dev/null 2>&1 8>&- 9>&- &
  uptime_cs; from=$CS
  until [ -e "$STATE_DIR/pauses.$N_UID" ] || [ $((CS - from)) -ge $FREEZE_CS ]; do sleep 0.05; uptime_cs; done
}

# open_ports: TCP ports that the container's own processes listen on, not on the loopback only.
open_ports() {
  local pid
  for pid in $(container_processes); do
    ls -l "/proc/$pid/fd" 2>/dev/null
  done | sed -n 's/.*socket:\[\([0-9]*\)\]$/socket \1/p' | awk '
    $1 == "socket" { own[$2]; next }
    # 0A: listening; 0100007F and …01000000: the loopback.
    $4 == "0A" && ($10 in own) && $2 !~ /^0100007F:/ && $2 !~ /^0+01000000:/ { split($2, at, ":"); print at[2] }' - "/proc/$PID/net/tcp" "/proc/$PID/net/tcp6" 2>/dev/null |
    sort -u | head -n $ASKED_PORTS | while read -r port; do echo $((0x$port)); done
}

# answered ADDRESS:PORT: did whatever listens there say or do anything within a second? A kernel alone completes connections: that is no answer.
answered() {
  local code=0
  curl -s -o /dev/null --noproxy '*' -m 1 "http://$1/" >/dev/null 2>&1 || code=$?
  # 6, 7: no such host, no connection; 28: nothing within the second; 126, 127: no curl.
  case $code in 6 | 7 | 28 | 126 | 127) return 1 ;; esac
}

# find_outside: leaves where the target answers from outside, if anywhere, in $WORK/outside.N.
find_outside() {
  local address port
  open_network || return 1
  address=$(inside "$IP" -o addr show scope global 2>/dev/null | awk '$3 == "inet" || $3 == "inet6" && six == "" { split($4, a, "/"); if ($3 == "inet") { four = a[1]; exit } six = "[" a[1] "]" } END { print four != "" ? four : six }')
  command exec 9>&-
  [ -n "$address" ] || return 1
  for port in $(open_ports); do
    if answered "$address:$port"; then printf '%s' "$address:$port" >"$WORK/outside.$N"; return 0; fi
  done
  return 1
}

# Sets V: nanoseconds in which these processes ran so far.
ran_ns() {
  V=$(for pid in "$@"; do cat /proc/"$pid"/task/[0-9]*/schedstat; done 2>/dev/null | awk '{ sum += $1 } END { printf "%.0f", sum }')
}

# read_pauses: sets PAUSES, STOOD, SINCE, STANDING as the keeper noted them.
read_pauses() {
  PAUSES=0 STOOD=0 SINCE=0 STANDING=0
  { read -r PAUSES STOOD SINCE STANDING <"$STATE_DIR/pauses.$N_UID"; } 2>/dev/null || PAUSES=0
}

# all_still: do all of the container's processes stand still, by the kernel's word? Sets TOTAL.
all_still() {
  local pid
  TOTAL=0
  for pid in $(container_processes); do
    process "$pid" || continue
    case $S_STATE in Z | X) continue ;; esac
    TOTAL=$((TOTAL + 1))
    [ -n "$FREEZER" ] || [ "$S_STATE" = T ] || return 1
  done
  [ "$TOTAL" -gt 0 ] || return 1
  [ -z "$FREEZER" ] || is_frozen "$FREEZER"
}

# freeze_probe: leaves "standing processes ran-us answer pauses stood-ms": answer 1 or 0, - where nothing answered before or the pause ended meanwhile.
freeze_probe() {
  local still=1 ran pauses at answer=- pids
  find_target || return 1
  freezer_of
  read_pauses; pauses=$PAUSES
  pids=$(container_processes)
  # shellcheck disable=SC2086
  ran_ns $pids; ran=$V
  all_still || still=0
  if [ -z "$BRIEF" ]; then sleep $STILL_WINDOW; fi
  # shellcheck disable=SC2086
  ran_ns $pids; ran=$((V > ran ? (V - ran) / 1000 : 0))
  [ -e "$WORK/outside.$N" ] || [ -n "$BRIEF" ] || [ "$pauses" -gt 0 ] || find_outside || true
  if [ -e "$WORK/outside.$N" ]; then answer=$(ask_outside "$still"); fi
  all_still || still=0
  read_pauses
  uptime_cs
  at=$CS
  [ "$pauses" = "$PAUSES" ] || answer=-
  [ "$SINCE" -eq 0 ] || STOOD=$((STOOD + at - SINCE))
  printf '%s %s %s %s %s %s\n' "$((still * TOTAL))" "$TOTAL" "$ran" "$answer" "$PAUSES" "$((STOOD * 10))" >"$WORK/probe.$N"
}

# ask_outside STILL: prints 1 or 0; who gave no answer while it stood still is not asked again at once.
ask_outside() {
  local at='' still='' answer='' where
  { read -r at still answer <"$WORK/asked.$N"; } 2>/dev/null
  uptime_cs
  if [ "$1$still$answer" = 110 ] && [ "$PULSE_EVERY" -eq 0 ] && [ $((CS - at)) -lt $ASK_CS ]; then printf 0; return; fi
  read -r where <"$WORK/outside.$N" || [ -n "$where" ]
  if answered "$where"; then answer=1; else answer=0; fi
  printf '%s %s %s\n' "$CS" "$1" "$answer" >"$WORK/asked.$N"
  printf '%s' "$answer"
}

# The figure is how many of the container's processes stand still; in pulses of the latest one, if there is none just now.
freeze_figure() {
  NAME='standing still' UNIT=processes VALUE='' TOTAL=0 RAN_US=0 ANSWER=- PAUSES=0 STOOD_MS=0
  { read -r VALUE TOTAL RAN_US ANSWER PAUSES STOOD_MS <"$WORK/probe.$N"; } 2>/dev/null || return 1
  also processes count "$TOTAL"
  also 'ran meanwhile' ms "$((RAN_US / 1000))"
  [ "$ANSWER" = - ] || also answers count "$ANSWER"
  [ "$PAUSES" -eq 0 ] || { also pauses count "$PAUSES"; also 'stood still' ms "$STOOD_MS"; }
}

freeze_bite() {
  local how='its cgroup is frozen'
  freeze_figure || MESSAGE='the processes of the container cannot be read'
  get MAIN "$N"
  alive "${V%:*}" "${V#*:}" || { FATAL="the container's main process (pid ${V%:*}) died" CODE=restarted; return 1; }
  [ -z "$MESSAGE" ] || return 1
  is_role_alive "keeper.$N_UID" || ! waits_to_die "${V%:*}" || { FATAL="the container's main process is being killed" CODE=restarted; return 1; }
  is_role_alive "keeper.$N_UID" || { FATAL='the process that keeps the container still died' CODE=holder_died; return 1; }
  get FREEZER "$N"
  [ -n "$V" ] || how='by STOP'
  if [ "$PULSE_EVERY" -gt 0 ] && [ "$VALUE" -eq 0 ]; then
    # Between two pauses: the keeper saw the kernel's word for the last one.
    read_pauses
    VALUE=$STANDING
    MESSAGE="$PAUSES pauses of $PULSE_FOR s, one every $PULSE_EVERY s, $STOOD_MS ms in all; $how"
    [ "$PAUSES" -gt 0 ] && [ $((STOOD_MS / 10)) -ge $((PAUSES * PULSE_FOR * 100 / 2)) ]
    return
  fi
  MESSAGE="$VALUE of $TOTAL processes stand still, $how"
  case $ANSWER in 0) MESSAGE="$MESSAGE; no answer from outside any more" ;; 1) MESSAGE="$MESSAGE; it still answers from outside" ;; esac
  [ "$PAUSES" -eq 0 ] || MESSAGE="$MESSAGE; pause $PAUSES"
  [ "$VALUE" -gt 0 ] && [ "$VALUE" -eq "$TOTAL" ] && [ "$((RAN_US / 1000))" -eq 0 ] && [ "$ANSWER" != 1 ] && return 0
  [ "$PAUSES" -eq 0 ] || [ "$VALUE" -gt 0 ] || { MESSAGE='thawed by another' CODE=rules_gone; }
  return 1
}

freeze_after() {
  find_target || MESSAGE="not running (yet): $WHY"
  case $ANSWER in 1) MESSAGE='it answers from outside' ;; 0) MESSAGE='no answer from outside (yet)' ;; esac
}
