# shellcheck shell=dash
# stress-memory, and what stress-cpu (cpu.sh) shares with it: processes of ours inside the target container's cgroup, so that they count against its limits and
# no other's. Each ends by itself (timeout), bears the tag in its environment, and is the first to die when memory is short.

# One process holds at most so much: an allocation of many GiB at once is refused by some kernels' overcommit.
CHUNK_MIB=256

# What the node must have left besides: the kubelet's default threshold of hard eviction (memory.available<100Mi).
NODE_FREE_MIB=100

# Less than this of what was asked for is no full bite, whatever else is seen.
FULL_BITE_PERCENT=90

# is_full GOT ASKED: whole numbers of one unit.
is_full() { [ $(($1 * 100)) -ge $(($2 * FULL_BITE_PERCENT)) ]; }

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
  ) </dev/null >/dev/null 2>&1 8>&- 9>&- &
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

# tagged [UID]: PIDs of our stressors of this tag (of that pod), also those that another injector pod started.
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

# memory_numbers: sets USED and LIMIT in bytes (LIMIT empty: none) of the current target's container. Used is the working set, as the
# kubelet counts it: usage less inactive_file, which the kernel takes back without asking.
memory_numbers() {
  local dir usage
  get MEMORY "$N"; dir=$V
  read_first "$dir/memory.usage_in_bytes" "$dir/memory.current" || return 1
  usage=$V
  if [ -e "$dir/memory.current" ]; then field "$dir/memory.stat" inactive_file; else field "$dir/memory.stat" total_inactive_file; fi
  USED=$((usage > V ? usage - V : 0))
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

# pressure io|memory|cpu: how much of the last 10 s some process of the container waited for it (PSI: cgroup v2 only).
pressure() {
  local dir
  locate_container || return 0
  get MEMORY "$N"; dir=$V
  read_first "$dir/$1.pressure" || return 0
  V=${V#*avg10=}
  also "$1 pressure" % "${V%% *}"
}

# Sets HELD_KIB: what our stressors of the current target hold in memory (anonymous pages, not their programs').
held_memory() {
  local pid
  HELD_KIB=0
  for pid in $(tagged "$N_UID"); do
    process "$pid" && [ "$S_COMM" = dd ] || continue
    field /proc/"$pid"/status RssAnon:
    [ "$V" != 0 ] || field /proc/"$pid"/status VmRSS:
    HELD_KIB=$((HELD_KIB + ${V%%[!0-9]*}))
  done
}

# The figure is what our stressors hold; the container's own stand beside it.
memory_figure() {
  NAME='memory held' UNIT=MiB VALUE=''
  locate_container && memory_numbers || return 1
  held_memory
  mib $((HELD_KIB * 1024)); VALUE=$MIB
  mib "$USED"; also 'memory used' MiB "$MIB"
  [ -z "$LIMIT" ] || { mib "$LIMIT"; also 'memory limit' MiB "$MIB"; }
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
  [ $((want + NODE_FREE_MIB)) -le "$available" ] || { WHY="$want MiB would take the node's last memory ($available MiB available)"; return 1; }
  oom_kills; put OOM "$N" "$V"
  limit_hits; put HITS "$N" "$V"
  put WANT "$N" "$want"
  while [ "$want" -gt 0 ]; do
    chunk=$CHUNK_MIB
    [ "$want" -ge "$chunk" ] || chunk=$want
    want=$((want - chunk))
    # Reads that much into one buffer, then waits for ever: its output is a pipe without a reader.
    stress "$dir" sh -c 'd=$(mktemp -d) && mkfifo "$d/p" && exec 3<>"$d/p" && rm -r "$d" && exec dd if=/dev/zero bs="$1" count=1 >&3' \
      hold "${chunk}M" || { WHY="the stressor for $N_PLACE did not start"; return 1; }
    started="$started $STRESSOR:$STRESSOR_START"
  done
  put STRESS "$N" "$started"
}

memory_bite() {
  local want hits
  memory_figure || { FATAL="the memory cgroup of $N_PLACE is gone" CODE=restarted; return 1; }
  stressors_alive || { who_died; return 1; }
  get WANT "$N"; want=$V
  get HITS "$N"; hits=${V:-0}
  also 'memory asked' MiB "$want"
  limit_hits; also 'limit reached' times $((V - hits))
  pressure memory
  MESSAGE="$VALUE of $want MiB held inside the container's cgroup"
  is_full "$HELD_KIB" $((want * 1024)) || { CODE=partial; return 1; }
}

# Sets V: how often the container ran into its memory limit, and the kernel took pages back for it.
limit_hits() {
  get MEMORY "$N"
  if [ -e "$V/memory.events" ]; then field "$V/memory.events" max; else read_first "$V/memory.failcnt" || V=0; fi
}

# Sets FATAL and CODE: who died of it.
who_died() {
  local before
  locate_container
  get OOM "$N"; before=$V
  oom_kills
  if ! alive "$PID" "$START"; then
    FATAL="the container's main process (pid $PID) died" CODE=restarted
    [ "$V" -le "${before:-0}" ] || CODE=oom_killed
  else
    FATAL='the stressor died, the container lives' CODE=stressor_died
    [ "$V" -le "${before:-0}" ] || CODE=stressor_oom_killed
  fi
  [ "$V" -le "${before:-0}" ] || FATAL="OOMKilled: $FATAL (oom_kill $before -> $V)"
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
