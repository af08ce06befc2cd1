# shellcheck shell=dash
# cut-network, limit-network, degrade-network: what is put into the target's network namespace, and how it is seen to bite.
# Rules expire in the kernel; a qdisc does not: the watchers remove it when this injector dies.

# --- cut-network: no packet passes, except to and from KEEP.

cut_probe() { reach_probe; }

cut_figure() {
  NAME=reachable UNIT=peers VALUE='' ASKED=0
  { read -r VALUE ASKED <"$WORK/probe.$N"; } 2>/dev/null || return 1
  get PEERS "$N"
  [ -n "$V" ] || put PEERS "$N" "$(cat "$WORK/peers.$N")"
}

cut_apply() {
  open_network || return 1
  netfilter "${DIRECTION:-both}" '' "$PORTS"
}

# The figure is what the rules took of others' packets. That our own probes get no answer any more shows that the rules work, and no more:
# where no traffic of the workload met them, it felt nothing. Silence of peers that never answered shows nothing.
cut_bite() {
  local before answering
  open_network || { FATAL=$WHY; return 1; }
  cut_figure || { VALUE=0 ASKED=0; }
  answering=$VALUE
  also reachable peers "$VALUE"
  dropped
  get KIND "$N"
  NAME=dropped UNIT=packets VALUE=$DROPPED
  MESSAGE="$answering of $ASKED peers answer, $DROPPED packets of others and $PROBES of our own dropped by $V"
  [ "$RULES" -gt 0 ] || { FATAL='the rules are gone' CODE=rules_gone; return 1; }
  get BEFORE "$N"; before=${V:-0}
  [ "$before" -eq 0 ] || [ "$answering" -eq 0 ] || return 1
  met_by_others "$DROPPED" "$PROBES" || return 1
  [ "$DROPPED" -gt 0 ] || { [ "$before" -gt 0 ] && [ "$ASKED" -gt 0 ]; } || [ "$PROBES" -gt 0 ]
}

# met_by_others OTHERS OURS: did the workload's own traffic meet what was put there? Where it need not (FAULTLINE_NEED_TRAFFIC=0), always.
met_by_others() {
  [ "$NEED_TRAFFIC" -eq 1 ] && [ "$1" -le 0 ] || return 0
  CODE=unused
  MESSAGE="the rule works; nothing of the workload's used it: $MESSAGE"
  return 1
}

# --- qdiscs: ours is known by its handle, made from the tag.

handle() { printf '%x' $((0x9000 + SUM % 0x6000)); }

# qdisc_free: the device has no qdisc that was configured; removing ours brings the default one back. Sets ORIGINAL.
qdisc_free() {
  ORIGINAL=$(inside "$TC" qdisc show dev "$DEVICE" root 2>/dev/null | head -n 1)
  case $ORIGINAL in
    '' | *" 0: "*) return 0 ;;
    *) WHY="$DEVICE of pod $N_PLACE has a qdisc of its own already ($ORIGINAL)"; return 1 ;;
  esac
}

# tc_do ARGS …: fails with WHY.
tc_do() {
  inside "$TC" "$@" 2>"$WORK/error.$N" && return 0
  WHY=$(tr '\n' ' ' <"$WORK/error.$N")
  case $WHY in
    *'qdisc kind is unknown'* | *'No such file or directory'*) WHY="this node's kernel lacks a qdisc (module sch_${SCHEDULER}): $WHY" CODE=kernel_lacks ;;
    *) WHY="tc $*: $WHY" ;;
  esac
  return 1
}

# Removes ours from every device there, and the class tree under it with it. Needs fd 9.
qdisc_remove() {
  local device
  for device in $(qdisc_devices); do inside "$TC" qdisc del dev "$device" root 2>/dev/null || true; done
}

qdisc_devices() {
  inside "$TC" qdisc show 2>/dev/null | awk -v h="$(handle):" '$3 == h { for (i = 4; i < NF; i++) if ($i == "dev") print $(i + 1) }'
}

# Our own pings bear a type of service (PROBE_TOS): where only some traffic is shaped, they are shaped with it, and can show it.

# count_others: remembers how many packets others have sent so far; others_sent: sets OTHERS, what they sent since. All that goes out, less
# our pings, which no other program sends; where only some of it is shaped, what its class saw. Needs fd 9 and DEVICE.
count_others() {
  others_now
  put OTHERS "$N" "$OTHERS"
}
others_sent() {
  others_now
  get OTHERS "$N"
  OTHERS=$((OTHERS - ${V:-0}))
}
others_now() {
  local class
  OTHERS=$(inside awk '
    FNR == 1 { split("", column) }
    /^(Ip|Icmp): [A-Z]/ { for (i = 2; i <= NF; i++) column[$1, i] = $i; next }
    /^(Ip|Icmp): / { for (i = 2; i <= NF; i++) { if (column[$1, i] == "OutRequests") sent += $i; if (column[$1, i] == "OutEchos") pings += $i } }
    $1 == "Ip6OutRequests" { sent += $2 }
    $1 == "Icmp6OutMsgs" { sent -= $2 }
    $1 == "Icmp6OutEchos" { pings6 += $2 }
    END { print sent - pings, pings + pings6 }' /proc/self/net/snmp /proc/self/net/snmp6 2>/dev/null)
  class=$(inside "$TC" -s class show dev "$DEVICE" 2>/dev/null | awk -v c="$(handle):1" '
    $1 == "class" { ours = $3 == c }
    ours && $1 == "Sent" { sub(/,/, "", $7); print $4 + $7; exit }')
  if [ -n "$class" ]; then OTHERS=$((class - ${OTHERS#* })); else OTHERS=${OTHERS% *}; fi
}

# shape KIND PARAMETERS …: on everything, or, where CIDRs or ports are named, on these alone below an htb that lets the rest pass.
# Sets INNER: where a second qdisc can be put below it.
shape() {
  local root
  root=$(handle) SCHEDULER=$1
  if [ -z "${N_ONLY:-$CIDRS}$PORTS" ]; then
    INNER=$root:1
    tc_do qdisc add dev "$DEVICE" root handle "$root:" "$@"
    return
  fi
  INNER=$(printf '%x' $((0x$root + 1))):1
  tc_do qdisc add dev "$DEVICE" root handle "$root:" htb || { WHY="htb, for CIDRs or ports alone: $WHY"; return 1; }
  tc_do class add dev "$DEVICE" parent "$root:" classid "$root:1" htb rate 32gbit quantum 60000 &&
    tc_do qdisc add dev "$DEVICE" parent "$root:1" handle "${INNER%1}" "$@" &&
    steer "$root" || { qdisc_remove; return 1; }
}

# slow_down KBIT: lets so much out, and holds little back (tbf); below another qdisc where INNER names one.
slow_down() {
  local burst
  SCHEDULER=tbf
  burst=$(($1 / 8 / 100 * 1000))
  [ "$burst" -ge 3200 ] || burst=3200
  set -- tbf rate "${1}kbit" burst "$burst" latency 100ms
  if [ -z "${INNER:-}" ]; then shape "$@"; else tc_do qdisc add dev "$DEVICE" parent "$INNER" "$@" || { qdisc_remove; return 1; }; fi
}

# steer ROOT: filters of what is named into the class.
steer() {
  local root=$1 family peer port peers ip name any
  for family in 4 6; do
    ip=ip name=ip any=0.0.0.0/0
    [ "$family" = 4 ] || { ip=ip6 name=ipv6 any=::/0; }
    peers=$(of_family "$family" "${N_ONLY:-$CIDRS}")
    [ -n "${N_ONLY:-$CIDRS}" ] || peers=$any
    for peer in $peers; do
      if [ -z "$PORTS" ]; then
        tc_do filter add dev "$DEVICE" parent "$root:" protocol "$name" prio "$family" u32 match "$ip" dst "$peer" flowid "$root:1" || return 1
      fi
      [ -z "$PORTS" ] || steer_probe "$root" "$family" "$name" "$ip" || return 1
      for port in $(printf '%s' "$PORTS" | tr ', ' '\n\n'); do steer_port "$root" "$family" "$name $ip" "$peer" "$port" || return 1; done
    done
  done
}

# steer_probe ROOT FAMILY PROTOCOL SELECTOR: pings of ours.
steer_probe() {
  local field=tos
  [ "$2" = 4 ] || field=priority
  tc_do filter add dev "$DEVICE" parent "$1:" protocol "$3" prio "$2" u32 match "$4" "$field" "$PROBE_TOS" 0xff flowid "$1:1"
}

steer_port() {
  local protocol number end range=${5%/*} protocols='6 17'
  case $5 in */tcp) protocols=6 ;; */udp) protocols=17 ;; esac
  case $range in *:*) WHY='a range of ports is not possible here: name each one'; return 1 ;; esac
  for protocol in $protocols; do
    for end in sport dport; do
      tc_do filter add dev "$DEVICE" parent "$1:" protocol "${3% *}" prio "$2" u32 match "${3#* }" dst "$4" \
        match "${3#* }" protocol "$protocol" 0xff match "${3#* }" "$end" "$range" 0xffff flowid "$1:1" || return 1
    done
  done
}

# --- limit-network: AMOUNT kbit/s are left to what the pod sends (tbf), and, where the kernel can, to what it receives (hashlimit).

limit_probe() { rate_probe; }

limit_figure() {
  NAME='rate out' UNIT=kbit/s VALUE=''
  read_first "$WORK/probe.$N" || return 1
  VALUE=$V
  get PEERS "$N"
  [ -n "$V" ] || put PEERS "$N" "$(cat "$WORK/peers.$N")"
}

limit_apply() {
  open_network && find_device && qdisc_free || return 1
  journal qdisc "$N_UID $NETWORK $DEVICE was: $ORIGINAL"
  INNER=''
  [ "${DIRECTION:-both}" = in ] || slow_down "$AMOUNT" || return 1
  count_others
  [ "${DIRECTION:-both}" = out ] && return 0
  if netfilter in "-m hashlimit --hashlimit-above $((AMOUNT * 125))b/s --hashlimit-burst $((AMOUNT * 125 + 64000))b --hashlimit-name FLT-$SUM" "$PORTS"; then
    put INWARDS "$N" ', inwards policed'
  elif [ "${DIRECTION:-both}" = in ]; then
    return 1
  else
    put INWARDS "$N" ", inwards not limited: $WHY"
  fi
}

limit_bite() {
  local inwards before
  open_network || { FATAL=$WHY; return 1; }
  get INWARDS "$N"; inwards=$V
  if [ "${DIRECTION:-both}" = in ]; then
    dropped
    NAME='dropped in' UNIT=packets VALUE=$DROPPED
    [ "$VALUE" -gt 0 ]
    return
  fi
  [ -n "$(qdisc_devices)" ] || { FATAL='the qdisc is gone' CODE=rules_gone; return 1; }
  find_device || return 1
  get BEFORE "$N"; before=$V
  limit_figure || { MESSAGE='the rate cannot be measured: no packet could be sent'; VALUE=0; return 1; }
  others_sent
  also 'packets of others' packets "$OTHERS"
  also 'rate asked' kbit/s "$AMOUNT"
  MESSAGE="of ${before:-unknown} kbit/s, $AMOUNT kbit/s are let out$inwards"
  is_slowed "$VALUE" "$AMOUNT" "$before" && met_by_others "$OTHERS"
}

# is_slowed MEASURED ASKED BEFORE: a bucket's burst and a clock of 10 ms make up to 30 % and 50 kbit/s of a second's measurement.
is_slowed() { [ "$1" -le $(($2 * 13 / 10 + 50)) ] && { [ -z "$3" ] || [ "$1" -lt "$3" ]; }; }
