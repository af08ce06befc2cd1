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

# Silence of peers that never answered shows nothing: then only packets that met the rules count, and are the figure.
cut_bite() {
  local count
  open_network || { FATAL=$WHY; return 1; }
  cut_figure || { VALUE=0 ASKED=0; }
  count=$(dropped)
  get KIND "$N"
  MESSAGE="$VALUE of $ASKED peers answer, ${count% *} packets dropped by $V"
  [ "${count#* }" -gt 0 ] || { FATAL='the rules are gone'; return 1; }
  get BEFORE "$N"
  if [ "${V:-0}" -gt 0 ] && [ "$ASKED" -gt 0 ] && [ "$VALUE" -eq 0 ]; then return 0; fi
  [ "${V:-0}" -gt 0 ] || NAME=dropped UNIT=packets VALUE=${count% *}
  [ "${count% *}" -gt 0 ]
}

# --- qdiscs: ours is known by its handle, made from the tag.

handle() { printf '%x' $((0x9000 + SUM % 0x6000)); }

# qdisc_free: the device has no qdisc that somebody chose; removing ours brings the default one back. Sets ORIGINAL.
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
    *'qdisc kind is unknown'* | *'No such file or directory'*) WHY="this node's kernel lacks a qdisc (module sch_${SCHEDULER}): $WHY" ;;
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

# Our own pings bear this type of service: where only some traffic is shaped, they are shaped with it, and can show it.
PROBE_TOS=0x0c

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
    NAME='dropped in' UNIT=packets VALUE=$(dropped) VALUE=${VALUE% *}
    [ "$VALUE" -gt 0 ]
    return
  fi
  [ -n "$(qdisc_devices)" ] || { FATAL='the qdisc is gone'; return 1; }
  get BEFORE "$N"; before=$V
  limit_figure || { MESSAGE='the rate cannot be measured: no packet could be sent'; VALUE=0; return 1; }
  MESSAGE="of ${before:-unknown} kbit/s, $AMOUNT kbit/s are let out$inwards"
  [ "$VALUE" -le $((AMOUNT * 13 / 10 + 50)) ] && { [ -z "$before" ] || [ "$VALUE" -lt "$before" ]; }
}
