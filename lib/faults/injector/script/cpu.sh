# shellcheck shell=dash
# stress-cpu: busy loops of ours inside the target container's cgroups (stress.sh), and whose CPU time is whose.

# So long a look at CPU time: ten ticks of CLK_TCK, so that a clock of 10 ms is exact to a few percent.
CPU_WINDOW=0.5

# cpu_probe: CPU time over a while, in thousandths of a core: of our stressors, of the whole container, and what was idle on the node; and
# of how many periods of the container's limit in that time how many were throttled. Runs in the background, one per target.
cpu_probe() {
  local dir quota ours all idle periods throttled from took
  get CPU "$N"; dir=$V
  get QUOTA "$N"; quota=$V
  cpu_time "$dir" || return 1
  all=$V; own_cpu_time; ours=$V; idle_time; idle=$V
  field "$quota/cpu.stat" nr_periods; periods=$V
  field "$quota/cpu.stat" nr_throttled; throttled=$V
  uptime_cs; from=$CS
  sleep $CPU_WINDOW
  cpu_time "$dir" || return 1
  all=$((V - all)); own_cpu_time; ours=$((V - ours)); idle_time; idle=$((V - idle))
  field "$quota/cpu.stat" nr_periods; periods=$((V - periods))
  field "$quota/cpu.stat" nr_throttled; throttled=$((V - throttled))
  uptime_cs; took=$((CS - from))
  [ "$took" -gt 0 ] && printf '%s\n' "$((ours / took / 10)) $((all / took / 10)) $((idle / took / 10)) $periods $throttled" >"$WORK/probe.$N"
}

# Sets V: microseconds of CPU that our stressors of the current target have had. A kernel without schedstat counts in ticks of 10 ms.
own_cpu_time() {
  local pid sum=0
  for pid in $(tagged "$N_UID"); do
    if read_first /proc/"$pid"/schedstat && V=${V%% *} && [ "$V" != 0 ]; then
      sum=$((sum + V / 1000))
    elif read_first /proc/"$pid"/stat; then
      set -f
      # shellcheck disable=SC2086 # the fields after the command name are numbers
      set -- ${V##*)}
      set +f
      shift 11
      sum=$((sum + ($1 + $2) * 10000))
    fi
  done
  V=$sum
}

# Sets V: microseconds in which the node's CPUs had nothing to do, waiting for disks included (USER_HZ is 100 on every Linux).
idle_time() {
  read_first /proc/stat || { V=0; return; }
  # shellcheck disable=SC2086 # cpu user nice system idle iowait …
  set -- $V
  V=$((($5 + $6) * 10000))
}

# Sets V: microseconds.
cpu_time() {
  if read_first "$1/cpuacct.usage"; then V=$((V / 1000)); else field "$1/cpu.stat" usage_usec && [ "$V" != 0 ]; fi
}

cpu_prepare() { locate_container; }

# The figure is the CPU time of our stressors; the container's own stand beside it.
cpu_figure() {
  NAME='cpu taken' UNIT=cores VALUE=''
  { read -r OURS_MILLI ALL_MILLI IDLE_MILLI PERIODS THROTTLED <"$WORK/probe.$N"; } 2>/dev/null || return 1
  cores "$OURS_MILLI"; VALUE=$CORES
  cores "$ALL_MILLI"; also 'cpu used' cores "$CORES"
  [ "$PERIODS" -le 0 ] || also throttled % $((THROTTLED * 100 / PERIODS))
}

# cores MILLI: sets CORES, three decimals.
cores() { CORES=$(($1 / 1000)).$(printf %03d $(($1 % 1000))); }

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

# A busy loop that takes so many thousandths of a core, its only parameter: it burns while it is behind, by its own CPU time, and sleeps while it is
# ahead. Of what it is behind by more than half a second, which others took from it, it catches up nothing. Times are hundredths of a second.
# shellcheck disable=SC2016 # its own variables
SHARE_LOOP='
share=$1 from="" base=0
look() {
  read -r now rest </proc/uptime; now=${now%.*}${now#*.}
  if { read -r had rest </proc/self/schedstat; } 2>/dev/null && [ "$had" != 0 ]; then had=$((had / 10000000)); return; fi
  read -r rest </proc/self/stat; set -- ${rest##*)}; shift 11; had=$(($1 + $2))
}
while :; do
  look
  [ -n "$from" ] || from=$now base=$had
  behind=$(((now - from) * share - (had - base) * 1000))
  if [ "$behind" -gt $((share * 50)) ]; then from=$now base=$had; fi
  if [ "$behind" -le 0 ]; then sleep 0.05; continue; fi
  i=0; while [ "$i" -lt 1000 ]; do i=$((i + 1)); done
done'

cpu_apply() {
  local controller dir dirs='' worker=0 share started='' newline='
'
  locate_container || return 1
  for controller in cpu cpuacct cpuset; do
    dir=$(cgroup_of "$PID" "$controller") || continue
    if [ "$controller" = cpu ] || [ -e "$dir/$controller.usage" ] || [ -e "$dir/$controller.cpus" ]; then dirs="$dirs$dir$newline"; fi
  done
  [ -n "$dirs" ] || { WHY="no cpu cgroup of $N_PLACE can be found"; return 1; }
  while [ "$worker" -lt "$AMOUNT" ]; do
    worker=$((worker + 1))
    share=$((MILLICORES - (worker - 1) * 1000))
    if [ "$MILLICORES" -gt 0 ] && [ "$share" -lt 1000 ]; then
      stress "$dirs" sh -c "$SHARE_LOOP" share "$share"
    else
      stress "$dirs" sh -c 'while :; do :; done'
    fi || { WHY="the stressor for $N_PLACE did not start"; return 1; }
    started="$started $STRESSOR:$STRESSOR_START"
  done
  put STRESS "$N" "$started"
}

# Where the limit is used up by the target as well, both take turns: half of what was asked is ours then, or it is mostly its own load.
# Where the whole node has nothing idle, shares decide, and a tenth of it still keeps everybody waiting.
LIMIT_TURN_PERCENT=50
NODE_TURN_PERCENT=10

# cpu_asked: sets ASKED_MILLI: the workers, but never more than the container can have (its limit, its CPUs).
cpu_asked() {
  cpu_quota
  ASKED_MILLI=$((MILLICORES > 0 ? MILLICORES : AMOUNT * 1000))
  set -- "$QUOTA_MILLI" "$(($(awk '/^Cpus_allowed_list:/ {
    n = split($2, part, ","); for (i = 1; i <= n; i++) { split(part[i], ends, "-"); sum += (ends[2] == "" ? ends[1] : ends[2]) - ends[1] + 1 } }
    END { print sum + 0 }' /proc/"$PID"/status 2>/dev/null) * 1000))"
  [ -z "$1" ] || [ "$1" -ge "$ASKED_MILLI" ] || ASKED_MILLI=$1
  [ "$2" -eq 0 ] || [ "$2" -ge "$ASKED_MILLI" ] || ASKED_MILLI=$2
}

# The container had nine tenths of its limit, or was held back by it in every other period: on a busy node it does not come to so much.
is_limit_used_up() {
  [ -n "$QUOTA_MILLI" ] || return 1
  is_full "$ALL_MILLI" "$QUOTA_MILLI" || { [ "$PERIODS" -gt 0 ] && [ $((THROTTLED * 2)) -ge "$PERIODS" ]; }
}

cpu_bite() {
  cpu_figure || { MESSAGE='the CPU time of the container cannot be read'; return 1; }
  locate_container
  stressors_alive || { who_died; return 1; }
  cpu_asked
  cores "$ASKED_MILLI"; also 'cpu asked' cores "$CORES"
  pressure cpu
  MESSAGE="$AMOUNT workers inside the container's cgroup took $VALUE of $CORES cores${QUOTA_MILLI:+, limit $QUOTA_MILLI m}"
  is_full "$OURS_MILLI" "$ASKED_MILLI" && return 0
  if is_limit_used_up; then
    MESSAGE="$MESSAGE; the limit is used up"
    [ $((OURS_MILLI * 100)) -ge $((ASKED_MILLI * LIMIT_TURN_PERCENT)) ] || { CODE=partial; return 1; }
  elif is_full "$OURS_MILLI" $((OURS_MILLI + IDLE_MILLI)) && [ $((OURS_MILLI * 100)) -ge $((ASKED_MILLI * NODE_TURN_PERCENT)) ]; then
    MESSAGE="$MESSAGE; the node has no CPU idle"
  else
    CODE=partial
    return 1
  fi
}
