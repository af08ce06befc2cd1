#!/bin/sh
# Inside the virtual machine (test/vm/run.sh): the injector's script on a cgroup v2 tree as systemd, the kubelet, containerd and CRI-O
# make one: memory, CPU and disk of two pods at once, measured from outside (memory.current, cpu.stat, df), undone by the side that is left
# of those who can: at TERM, by the twin, or by the watcher. Names as arguments choose; none: all.
set -u
wanted=" $* "
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=test/vm/support.sh
. test/vm/support.sh
top=/sys/fs/cgroup/kubepods.slice
burstable=$top/kubepods-burstable.slice besteffort=$top/kubepods-besteffort.slice
own=$besteffort/kubepods-besteffort-pod7d5b8b4e_1d0a_4c55_9a0e_3c8f0c6d2b11.slice
containerd=5e8a1c3d-7b2f-4d6e-9a01-c4d5e6f70812 crio=9e0c1f7a-52d4-4b0e-8a6f-0d9b8c7e6f51
containerd_id=$(printf 'a1%.0s' $(seq 32)) crio_id=$(printf 'cd%.0s' $(seq 32)) sandbox_id=$(printf '9f%.0s' $(seq 32))
slice_of() { echo "$burstable/kubepods-burstable-pod$(echo "$1" | tr - _).slice"; }
containerd_scope=$(slice_of $containerd)/cri-containerd-$containerd_id.scope crio_scope=$(slice_of $crio)/crio-$crio_id.scope
volume='volumes/kubernetes.io~empty-dir/e'

# The node: cgroups as its systemd makes them, the kubelet's directory on ext4, a volume in memory for the second pod.
mkdir -p "$burstable" "$own" "$containerd_scope" "$crio_scope/container"
for dir in /sys/fs/cgroup $top $burstable $besteffort "$own" "$(slice_of $containerd)" "$(slice_of $crio)" "$crio_scope"; do
  echo '+memory +cpu +cpuset +pids' >"$dir/cgroup.subtree_control" || exit 1
done
echo $((128 * 1048576)) >"$crio_scope/memory.max" && echo '40000 100000' >"$crio_scope/cpu.max"
modprobe loop && truncate -s 256M /run/disk && mkfs.ext4 -q /run/disk && mkdir -p /run/kubelet && mount -o loop /run/disk /run/kubelet || exit 1
mkdir -p /run/kubelet/pods/$containerd/$volume /run/kubelet/pods/$crio/$volume
mount -t tmpfs -o size=100M tmpfs /run/kubelet/pods/$crio/$volume || exit 1

# process UID DIR: in that cgroup, with namespaces of its own as a runtime makes them: first process of its container.
process() {
  mkdir -p "$2"
  # shellcheck disable=SC2016 # its own parameters
  unshare --net --pid --fork --mount sh -c 'echo 0 >"$2/cgroup.procs" && exec unshare --cgroup sh -c "
    mount -t proc proc /proc && mount --bind /run/kubelet/pods/$1/$3 /mnt && exec sleep 1000000"' process "$1" "$2" "$volume" </dev/null 2>/run/log.process &
}
process $containerd "$containerd_scope"
process $containerd "$(slice_of $containerd)/cri-containerd-$sandbox_id.scope"
process $crio "$crio_scope/container"
process $crio "$(slice_of $crio)/crio-$sandbox_id.scope"
process $crio "$(slice_of $crio)/crio-conmon-$crio_id.scope"

# role NAME: one container of the injector's pod, in a cgroup and (as far as it matters) namespaces of its own.
role() {
  mkdir -p "$own/cri-containerd-$1.scope"
  # shellcheck disable=SC2016 # its own parameters
  env "FAULTLINE_ROLE=$1" sh -c 'echo 0 >"$1/cgroup.procs" && exec unshare --mount $2 sh -c "mount -t tmpfs tmpfs /tmp && exec sh -c \"\$(cat /run/injector.sh)\""' \
    role "$own/cri-containerd-$1.scope" "$cgroups" >"$log.$1" 2>&1 </dev/null &
}

memory() { echo $(($(cat "$2/memory.current") / 1024)); }
disk() { df -k --output=used "/run/kubelet/pods/$1/$volume" | tail -n 1; }
cpu() {
  used=$(awk '$1 == "usage_usec" { print $2 }' "$2/cpu.stat") from=$(date +%s%N)
  sleep 1
  echo $((($(awk '$1 == "usage_usec" { print $2 }' "$2/cpu.stat") - used) * 1000000 / ($(date +%s%N) - from)))
}
kills() { awk '$1 == "populated" { print 1 - $2 }' "$2/cgroup.events"; }

# look WHAT: sets SEEN_CONTAINERD, SEEN_CRIO: KiB, thousandths of a core, or killed containers.
look() { SEEN_CONTAINERD=$("$1" $containerd "$containerd_scope") SEEN_CRIO=$("$1" $crio "$crio_scope"); }

# left: whatever an injector may leave, in words.
left() {
  grep -ls FAULTLINE_STRESS= /proc/[0-9]*/environ
  find /run/kubelet/pods -name '.faultline*'
  ls -d /run/faultline/*/"t-$name" 2>/dev/null
  cat "$own"/*/cgroup.procs
}

is_undone() { [ -e "$(echo /run/faultline/*/"t-$name/undone")" ]; }
signed() { cut -d ' ' -f 1 /run/faultline/*/"t-$name/$1"; }

# end HOW: TERM for all, as the kubelet sends it; or SIGKILL for all but the twin, or for both containers (by cgroup, as a runtime does).
end() {
  case $1 in
    term) kill -TERM "$(signed main)" ;;
    twin) kill -KILL "$(signed main)" "$(signed warden)" ;;
    watcher) for scope in "$own"/*.scope; do echo 1 >"$scope/cgroup.kill"; done ;;
  esac
}

# try NAME WHAT HOW MORE LESS NAME=VALUE …: WHAT is looked at, and differs while it bites by MORE and again by at most LESS after it
# ("containerd crio" each: "LOW-HIGH LOW-HIGH" and one figure). HOW it ends.
try() {
  name=$1 what=$2 how=$3 range=$4 less=$5
  shift 5
  chosen "$name" || return
  log=/run/log.$name
  export FAULTLINE_TAG="t-$name" FAULTLINE_ENDS_AT=$(($(date +%s) + 300)) FAULTLINE_APPLY_BY=$(($(date +%s) + 300)) FAULTLINE_TARGETS="$containerd $containerd_id ns/a/main
$crio $crio_id ns/b/main"
  look "$what"
  first_containerd=$SEEN_CONTAINERD first_crio=$SEEN_CRIO
  for one in "$@"; do export "${one?}"; done
  role twin
  role main
  injector=$!
  until_so 60 grep_twice '"phase":"\(bite\|error\)"' "$log.main"
  look "$what"
  must "$name: containerd, seen from outside" "$(within "${range% *}" $((SEEN_CONTAINERD - first_containerd)))"
  must "$name: CRI-O, seen from outside" "$(within "${range#* }" $((SEEN_CRIO - first_crio)))"
  must "$name: told as a bite of both" "$(grep -c '"phase":"bite","ok":true' "$log.main") == 2"
  end "$how"
  until_so 60 is_undone
  wait "$injector"
  case $how in
    term) must "$name: told as undone" "$(grep -c '"phase":"undone","ok":true' "$log.main") == 2" ;;
    twin) must "$name: the twin tells it as undone" "$(grep -c '"phase":"undone","ok":true.*the injector died' "$log.twin") == 2" ;;
  esac
  prove "$@"
}

prove() {
  if [ "$what" != kills ]; then
    look "$what"
    must "$name: containerd, as before" "$((SEEN_CONTAINERD - first_containerd)) < $less"
    must "$name: CRI-O, as before" "$((SEEN_CRIO - first_crio)) < $less"
  fi
  (export FAULTLINE_OF=$FAULTLINE_ACTION FAULTLINE_ACTION=check && role check && wait $!)
  must "$name: a check finds nothing" "$(grep -c '"phase":"residue","ok":true' "$log.check") == 2 && $(says "$log.check" 'left behind') == 0"
  found=$(left)
  must "$name: nothing is left" "$(printf '%s' "$found" | grep -c .) == 0"
  [ -z "$found" ] || echo "$found"
  for one in "$@"; do unset "${one%%=*}"; done
  tell "$log.main" "$log.twin"
  took "$name"
}

grep_twice() { [ "$(grep -c "$1" "$2")" -ge 2 ]; }
# within LOW-HIGH FIGURE: a condition.
within() { echo "$2 >= ${1%-*} && $2 <= ${1#*-}"; }

until_so 20 grep -q ' /mnt ' "/proc/$(head -n 1 "$crio_scope/container/cgroup.procs")/mountinfo"
cgroups=''
# 64 MiB; 75 % of 128 MiB.
try memory memory twin '60000-80000 80000-99000' 6000 FAULTLINE_ACTION=stress-memory FAULTLINE_AMOUNT=64 FAULTLINE_PERCENT=75
try disk disk twin '20000-21000 20000-21000' 300 FAULTLINE_ACTION=fill-disk FAULTLINE_AMOUNT=20 FAULTLINE_PATH=/mnt
# From here on the injector's containers have cgroup namespaces of their own.
cgroups=--cgroup
throttled=$(awk '$1 == "nr_throttled" { print $2 }' "$crio_scope/cpu.stat")
try cpu cpu watcher '300-1100 200-480' 100 FAULTLINE_ACTION=stress-cpu FAULTLINE_AMOUNT=1
! chosen cpu || must 'cpu: CRI-O, held by its own limit' "$(awk '$1 == "nr_throttled" { print $2 }' "$crio_scope/cpu.stat") > $throttled"
try memory-term memory term '60000-80000 80000-99000' 6000 FAULTLINE_ACTION=stress-memory FAULTLINE_AMOUNT=64 FAULTLINE_PERCENT=75
try cpu-term cpu term '300-1100 200-480' 100 FAULTLINE_ACTION=stress-cpu FAULTLINE_AMOUNT=1
try disk-term disk term '20000-21000 20000-21000' 300 FAULTLINE_ACTION=fill-disk FAULTLINE_AMOUNT=20 FAULTLINE_PATH=/mnt
try kill kills term '1-1 1-1' 0 FAULTLINE_ACTION=kill FAULTLINE_SIGNAL=KILL
report
