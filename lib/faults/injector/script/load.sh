# shellcheck shell=dash
# load-network: AMOUNT kbit/s of pings from the target to this injector (or its gateway), whose answers load it inwards as well. The
# senders bear the tag and end by themselves, as stressors do; they are in our cgroup, so that their CPU time is not the target's.

# What one sender makes at a thousand packets a second.
SENDER_KBIT=11400
SENDERS_AT_MOST=64

# Leaves "sent received" in kbit/s of the target's interface.
load_probe() {
  local from first_out first_in
  open_network && find_device || return 1
  first_out=$(sent_bytes) && first_in=$(sent_bytes 2) && uptime_cs && from=$CS || return 1
  if [ -n "$BRIEF" ]; then sleep 0.3; else sleep 1; fi
  # In this order: the time that passed is rather too long than too short.
  set -- "$(sent_bytes)" "$(sent_bytes 2)"
  uptime_cs
  [ "$CS" -gt "$from" ] && [ -n "$1" ] && [ -n "$2" ] || return 1
  printf '%s %s\n' $((($1 - first_out) * 8 / ((CS - from) * 10))) $((($2 - first_in) * 8 / ((CS - from) * 10))) >"$WORK/probe.$N"
}

load_figure() {
  NAME='rate out' UNIT=kbit/s VALUE='' RATE_IN=''
  { read -r VALUE RATE_IN <"$WORK/probe.$N"; } 2>/dev/null
}

load_apply() {
  local peer size worker=0 workers started=''
  find_target && open_network || return 1
  load_peer || return 1
  workers=$(((AMOUNT + SENDER_KBIT - 1) / SENDER_KBIT))
  [ "$workers" -le "$SENDERS_AT_MOST" ] || { WHY="$AMOUNT kbit/s is more than $((SENDERS_AT_MOST * SENDER_KBIT)), which is all that can be sent"; return 1; }
  size=$((AMOUNT / workers / 8 - 42))
  [ "$size" -ge 16 ] || size=16
  while [ "$worker" -lt "$workers" ]; do
    worker=$((worker + 1))
    stress '' nsenter "--net=/proc/$PID/ns/net" "$PING" -n -q -i 0.001 -l 20 -s "$size" "$peer" || { WHY="a sender for $N_PLACE did not start"; return 1; }
    started="$started $STRESSOR:$STRESSOR_START"
  done
  put STRESS "$N" "$started"
}

# Sets peer of the caller: the first that answers, or else the first (what is sent counts as well).
load_peer() {
  local one
  find_peers
  peer=''
  for one in $PEERS; do answers "$one" && peer=$one && return 0; done
  peer=${PEERS%%[!0-9a-fA-F.:]*}
  [ "$peer" != "$NOBODY" ]  || { WHY="there is nobody to load the network of $N_PLACE with"; return 1; }
}

load_bite() {
  local before
  load_figure || { MESSAGE="the counters of the interface cannot be read"; VALUE=0; return 1; }
  stressors_alive || { FATAL='the senders died'; return 1; }
  get BEFORE "$N"; before=${V:-0}
  MESSAGE="$before -> $VALUE kbit/s out, $RATE_IN kbit/s in; $AMOUNT kbit/s were asked for"
  [ "$VALUE" -ge $((before + AMOUNT / 4)) ]
}
