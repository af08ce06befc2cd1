#!/bin/busybox sh
# First process of the virtual machine: mounts the host's files under a tmpfs, cgroup v2, and runs /command in there.
busybox=/bin/busybox
export PATH=/bin
for dir in proc sys dev lower upper root; do $busybox mkdir -p /$dir; done
$busybox mount -t proc proc /proc
$busybox mount -t sysfs sysfs /sys
$busybox mount -t devtmpfs dev /dev
while read -r module; do $busybox insmod /modules/"$module"; done </modules/order
over9p=trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro
$busybox mount -t 9p -o "$over9p" root /lower
$busybox mount -t tmpfs -o size=75% tmpfs /upper
$busybox mkdir /upper/files /upper/work
$busybox mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work overlay /root || $busybox poweroff -f

version=$($busybox uname -r)
$busybox mkdir -p /root/lib/modules/"$version"
$busybox mount -t 9p -o "$over9p" modules /root/lib/modules/"$version"
for dir in proc sys dev; do $busybox mount --move /$dir /root/$dir; done
$busybox mkdir -p /root/dev/pts /root/dev/shm
$busybox mount -t devpts devpts /root/dev/pts
$busybox mount -t tmpfs tmpfs /root/dev/shm
$busybox mount -t tmpfs -o mode=755 tmpfs /root/run
# As systemd has it: the first process in a leaf.
$busybox mount -t cgroup2 -o nsdelegate,memory_recursiveprot cgroup2 /root/sys/fs/cgroup
$busybox mkdir /root/sys/fs/cgroup/init.scope
echo 1 >/root/sys/fs/cgroup/init.scope/cgroup.procs
$busybox cp /command /root/run/command
$busybox cat >/root/run/start <<'START'
ip link set lo up
HOME=/root CI=true
export HOME CI
sh /run/command
echo "FAULTLINE-VM-EXIT $?"
busybox poweroff -f
START
exec $busybox switch_root /root /bin/sh /run/start
