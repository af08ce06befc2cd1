# shellcheck shell=dash
# Measuring a network from inside the target's namespace, against peers that should answer: the addresses that are to be cut, else
# this injector's own and the target's gateway. Slow, so it runs in the background for all targets at once; each leaves one line.

# Of each family: enough to tell a peer that is down from a cut, few enough for a round in a second.
PEERS_AT_MOST=3
# Never given to anyone (RFC 5737): asked where there is no peer, so that at least one packet meets the rules.
UNASSIGNED=192.0.2.1

# own_addresses: global addresses of this container (or node).
own_addresses() {
  "$IP" -o addr show scope global 2>/dev/null | awk '$3 == "inet" || $3 == "inet6" { split($4, a, "/"); print a[1] }'
}

# node_addresses: where the kubelet's probes come from: every address of the node, but not those of Services that it holds too.
node_addresses() {
  nsenter --net=/proc/1/ns/net "$IP" -o addr show 2>/dev/null | awk '
    $2 ~ /^(lo|kube-ipvs|nodelocaldns)/ { next }
    $3 == "inet" || $3 == "inet6" && / scope global/ { split($4, a, "/"); printf "%s,", a[1] }'
}

# single_hosts LIST: members that are one address.
single_hosts() {
  printf '%s' "$1" | tr ', ' '\n\n' | sed -n -e 's#/32$##' -e '/:/s#/128$##' -e '/\//!p' | grep -v '^$'
}

# Needs fd 9. Sets PEERS: a few addresses of each family worth asking.
find_peers() {
  local kept hosts
  kept=$(single_hosts "$KEEP" | tr '\n' ' ')
  hosts=$(single_hosts "${N_ONLY:-$CIDRS}")
  PEERS=$({ of_family 4 "$hosts" | head -n $PEERS_AT_MOST; of_family 6 "$hosts" | head -n $PEERS_AT_MOST; } )
  [ -n "$PEERS" ] || PEERS=$({
    own_addresses | grep -v : | head -n 1
    inside "$IP" -o -4 route show default | sed -n 's/.* via \([^ ]*\).*/\1/p'
    own_addresses | grep : | head -n 1
  } | awk -v kept=" $kept" 'index(kept, " " $1 " ") == 0' | head -n $PEERS_AT_MOST)
  [ -n "$PEERS" ] || PEERS=$UNASSIGNED
}

# answers PEER: does it answer a ping, or, where only ports are meant, accept a connection?
answers() {
  local port took
  if [ -z "$PORTS" ]; then
    inside "$PING" -n -q -Q "$PROBE_TOS" -c 1 -W 1 "$1" >/dev/null 2>&1
    return
  fi
  port=${PORTS%%[,/: ]*}
  case $1 in *:*) set -- "[$1]" ;; esac
  took=$(inside curl -s -o /dev/null --local-port "$(printf '%s' "$PROBE_PORTS" | tr : -)" --connect-timeout 1 -m 1 -w '%{time_connect}' "http://$1:$port/" 2>/dev/null)
  case $took in *[1-9]*) return 0 ;; *) return 1 ;; esac
}

# reach_probe: how many of PEERS_n (at first: of all there are) answer; leaves "answering asked".
reach_probe() {
  local peer asked=0 pids='' pid count=0
  open_network || return 1
  get PEERS "$N"
  if [ -n "$V" ]; then PEERS=$V; else find_peers; fi
  for peer in $PEERS; do
    asked=$((asked + 1))
    { answers "$peer" && printf '%s\n' "$peer" >"$WORK/answer.$N.$asked"; } &
    pids="$pids $!"
  done
  for pid in $pids; do wait "$pid" && count=$((count + 1)); done
  printf '%s %s\n' "$count" "$asked" >"$WORK/probe.$N"
  cat "$WORK"/answer."$N".* 2>/dev/null | tr '\n' ' ' >"$WORK/peers.$N"
  rm -f "$WORK"/answer."$N".*
}

# ping_probe COUNT INTERVAL WAIT: leaves "sent lost twice damaged average-ms deviation-ms" of pings to the first peer that answers; once
# one has, also when it no longer does. Damaged are those that reached this container with a wrong checksum.
ping_probe() {
  local peer known='' damaged
  open_network || return 1
  get PEERS "$N"
  if [ -n "$V" ]; then PEERS=$V known=1; else find_peers; fi
  # A peer that answered no pings before never shows by them that it answers later.
  if [ -e "$WORK/trips.$N" ]; then rm -f "$WORK/probe.$N"; trip_probe "$3"; return; fi
  for peer in $PEERS; do
    damaged=$(bad_checksums)
    inside "$PING" -n -q -Q "$PROBE_TOS" -c "$1" -i "$2" -W "$3" "$peer" >"$WORK/ping.$N" 2>/dev/null
    damaged=$(($(bad_checksums) - damaged))
    awk -v damaged="$damaged" -v known="$known" '
      / packets transmitted/ {
        sent = $1 + 0
        for (i = 2; i < NF; i++) {
          if ($(i + 1) ~ /^received/ || $(i + 1) ~ /^packets/ && $(i + 2) ~ /^received/) received = $i + 0
          if ($(i + 1) ~ /^duplicates/) twice = $i + 0
          if ($(i + 1) ~ /^(corrupted|errors)/) damaged += $i + 0
        }
      }
      /^(rtt|round-trip)/ { split($0, half, " = "); split(half[2], part, "/"); average = part[2]; spread = part[4] + 0 }
      END { if (sent && (received || known)) print sent, sent - received, twice + 0, damaged + 0, average, average == "" ? "" : spread; else exit 1 }
      ' "$WORK/ping.$N" >"$WORK/probe.$N" && { printf '%s' "$peer" >"$WORK/peers.$N"; return 0; }
  done
  rm -f "$WORK/probe.$N"
  [ "$DELAY_MS" -gt 0 ] && trip_probe "$3"
}

# Connections made for a figure where pings are not answered.
TRIPS=5

# trip_probe WAIT: the same line, by connections, where a peer answers no pings: made or refused, either takes one round trip.
trip_probe() {
  local peer port one trips
  for peer in $PEERS; do
    port=$(trip_port "$peer")
    one=0 trips=''
    case $peer in *:*) peer="[$peer]" ;; esac
    while [ "$one" -lt "$TRIPS" ]; do
      one=$((one + 1))
      trips="$trips $(inside curl -s -o /dev/null --connect-timeout "$1" -m "$1" -w '%{time_connect} %{time_total} %{exitcode}' "http://$peer:$port/" 2>/dev/null),"
    done
    printf '%s\n' "$trips" | tr ',' '\n' | awk '
      # 7: refused, whose whole time is one round trip; what took the whole patience had no answer.
      NF == 3 { sent++; t = $1 > 0 ? $1 : ($3 == 7 ? $2 : 0); if (t > 0) { n++; sum += t; squares += t * t } }
      END { if (!n) exit 1; mean = sum / n; v = squares / n - mean * mean; printf "%d %d 0 0 %.1f %.1f\n", sent, sent - n, mean * 1000, sqrt(v > 0 ? v : 0) * 1000 }
      ' >"$WORK/probe.$N" && { printf '%s' "$peer" | tr -d '[]' >"$WORK/peers.$N"; : >"$WORK/trips.$N"; return 0; }
  done
  rm -f "$WORK/probe.$N"
  return 1
}

# trip_port PEER: the port that is meant; else one to which the pod has a connection there; else any, which refuses.
trip_port() {
  local port=${PORTS%%[,/: ]*}
  [ -n "$port" ] || port=$(inside ss -Htn state established dst "$1" 2>/dev/null | sed -n '1s/.*:\([0-9]*\) *$/\1/p')
  printf '%s' "${port:-80}"
}

# Packets that this container's network took for damaged so far.
bad_checksums() {
  awk '
    FNR == 1 { split("", column) }
    /^(Ip|Icmp): [A-Z]/ { for (i = 2; i <= NF; i++) column[$1, i] = $i; next }
    /^(Ip|Icmp): / { for (i = 2; i <= NF; i++) if (column[$1, i] == "InCsumErrors" || column[$1, i] == "InHdrErrors") sum += $i }
    /^Icmp6InCsumErrors|^Ip6InHdrErrors/ { sum += $2 }
    END { print sum + 0 }' /proc/self/net/snmp /proc/self/net/snmp6 2>/dev/null
}

# rate_probe: pushes packets out for a second and leaves the kbit/s that the interface really sent.
rate_probe() {
  local peer from first last packets=20000
  [ -z "$BRIEF" ] || packets=3000
  open_network || return 1
  find_device || return 1
  get PEERS "$N"
  if [ -n "$V" ]; then PEERS=$V; else find_peers; fi
  for peer in $PEERS; do
    first=$(sent_bytes) && uptime_cs && from=$CS || return 1
    inside "$PING" -n -q -f -Q "$PROBE_TOS" -l 2000 -c "$packets" -s 1400 -w 1 "$peer" >/dev/null 2>&1
    last=$(sent_bytes) && uptime_cs
    [ "$CS" -gt "$from" ] && [ "$last" -gt "$first" ] || continue
    printf '%s\n' $(((last - first) * 8 / ((CS - from) * 10))) >"$WORK/probe.$N"
    printf '%s' "$peer" >"$WORK/peers.$N"
    return 0
  done
  return 1
}

# Bytes that DEVICE of the target sent (column 2: received) since it is up.
sent_bytes() {
  inside awk -v device="$DEVICE" -v column="${1:-10}" '{ sub(/:/, " ") } $1 == device { print $column }' /proc/self/net/dev
}

# Needs fd 9. Sets DEVICE: the interface of the default route.
find_device() {
  DEVICE=$({ inside "$IP" -o -4 route show default; inside "$IP" -o -6 route show default; inside "$IP" -o link show eth0 2>/dev/null | sed 's/.*/dev eth0/'; } |
    sed -n 's/.*dev \([^ @:]*\).*/\1/p' | head -n 1)
  [ -n "$DEVICE" ] && return 0
  WHY="pod $N_PLACE has no network interface with a default route"
  return 1
}
