# shellcheck shell=dash
# load-network: AMOUNT kbit/s of pings from the target to this injector (or its gateway), whose answers load it inwards as well. The
# senders bear the tag and end by themselves, as stressors do; they are in our cgroup, so that their CPU time is not the target's.

# What one sender makes at a thousand packets a second of 1,425 bytes: the largest that no network fragments, headers included.
SENDER_KBIT=11400
# More would be more processes than a node's operator expects of one step: 730 Mbit/s.
SENDERS_AT_MOST=64
# Ethernet, IPv4 and ICMP headers of one ping.
HEADER_BYTES=42
# So many packets a second are told to a sender where a thousand are meant: it oversleeps now and then.
SENDER_HASTE_PERCENT=110

# Leaves "ours sent received" in kbit/s: of our senders' packets, and of the target's interface.
load_probe() {
  local from size pings first_out first_in
  open_network && find_device || return 1
  get SIZE "$N"; size=${V:-0}
  pings=$(pings_sent) && first_out=$(sent_bytes) && first_in=$(sent_bytes 2) && uptime_cs && from=$CS || return 1
  if [ -n "$BRIEF" ]; then sleep 0.3; else sleep 1; fi
  # In the order of the beginning: the time that passed is rather too long than too short, for each of them.
  pings=$(((size > 0 ? $(pings_sent) - pings : 0) * (size + HEADER_BYTES)))
  set -- "$(sent_bytes)" "$(sent_bytes 2)" "$pings"
  uptime_cs
  [ "$CS" -gt "$from" ] && [ -n "$1" ] && [ -n "$2" ] || return 1
  printf '%s %s %s\n' $(($3 * 8 / ((CS - from) * 10))) $((($1 - first_out) * 8 / ((CS - from) * 10))) $((($2 - first_in) * 8 / ((CS - from) * 10))) >"$WORK/probe.$N"
}

# is_loaded: does another run's sender work for this pod? The kernel counts pings by network, not by process.
is_loaded() {
  local pid
  for pid in $(grep -lsE "FAULTLINE_STRESS=[^/]*/$N_UID" /proc/[0-9]*/environ | cut -d / -f 3); do
    process "$pid" && [ "$S_COMM" = ping ] && ! grep -qsF "FAULTLINE_STRESS=$TAG/" /proc/"$pid"/environ && return 0
  done
  return 1
}

# Pings that left the target's network so far: its own senders alone.
pings_sent() {
  inside awk '
    FNR == 1 { split("", column) }
    /^Icmp: [A-Z]/ { for (i = 2; i <= NF; i++) column[i] = $i; next }
    /^Icmp: / { for (i = 2; i <= NF; i++) if (column[i] == "OutEchos") sum += $i }
    $1 == "Icmp6OutEchos" { sum += $2 }
    END { print sum + 0 }' /proc/self/net/snmp /proc/self/net/snmp6 2>/dev/null
}

# The figure is what our senders sent; the interface's own counters stand beside it.
load_figure() {
  NAME='load sent' UNIT=kbit/s VALUE='' RATE_OUT='' RATE_IN=''
  { read -r VALUE RATE_OUT RATE_IN <"$WORK/probe.$N"; } 2>/dev/null || return 1
  also 'rate out' kbit/s "$RATE_OUT"
  also 'rate in' kbit/s "$RATE_IN"
}

load_apply() {
  local peer size worker=0 workers started=''
  find_target && open_network || return 1
  ! is_loaded || { WHY="another run loads the network of pod $N_PLACE: whose packets are whose could not be told"; return 1; }
  load_peer || return 1
  workers=$(((AMOUNT + SENDER_KBIT - 1) / SENDER_KBIT))
  [ "$workers" -le "$SENDERS_AT_MOST" ] || { WHY="$AMOUNT kbit/s is more than $((SENDERS_AT_MOST * SENDER_KBIT)), which is all that can be sent"; return 1; }
  size=$((AMOUNT * SENDER_HASTE_PERCENT / 100 / workers / 8 - HEADER_BYTES))
  [ "$size" -ge 16 ] || size=16
  put SIZE "$N" "$size"
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
  [ "$peer" != "$UNASSIGNED" ]  || { WHY="there is no peer to load the network of $N_PLACE with"; return 1; }
}

load_bite() {
  load_figure || { MESSAGE="the counters of the interface cannot be read"; VALUE=0; return 1; }
  stressors_alive || { FATAL='the senders died' CODE=stressor_died; return 1; }
  also 'load asked' kbit/s "$AMOUNT"
  MESSAGE="$VALUE of $AMOUNT kbit/s sent by ours; $RATE_OUT kbit/s out and $RATE_IN kbit/s in, in all"
  is_full "$VALUE" "$AMOUNT" || { CODE=partial; return 1; }
}
