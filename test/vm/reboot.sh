#!/bin/sh
# Inside the virtual machine, with a disk that stays (FAULTLINE_VM_DISK): memory, disk, latency, a cut, CPU and network load and a rate
# are injected, a container is killed and another put into a crash loop; then the machine is reset with all of it in force. After its second boot the same orders come again, as a
# replacement pod brings them, still in time by their apply-by: nothing is applied again, nothing is left, and that is what is told.
set -u
wanted='  '
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=test/vm/support.sh
. test/vm/support.sh
name=reboot kinds='crashloop memory disk latency cut kill rate load cpu'
a=5e8a1c3d-7b2f-4d6e-9a01-c4d5e6f70812 b=9e0c1f7a-52d4-4b0e-8a6f-0d9b8c7e6f51 c=7d5b8b4e-1d0a-4c55-9a0e-3c8f0c6d2b11
d=2f1c9a70-6e3b-4d58-8b1f-51d2a7c3e904 e=c4a86d1e-0b97-4f2a-b6d3-90e7f15a2c68 f=8e60b2f5-47cd-4a19-9f0c-3ba1d84e7715
id=$(printf 'a1%.0s' $(seq 32))
top=/sys/fs/cgroup/kubepods.slice own=/sys/fs/cgroup/kubepods.slice/own.slice
scope_of() { echo "$top/kubepods-pod$(echo "$1" | tr - _).slice/cri-containerd-$id.scope"; }
volume='volumes/kubernetes.io~empty-dir/e'

# The kubelet's directory lies on the disk that stays; /run does not.
modprobe virtio_blk && modprobe ext4 && mkdir -p /run/kubelet || exit 1
mount /dev/vda /run/kubelet 2>/dev/null || { mkfs.ext4 -q /dev/vda && mount /dev/vda /run/kubelet; } || exit 1
boots=$(($(cat /run/kubelet/boots 2>/dev/null || echo 0) + 1))
echo "$boots" >/run/kubelet/boots
[ "$boots" -le 2 ] || { echo "FAIL  the machine was reset by itself: boot $boots"; exit 1; }
read -r boot </proc/sys/kernel/random/boot_id
[ "$boots" -gt 1 ] || echo "$boot" >/run/kubelet/planned-under
planned_under=$(cat /run/kubelet/planned-under)

# pod UID ADDRESS: a container with namespaces of its own, and a link to outside.
pod() {
  mkdir -p "$(scope_of "$1")" "/run/kubelet/pods/$1/$volume"
  for dir in /sys/fs/cgroup $top "$(dirname "$(scope_of "$1")")"; do echo '+memory +cpu +pids' >"$dir/cgroup.subtree_control" || exit 1; done
  # shellcheck disable=SC2016 # its own parameters
  unshare --net --pid --fork --mount sh -c 'echo 0 >"$2/cgroup.procs" && exec unshare --cgroup sh -c "
    mount -t proc proc /proc && mount --bind /run/kubelet/pods/$1/$3 /mnt && exec sleep 1000000"' pod "$1" "$(scope_of "$1")" "$volume" </dev/null 2>/run/log.pod &
  until_so 20 grep -q ' /mnt ' "/proc/$(first_of "$1")/mountinfo"
  ip link add "out$2" type veth peer name eth0 netns "$(first_of "$1")" && ip addr add "10.77.$2.1/24" dev "out$2" && ip link set "out$2" up
  in_net "$1" sh -c "ip link set lo up; ip link set eth0 up; ip addr add 10.77.$2.2/24 dev eth0; ip route add default via 10.77.$2.1"
}
first_of() { head -n 1 "$(scope_of "$1")/cgroup.procs"; }
in_net() { uid=$1; shift; nsenter -t "$(first_of "$uid")" -n "$@"; }
mkdir -p "$own" && pod $a 1 && pod $b 2 && pod $c 3 && pod $d 4 && pod $e 5 && pod $f 6

# order KIND: what its injector is told, in words.
order() {
  case $1 in
    memory) set -- FAULTLINE_ACTION=stress-memory FAULTLINE_AMOUNT=64 ;;
    disk) set -- FAULTLINE_ACTION=fill-disk FAULTLINE_AMOUNT=20 FAULTLINE_PATH=/mnt ;;
    latency) set -- FAULTLINE_ACTION=degrade-network FAULTLINE_DELAY_MS=200 FAULTLINE_NEED_TRAFFIC=0 ;;
    cpu) set -- FAULTLINE_ACTION=stress-cpu FAULTLINE_AMOUNT=1 ;;
    cut) set -- FAULTLINE_ACTION=cut-network FAULTLINE_NEED_TRAFFIC=0 ;;
    kill) set -- FAULTLINE_ACTION=kill FAULTLINE_SIGNAL=KILL ;;
    crashloop) set -- FAULTLINE_ACTION=crashloop ;;
    rate) set -- FAULTLINE_ACTION=limit-network FAULTLINE_AMOUNT=2000 FAULTLINE_NEED_TRAFFIC=0 ;;
    load) set -- FAULTLINE_ACTION=load-network FAULTLINE_AMOUNT=100 ;;
  esac
  echo "$*"
}
target_of() {
  case $1 in cpu | cut) echo $b ;; kill) echo $c ;; crashloop) echo $d ;; rate) echo $e ;; load) echo $f ;; *) echo $a ;; esac
}

# role NAME KIND [MORE]: one container of that kind's injector.
role() {
  what=$1 kind=$2
  shift 2
  mkdir -p "$own/$kind-$what.scope"
  # shellcheck disable=SC2016,SC2046 # its own parameters; words
  env $(order "$kind") "FAULTLINE_ROLE=$what" "FAULTLINE_TAG=t-$kind" "FAULTLINE_BOOT_ID=$planned_under" "FAULTLINE_ENDS_AT=$(($(date +%s) + 900))" \
    "FAULTLINE_APPLY_BY=$(($(date +%s) + 900))" "FAULTLINE_TARGETS=$(target_of "$kind") $id ns/$kind/main" "$@" \
    sh -c 'echo 0 >"$1/cgroup.procs" && exec unshare --mount sh -c "mount -t tmpfs tmpfs /tmp && exec sh -c \"\$(cat /run/injector.sh)\""' \
    role "$own/$kind-$what.scope" >"/run/log.$kind.$what" 2>&1 </dev/null &
}

# What kills has nothing to undo.
has_no_twin() { [ "$1" = kill ]; }

look() {
  MEMORY=$(($(cat "$(scope_of $a)/memory.current") / 1048576)) DISK=$(df -m --output=used /run/kubelet | tail -n 1)
  used=$(awk '$1 == "usage_usec" { print $2 }' "$(scope_of $b)/cpu.stat")
  sleep 2
  CPU=$((($(awk '$1 == "usage_usec" { print $2 }' "$(scope_of $b)/cpu.stat") - used) / 2000))
  TRIP=$(ping -q -n -c 5 -i 0.2 -W 2 10.77.1.2 | sed -n 's#^rtt.* = [^/]*/\([0-9]*\)[./].*#\1#p')
  CUT=$(ping -q -n -c 3 -i 0.2 -W 1 10.77.2.2 | sed -n 's#.* \([0-9.]*\)% packet loss.*#\1#p')
  ALIVE=$(awk '$1 == "populated" { sum += $2 } END { print sum }' "$(scope_of $c)/cgroup.events" "$(scope_of $d)/cgroup.events")
  RATES=$(in_net $e tc qdisc show dev eth0 | grep -c tbf)
  sent=$(cat /sys/class/net/out6/statistics/rx_bytes)
  sleep 2
  LOAD=$((($(cat /sys/class/net/out6/statistics/rx_bytes) - sent) * 8 / 2000))
  echo "      memory $MEMORY MiB, disk $DISK MiB, CPU $CPU thousandths, round trip ${TRIP:-0} ms, lost ${CUT:-100} %, third and fourth container alive: $ALIVE, rates $RATES, load $LOAD kbit/s"
}
left() {
  grep -ls FAULTLINE_STRESS= /proc/[0-9]*/environ
  find /run/kubelet -name '.faultline*'
  for one in $a $b $e $f; do in_net "$one" sh -c 'iptables-nft-save; tc qdisc show dev eth0' 2>/dev/null | grep -e FLT -e netem -e tbf; done
}

if [ "$boots" = 1 ]; then
  look
  echo "$DISK" >/run/kubelet/disk-before
  # One after the other: an emulated processor has not the time for all at once.
  for kind in $kinds; do
    has_no_twin $kind || role twin $kind
    role main $kind
    until_so 90 grep -q '"phase":"\(bite\|error\)"' "/run/log.$kind.main"
    must "$kind bites before the reset" "$(says "/run/log.$kind.main" '"phase":"bite","ok":true') == 1"
    tell "/run/log.$kind.main"
  done
  must 'how long the container waited for a CPU is told (PSI)' "$(says /run/log.cpu.main '"name":"cpu pressure"') == 1"
  look
  must 'seen from outside' "$MEMORY > 55 && $DISK >= $(cat /run/kubelet/disk-before) + 19 && $CPU > 200 && ${TRIP:-0} > 150 && ${CUT:-100} == 100 && $ALIVE == 0 && $RATES == 1 && $LOAD > 50"
  [ "$failed" -eq 0 ] || { report; exit 1; }
  sync
  # At once, without a word to any process: what is in force stays so until the power is off.
  echo 1 >/proc/sys/kernel/sysrq && echo b >/proc/sysrq-trigger
  sleep 60
  exit 1
fi

must 'the machine was booted anew' "$(says /run/kubelet/planned-under "$boot") == 0"
for kind in $kinds; do has_no_twin $kind || role twin $kind; role main $kind; mains="${mains-} $!"; done
# shellcheck disable=SC2086 # words
wait $mains
look
must 'nothing is applied again' "$MEMORY < 20 && $CPU < 100 && ${TRIP:-999} < 60 && ${CUT:-100} == 0 && $ALIVE == 2 && $RATES == 0 && $LOAD < 30"
must 'the disk is as it was before all' "$DISK <= $(cat /run/kubelet/disk-before) + 1"
for kind in $kinds; do
  must "$kind: told as not carried out, because of the boot" "$(says "/run/log.$kind.main" 'the node was booted anew since the plan: only cleaned') && !$(says "/run/log.$kind.main" '"phase":"bite"')"
  role check $kind "$(order $kind | sed 's/FAULTLINE_ACTION=\([a-z-]*\).*/FAULTLINE_OF=\1/')" FAULTLINE_ACTION=check
  wait $!
  must "$kind: a check finds nothing" "$(says "/run/log.$kind.check" '"phase":"residue","ok":true') && !$(says "/run/log.$kind.check" 'left behind')"
done
found=$(left)
must 'nothing is left' "$(printf '%s' "$found" | grep -c .) == 0"
[ -z "$found" ] || echo "$found"
report
