# shellcheck shell=dash
# degrade-network: delay, jitter, corruption and duplication by netem; a rate by tbf; loss alone by netfilter, which every kernel has.
# Each of them is measured by itself: round trips, replies that are missing or come twice, packets that arrive damaged, bytes sent.

is_loss_alone() { [ "$DELAY_MS$CORRUPT_PCT$DUPLICATE_PCT$RATE_KBIT" = 0000 ] && [ "$LOSS_PCT" != 0 ]; }
is_rate_alone() { [ "$RATE_KBIT" -gt 0 ] && [ "$DELAY_MS$CORRUPT_PCT$DUPLICATE_PCT$LOSS_PCT" = 0000 ]; }

# A reply that takes longer than this is not waited for.
PATIENCE_S=6

# Does this kernel have netem? Tried in an empty network namespace, so that nothing is touched.
has_netem() {
  NETEM_ERROR=$(unshare --net "$TC" qdisc add dev lo root netem delay 1ms 2>&1)
}

need_netem() {
  is_loss_alone || is_rate_alone || has_netem ||
    refuse "this node's kernel lacks a qdisc (module sch_netem): $(printf '%s' "$NETEM_ERROR" | tr '\n' ' ')" kernel_lacks
}

degrade_probe() {
  local wait
  rm -f "$WORK/rate.$N"
  if [ "$RATE_KBIT" -gt 0 ] && rate_probe; then mv "$WORK/probe.$N" "$WORK/rate.$N"; fi
  ! is_rate_alone || return 0
  wait=$(((DELAY_MS + JITTER_MS) * 2 / 1000 + 1))
  [ "$wait" -le "$PATIENCE_S" ] || wait=$PATIENCE_S
  if [ -n "$BRIEF" ]; then
    ping_probe 20 0.02 1
  elif [ "$LOSS_PCT$CORRUPT_PCT$DUPLICATE_PCT" != 000 ]; then
    ping_probe 150 0.01 "$wait"
  else
    ping_probe 20 0.05 "$wait"
  fi
}

# Sets the figure that is told (of what was asked, the first in the order of the parameters), and SENT, LOST, TWICE, DAMAGED, TRIP,
# SPREAD, RATE of this probe.
degrade_figure() {
  SENT=0 LOST=0 TWICE=0 DAMAGED=0 TRIP='' SPREAD='' RATE='' NAME='round trip' UNIT=ms VALUE=''
  ! read_first "$WORK/rate.$N" || RATE=$V
  is_rate_alone || { read -r SENT LOST TWICE DAMAGED TRIP SPREAD <"$WORK/probe.$N"; } 2>/dev/null || return 1
  get PEERS "$N"
  [ -n "$V" ] || put PEERS "$N" "$(cat "$WORK/peers.$N" 2>/dev/null)"
  if [ "$DELAY_MS" -gt 0 ]; then VALUE=${TRIP:-}
  elif [ "$LOSS_PCT" != 0 ]; then NAME=loss UNIT=% VALUE=$(share "$LOST")
  elif [ "$CORRUPT_PCT" != 0 ]; then NAME='lost or damaged' UNIT=% VALUE=$(share "$LOST")
  elif [ "$DUPLICATE_PCT" != 0 ]; then NAME=duplicates UNIT=% VALUE=$(share "$TWICE")
  else NAME='rate out' UNIT=kbit/s VALUE=$RATE
  fi
  if [ "$N_STATE" = new ] && [ -n "$RATE" ]; then put RATE_BEFORE "$N" "$RATE"; fi
  [ -n "$VALUE" ] || [ "$N_STATE" != new ]
}

# share COUNT: percent of what was sent.
share() { [ "$SENT" -eq 0 ] || calc "$1 * 100 / $SENT"; }

degrade_apply() {
  open_network && find_device || return 1
  count_others
  if is_loss_alone; then
    netfilter "${DIRECTION:-in}" "-m statistic --mode random --probability $(calc "$LOSS_PCT / 100" 6)" "$PORTS"
    return
  fi
  qdisc_free || return 1
  journal qdisc "$N_UID $NETWORK $DEVICE was: $ORIGINAL"
  INNER=''
  is_rate_alone || netem || return 1
  [ "$RATE_KBIT" -eq 0 ] || slow_down "$RATE_KBIT" || return 1
  count_others
}

netem() {
  set -- limit 20000
  [ "$DELAY_MS" -eq 0 ] || set -- "$@" delay "${DELAY_MS}ms"
  [ "$JITTER_MS" -eq 0 ] || set -- "$@" "${JITTER_MS}ms"
  [ "$LOSS_PCT" = 0 ] || set -- "$@" loss "$LOSS_PCT%"
  [ "$CORRUPT_PCT" = 0 ] || set -- "$@" corrupt "$CORRUPT_PCT%"
  [ "$DUPLICATE_PCT" = 0 ] || set -- "$@" duplicate "$DUPLICATE_PCT%"
  shape netem "$@"
}

degrade_bite() {
  open_network && find_device || { FATAL=$WHY; return 1; }
  if is_loss_alone; then
    dropped
    [ "$RULES" -gt 0 ] || { FATAL='the rules are gone' CODE=rules_gone; return 1; }
    degrade_figure && [ -n "$VALUE" ] || { NAME=loss UNIT=% VALUE=100; }
    also dropped packets "$DROPPED"
    MESSAGE="$DROPPED packets of others and $PROBES of our own lost since the start"
    [ $((DROPPED + PROBES)) -gt 0 ] && met_by_others "$DROPPED"
    return
  fi
  [ -n "$(qdisc_devices)" ] || { FATAL='the qdisc is gone' CODE=rules_gone; return 1; }
  degrade_figure || { MESSAGE='no peer answers: nothing can be measured'; VALUE=0; return 1; }
  others_sent
  also 'packets of others' packets "$OTHERS"
  ABSENT=''
  degrade_delay
  degrade_packets
  degrade_rate
  [ -z "$ABSENT" ] || MESSAGE="not seen: ${ABSENT#, }; $MESSAGE"
  [ -z "$ABSENT" ] && met_by_others "$OTHERS"
}

# An average of 20 round trips comes as near as this to what netem adds; half of the jitter may be missing from it.
DELAY_SEEN=0.9

# Round trips are longer by what was asked, and vary by some of the jitter.
degrade_delay() {
  local before
  [ "$DELAY_MS" -gt 0 ] || return 0
  get BEFORE "$N"; before=${V:-0}
  if [ -z "$TRIP" ]; then
    VALUE="more than $((PATIENCE_S * 1000))"
    [ "$DELAY_MS" -ge $((PATIENCE_S * 1000)) ] || ABSENT=', an answer'
    return 0
  fi
  MESSAGE="round trip $before -> $TRIP ms, deviation $SPREAD ms"
  also 'delay asked' ms "$DELAY_MS"
  holds "$TRIP >= $before + $DELAY_MS * $DELAY_SEEN - $JITTER_MS * 0.5" || ABSENT="$ABSENT, the delay"
  [ "$JITTER_MS" -eq 0 ] || holds "$SPREAD >= $JITTER_MS * 0.2" || ABSENT="$ABSENT, the jitter"
}

# Packets that are lost, damaged or doubled: counted since the start, because some percentages are small.
degrade_packets() {
  is_rate_alone && return 0
  add SENT_ALL "$SENT" && add LOST_ALL "$LOST" && add TWICE_ALL "$TWICE" && add DAMAGED_ALL "$DAMAGED"
  get SENT_ALL "$N"
  MESSAGE="${MESSAGE:+$MESSAGE; }since the start of $V pings"
  get LOST_ALL "$N"; MESSAGE="$MESSAGE $V lost,"
  { [ "$LOSS_PCT" = 0 ] && [ "$CORRUPT_PCT" = 0 ]; } || [ "$V" -gt 0 ] || ABSENT="$ABSENT, a loss"
  get DAMAGED_ALL "$N"; MESSAGE="$MESSAGE $V arrived damaged,"
  [ "$CORRUPT_PCT" = 0 ] || [ "$V" -gt 0 ] || ! is_own_peer || ABSENT="$ABSENT, a damaged packet"
  get TWICE_ALL "$N"; MESSAGE="$MESSAGE $V came twice"
  [ "$DUPLICATE_PCT" = 0 ] || [ "$V" -gt 0 ] || ABSENT="$ABSENT, a duplicate"
}

degrade_rate() {
  [ "$RATE_KBIT" -gt 0 ] || return 0
  get RATE_BEFORE "$N"
  MESSAGE="${MESSAGE:+$MESSAGE; }rate ${V:-unknown} -> ${RATE:-unknown} kbit/s"
  [ -n "$RATE" ] && is_slowed "$RATE" "$RATE_KBIT" "$V" || ABSENT="$ABSENT, the rate"
}

# add NAME NUMBER: to the target's own count.
add() {
  get "$1" "$N"
  put "$1" "$N" $((${V:-0} + $2))
}

# Is the peer that is asked this container itself, so that its counters tell what arrived damaged?
is_own_peer() {
  get PEERS "$N"
  own_addresses | grep -qxF "${V%% *}"
}
