#!/bin/sh
# Inside the virtual machine (test/vm/run.sh): the injector's script at work with the kernel's own netem, tbf and nf_tables, under
# cgroup v2, on a pod made of a network namespace and a cgroup. Asserts the bite and the undo from outside, by pings of its own.
# Names as arguments choose; none: all. Plain sh, because an emulated machine takes minutes to start Jest.
set -u
wanted=" $* "
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=test/vm/support.sh
. test/vm/support.sh
view=''
uid=3137b5cc-c8a7-436c-ab88-791a73f48ae6 container=$(printf 'ab%.0s' $(seq 32))

mkdir -p /run/netns "/sys/fs/cgroup/kubepods/pod$uid/$container"
ip netns add pod && ip link add outside type veth peer name eth0 netns pod || exit 1
ip addr add 10.77.0.1/24 dev outside && ip link set outside up
ip -n pod link set lo up && ip -n pod link set eth0 up && ip -n pod addr add 10.77.0.2/24 dev eth0 && ip -n pod route add default via 10.77.0.1
sh -c 'echo $$ >"$1/cgroup.procs" && exec ip netns exec pod sleep 100000' sh "/sys/fs/cgroup/kubepods/pod$uid/$container" &

traces() {
  ip netns exec pod sh -c 'tc qdisc show; tc filter show dev eth0; iptables-nft-save; ip6tables-nft-save
    ! grep -qs filter /proc/self/net/ip_tables_names || iptables-legacy-save' 2>/dev/null | grep -v -e '^#' -e '^:[A-Z]* ' -e '^COMMIT' -e '^\*'
  grep -ls FAULTLINE_STRESS= /proc/[0-9]*/environ
}

# Sets AVERAGE, SPREAD, LOSS, TWICE as the other end sees them.
look() {
  ping -q -n -c 80 -i 0.02 -W 2 10.77.0.2 >/run/ping 2>/dev/null
  AVERAGE=$(sed -n 's#^rtt.* = [^/]*/\([^/]*\)/.*#\1#p' /run/ping) SPREAD=$(sed -n 's#^rtt.* = .*/\([0-9.]*\) ms.*#\1#p' /run/ping)
  LOSS=$(sed -n 's#.* \([0-9.]*\)% packet loss.*#\1#p' /run/ping) TWICE=$(sed -n 's#.*+\([0-9]*\) duplicates.*#\1#p' /run/ping)
  AVERAGE=${AVERAGE:-0} SPREAD=${SPREAD:-0} TWICE=${TWICE:-0}
}

# An address of the other end that answers no pings.
silent=10.77.0.3
ip addr add $silent/24 dev outside && iptables-nft -A INPUT -d $silent -p icmp -j DROP || exit 1

# Sets TRIP: ms until a connection from that address to the pod is refused.
look_at_trip() {
  TRIP=$(curl -s -o /dev/null --interface $silent -m 4 -w '%{time_total}' http://10.77.0.2:9/ | awk '{ print $1 * 1000 }')
}

# Sets CARRIED, RATE: kbit/s that arrive from the pod by itself, and when it sends as fast as it can.
look_at_rate() {
  CARRIED=$(arriving sleep 1) RATE=$(arriving ip netns exec pod ping -q -f -l 1000 -c 10000 -s 1400 -w 1 10.77.0.1)
}
arriving() {
  bytes=$(cat /sys/class/net/outside/statistics/rx_bytes) from=$(date +%s%N)
  "$@" >/dev/null 2>&1
  echo $((($(cat /sys/class/net/outside/statistics/rx_bytes) - bytes) * 8000000 / ($(date +%s%N) - from)))
}

# try NAME CONDITION FIGURE NAME=VALUE …: CONDITION is about what is seen from outside while it bites, FIGURE what the injector tells.
try() {
  name=$1 condition=$2 figure=$3
  shift 3
  chosen "$name" || return
  log=/run/log.$name
  : >"$log"
  before=$(traces)
  env FAULTLINE_ACTION=degrade-network "$@" FAULTLINE_TARGETS="$uid $container ns/p/main" FAULTLINE_TAG="t-$name" \
    FAULTLINE_ENDS_AT=$(($(date +%s) + 300)) FAULTLINE_APPLY_BY=$(($(date +%s) + 300)) $view sh -c "$(cat /run/injector.sh)" >"$log" 2>&1 &
  injector=$!
  until_so 60 grep '"phase":"\(bite\|error\)"' "$log"
  look
  case $condition in *RATE* | *CARRIED*) look_at_rate ;; *TRIP*) look_at_trip ;; esac
  eval "seen=\"$condition\""
  must "$name: seen from outside" "$seen"
  kill -TERM "$(cut -d ' ' -f 1 /run/faultline/*/"t-$name"/main)"
  wait "$injector"
  must "$name: told as a bite, and as undone" "$(says "$log" "\"phase\":\"bite\",\"ok\":true,\"name\":\"$figure\"") && $(says "$log" '"phase":"undone","ok":true')"
  after=$(traces)
  [ "$after" = "$before" ]
  must "$name: nothing is left" "$? == 0"
  look
  must "$name: as before" "$AVERAGE < 40 && $LOSS == 0 && $TWICE == 0"
  case $condition in *RATE* | *CARRIED*) look_at_rate; must "$name: the line is free again" "$CARRIED < 500 && $RATE > 8000" ;; esac
  tell "$log"
  took "$name"
}

sleep 1
try latency '$AVERAGE > 190' 'round trip' FAULTLINE_DELAY_MS=200
try jitter '$AVERAGE > 150 && $SPREAD > 30' 'round trip' FAULTLINE_DELAY_MS=200 FAULTLINE_JITTER_MS=150
# Not all that is damaged is missing at the other end, and nothing was missing before.
try corruption '$LOSS > 0' 'lost or damaged' FAULTLINE_CORRUPT_PCT=30
[ ! -e /run/log.corruption ] || must 'corruption: damaged packets arrive' "$(says /run/log.corruption '[1-9][0-9]* arrived damaged')"
try duplication '$TWICE > 5' duplicates FAULTLINE_DUPLICATE_PCT=30
try together '$AVERAGE > 90 && $LOSS > 2 && $TWICE > 2' 'round trip' \
  FAULTLINE_DELAY_MS=100 FAULTLINE_LOSS_PCT=20 FAULTLINE_DUPLICATE_PCT=20 FAULTLINE_RATE_KBIT=5000
try cidrs '$AVERAGE > 290' 'round trip' FAULTLINE_DELAY_MS=300 FAULTLINE_CIDRS=10.77.0.1/32
# What the peer does answer is measured: a connection that is refused takes one round trip.
try silent '$AVERAGE < 40 && $TRIP > 290' 'round trip' FAULTLINE_DELAY_MS=300 FAULTLINE_CIDRS=$silent/32
try ports '$AVERAGE < 40' 'round trip' FAULTLINE_DELAY_MS=300 FAULTLINE_PORTS=5432/tcp
try rate '$RATE < 2800' 'rate out' FAULTLINE_RATE_KBIT=2000
try loss '$LOSS > 10' loss FAULTLINE_LOSS_PCT=40
try cut '$LOSS == 100' dropped FAULTLINE_ACTION=cut-network
# A node without nf_tables: its tools fail here.
echo 'mount --bind /bin/false /usr/sbin/xtables-nft-multi && exec "$@"' >/run/without-nft
view='unshare --mount sh /run/without-nft'
try cut-legacy '$LOSS == 100' dropped FAULTLINE_ACTION=cut-network
[ ! -e /run/log.cut-legacy ] || must 'cut-legacy: the rules are in legacy tables' "$(says /run/log.cut-legacy 'dropped by iptables-legacy')"
view=''
try load '$CARRIED > 1000' 'load sent' FAULTLINE_ACTION=load-network FAULTLINE_AMOUNT=2000
report
