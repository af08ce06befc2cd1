# shellcheck shell=dash
# stress-memory, stress-cpu: processes of ours inside the target container's cgroup, so that they count against its limits and
# nobody else's. Each ends by itself (timeout), bears the tag in its environment, and is the first to die when memory is short.

CHUNK_MIB=256

# join PID DIR: moves a process into a cgroup, which delegation forbids from a cgroup namespace other than the node's.
join() {
  if sees_node_cgroups; then
    printf '%s\n' "$1" >"$2/cgroup.procs"
  else
    # shellcheck disable=SC2016 # its own parameters
    with_node_cgroups sh -c 'printf "%s\n" "$1" >"$2/cgroup.procs"' join "$1" "$2"
  fi
}

# stress DIRS COMMAND …: starts a tagged process in those cgroups (one a line), which ends 2 s after the step's end at the latest.
# Sets STRESSOR and STRESSOR_START.
stress() {
  local dirs=$1 left pid
  shift
  uptime_cs
  left=$(((END_CS - CS) / 100 + 2))
  [ "$left" -gt 0 ] || left=1
  (
    trap - TERM INT
    own_pid
    printf 1000 >/proc/"$SELF"/oom_score_adj || true
    printf '%s\n' "$dirs" | while IFS= read -r dir; do [ -z "$dir" ] || join "$SELF" "$dir" || exit 1; done || exit 1
    exec env -i "FAULTLINE_STRESS=$TAG/$N_UID" "PATH=$PATH" timeout -s KILL "$left" "$@"
  ) </dev/null >/dev/null 2>&1 9>&- &
  pid=$!
  process "$pid" || return 1
  STRESSOR=$pid STRESSOR_START=$S_START
}

# stressors_alive: are all that were started for the current target still there?
stressors_alive() {
  local one
  get STRESS "$N"
  for one in $V; do alive "${one%:*}" "${one#*:}" || return 1; done
}

# tagged [UID]: PIDs of our stressors of this tag (of that pod), whoever started them.
tagged() {
  grep -lsF "FAULTLINE_STRESS=$TAG/${1-}" /proc/[0-9]*/environ 2>/dev/null | cut -d / -f 3
}

kill_tagged() {
  local pid
  for pid in $(tagged "${1-}"); do kill -s KILL "$pid" 2>/dev/null || true; done
}

# mib BYTES: sets MIB, one decimal, without a fork.
mib() {
  local tenths=$(($1 * 10 / 1048576))
  MIB=$((tenths / 10)).$((tenths % 10))
}

# read_first FILE …: sets V to the first line of the first of those files that is there.
read_first() {
  local file
  V=''
  for file in "$@"; do { read -r V <"$file"; } 2>/dev/null && return 0; done
  return 1
}

# field FILE KEY: sets V to the value behind a key; 0 when there is none.
field() {
  local key value
  V=0
  while read -r key value; do [ "$key" = "$2" ] && V=$value && return; done 2>/dev/null <"$1"
  return 0
}

# memory_numbers: sets USED and LIMIT in bytes (LIMIT empty: none) of the current target's container.
memory_numbers() {
  local dir
  get MEMORY "$N"; dir=$V
  read_first "$dir/memory.usage_in_bytes" "$dir/memory.current" || return 1
  USED=$V
  read_first "$dir/memory.limit_in_bytes" "$dir/memory.max" || V=max
  case $V in max) LIMIT='' ;; *) LIMIT=$V ;; esac
  [ "${#LIMIT}" -lt 16 ] || LIMIT=''
}

oom_kills() {
  get MEMORY "$N"
  if [ -e "$V/memory.events" ]; then field "$V/memory.events" oom_kill; else field "$V/memory.oom_control" oom_kill; fi
}

# locate_container: finds the target and its cgroups, once; sets PID and START.
locate_container() {
  get MAIN "$N"
  if [ -n "$V" ]; then PID=${V%:*} START=${V#*:}; return 0; fi
  find_target || return 1
  put MAIN "$N" "$PID:$START"
  put MEMORY "$N" "$(cgroup_of "$PID" memory "$CID")"
  put CPU "$N" "$(cgroup_of "$PID" cpuacct "$CID")"
  put QUOTA "$N" "$(cgroup_of "$PID" cpu "$CID")"
}

memory_figure() {
  NAME=memory UNIT=MiB VALUE=''
  locate_container && memory_numbers || return 1
  mib "$USED"; VALUE=$MIB
}

memory_apply() {
  local dir want available chunk started=''
  locate_container && memory_numbers || { WHY=${WHY:-"no memory cgroup of $N_PLACE can be read"}; return 1; }
  dir=$(cgroup_of "$PID" memory) || { WHY="no memory cgroup of $N_PLACE can be found"; return 1; }
  want=$AMOUNT
  if [ "$PERCENT" -gt 0 ] && [ -n "$LIMIT" ]; then
    want=$(((LIMIT / 100 * PERCENT - USED) / 1048576))
    [ "$want" -ge 1 ] || { WHY="$N_PLACE uses $PERCENT % of its memory limit already"; return 1; }
  fi
  [ "$want" -gt 0 ] || { WHY="$N_PLACE has no memory limit to take $PERCENT % of"; return 1; }
  field /proc/meminfo MemAvailable:
  available=$((${V%% *} / 1024))
  [ $((want + 64)) -le "$available" ] || { WHY="$want MiB would take the node's last memory ($available MiB available)"; return 1; }
  oom_kills; put OOM "$N" "$V"
  put WANT "$N" "$want" && put USED_BEFORE "$N" "$USED"
  while [ "$want" -gt 0 ]; do
    chunk=$CHUNK_MIB
    [ "$want" -ge "$chunk" ] || chunk=$want
    want=$((want - chunk))
    # Reads that much into one buffer, then waits for ever: its output is a pipe that nobody reads.
    stress "$dir" sh -c 'd=$(mktemp -d) && mkfifo "$d/p" && exec 3<>"$d/p" && rm -r "$d" && exec dd if=/dev/zero bs="$1" count=1 >&3' \
      hold "${chunk}M" || { WHY="the stressor for $N_PLACE did not start"; return 1; }
    started="$started $STRESSOR:$STRESSOR_START"
  done
  put STRESS "$N" "$started"
}

memory_bite() {
  local want before
  memory_figure || { FATAL="the memory cgroup of $N_PLACE is gone"; return 1; }
  stressors_alive || { who_died; return 1; }
  get WANT "$N"; want=$V
  get USED_BEFORE "$N"; before=$V
  MESSAGE="$want MiB held inside the container's cgroup"
  [ $((USED - before)) -ge $((want * 838861)) ] || { [ -n "$LIMIT" ] && [ "$USED" -ge $((LIMIT / 100 * 95)) ]; }
}

# Sets FATAL: who died of it.
who_died() {
  local before
  locate_container
  get OOM "$N"; before=$V
  oom_kills
  if ! alive "$PID" "$START"; then
    FATAL="the container's main process (pid $PID) died"
  else
    FATAL='the stressor died, the container lives'
  fi
  [ "$V" -le "${before:-0}" ] || FATAL="OOMKilled: $FATAL (oom_kill $before -> $V)"
}

# cpu_probe: half a second of CPU time, in thousandths of a core; runs in the background, one per target.
cpu_probe() {
  local dir first from
  get CPU "$N"; dir=$V
  cpu_time "$dir" || return 1
  first=$V; uptime_cs; from=$CS
  sleep 0.5
  cpu_time "$dir" || return 1
  uptime_cs
  [ "$CS" -gt "$from" ] && printf '%s\n' $(((V - first) / (CS - from) / 10)) >"$WORK/probe.$N"
}

# Sets V: microseconds.
cpu_time() {
  if read_first "$1/cpuacct.usage"; then V=$((V / 1000)); else field "$1/cpu.stat" usage_usec && [ "$V" != 0 ]; fi
}

cpu_prepare() { locate_container; }

cpu_figure() {
  NAME=cpu UNIT=cores VALUE=''
  read_first "$WORK/probe.$N" || return 1
  MILLI=$V
  VALUE=$((MILLI / 1000)).$(printf %03d $((MILLI % 1000)))
}

# Sets QUOTA_MILLI: the container's limit in thousandths of a core, empty when it has none.
cpu_quota() {
  local dir quota period
  QUOTA_MILLI=''
  get QUOTA "$N"; dir=$V
  if read_first "$dir/cpu.max"; then
    quota=${V% *} period=${V#* }
  else
    read_first "$dir/cpu.cfs_quota_us" || return 0
    quota=$V
    read_first "$dir/cpu.cfs_period_us" && period=$V
  fi
  whole "$quota" 1 9999999999 && whole "$period" 1 9999999999 && QUOTA_MILLI=$((quota * 1000 / period))
  return 0
}

cpu_apply() {
  local controller dir dirs='' worker=0 started='' newline='
'
  locate_container || return 1
  for controller in cpu cpuacct cpuset; do
    dir=$(cgroup_of "$PID" "$controller") || continue
    if [ "$controller" = cpu ] || [ -e "$dir/$controller.usage" ] || [ -e "$dir/$controller.cpus" ]; then dirs="$dirs$dir$newline"; fi
  done
  [ -n "$dirs" ] || { WHY="no cpu cgroup of $N_PLACE can be found"; return 1; }
  cpu_figure || MILLI=0
  put MILLI_BEFORE "$N" "$MILLI"
  while [ "$worker" -lt "$AMOUNT" ]; do
    worker=$((worker + 1))
    stress "$dirs" sh -c 'while :; do :; done' || { WHY="the stressor for $N_PLACE did not start"; return 1; }
    started="$started $STRESSOR:$STRESSOR_START"
  done
  put STRESS "$N" "$started"
}

cpu_bite() {
  local before
  cpu_figure || { MESSAGE='the CPU time of the container cannot be read'; return 1; }
  stressors_alive || { who_died; return 1; }
  cpu_quota
  get MILLI_BEFORE "$N"; before=$V
  MESSAGE="$AMOUNT workers inside the container's cgroup${QUOTA_MILLI:+, limit $QUOTA_MILLI m}"
  [ $((MILLI - before)) -ge 100 ] || { [ -n "$QUOTA_MILLI" ] && [ "$MILLI" -ge $((QUOTA_MILLI * 8 / 10)) ]; }
}

# A container that died takes its stress with it at once: its cgroup could not be removed else, nor the container restarted.
stress_tick() {
  get MAIN "$N"
  alive "${V%:*}" "${V#*:}" && return 0
  get STRESS "$N"
  [ -n "$V" ] || return 0
  kill_tagged "$N_UID"
}
memory_tick() { stress_tick; }
cpu_tick() { stress_tick; }
