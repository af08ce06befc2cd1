#!/bin/sh
# Runs a command of this checkout (default: test/vm/netem.sh) in a virtual machine with Debian's own kernel: real netem, cgroup v2,
# nf_tables. Root is this machine's files, read-only over 9p, under a tmpfs: nothing that happens in there stays. Installs nothing.
#
#   test/vm/run.sh [--kernel DIR] [COMMAND …]        DIR holds boot/vmlinuz-* and lib/modules/*: / where linux-image-amd64 is
#                                                    installed, or where `dpkg-deb -x linux-image-….deb DIR` put it
# Needs root (it reads all of this machine's files) and: apt-get install qemu-system-x86 busybox-static kmod xz-utils
# Ends with 75 when the emulator stands still: no word from it for FAULTLINE_VM_SILENCE_S seconds (300), longer than any case is silent.
# FAULTLINE_VM_DISK=64M gives it an empty disk of that size, /dev/vda, that stays when the machine is reset; the command is run after each boot.
# It emulates one processor, because several wait for ever now and then, each for an interrupt of another; FAULTLINE_VM_PROCESSORS says
# how many else (two for test/vm/cgroup.sh, whose containers share them out). FAULTLINE_VM_ACCEL=kvm is faster where /dev/kvm really works (in nested machines it may hang).
set -eu
checkout=$(cd "$(dirname "$0")/../.." && pwd)
kernel=/
while :; do
  case ${1-} in
    --kernel) kernel=${2:?--kernel needs a directory}; shift 2 ;;
    --) shift; break ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || set -- test/vm/netem.sh

fail() { echo "test:vm: $*" >&2; exit 1; }
for tool in qemu-system-x86_64 busybox modprobe depmod xz; do
  command -v "$tool" >/dev/null || fail "needs $tool: apt-get install qemu-system-x86 busybox-static kmod xz-utils"
done
[ "$(id -u)" = 0 ] || fail 'needs root'
image=$(ls -t "$kernel"/boot/vmlinuz-* 2>/dev/null | head -n 1)
[ -n "$image" ] || fail "no $kernel/boot/vmlinuz-*: apt-get install linux-image-amd64, or name an unpacked one with --kernel"
version=${image##*/vmlinuz-}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/root/modules" "$work/root/bin" "$work/modules/lib/modules"
cp -al "$kernel/lib/modules/$version" "$work/modules/lib/modules/" 2>/dev/null || cp -a "$kernel/lib/modules/$version" "$work/modules/lib/modules/"
[ -s "$work/modules/lib/modules/$version/modules.dep" ] || depmod -b "$work/modules" "$version"

# In the order in which they have to be loaded, uncompressed.
for module in virtio_pci 9pnet_virtio 9p overlay virtio-rng; do
  modprobe -d "$work/modules" -S "$version" --show-depends "$module" || fail "kernel $version has no module $module"
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$work/order"
: >"$work/root/modules/order"
while read -r file; do
  name=${file##*/}
  case $name in
    *.xz) xz -dc "$file" >"$work/root/modules/${name%.xz}" ;;
    *) cp "$file" "$work/root/modules/" ;;
  esac
  echo "${name%.xz}" >>"$work/root/modules/order"
done <"$work/order"
cp "$(command -v busybox)" "$work/root/bin/busybox"
cp "$checkout/test/vm/init.sh" "$work/root/init"
chmod 755 "$work/root/init" "$work/root/bin/busybox"
{
  printf "cd '%s'\n" "$(printf '%s' "$checkout" | sed "s/'/'\\\\''/g")"
  printf "PATH='%s'; export PATH\n" "$checkout/node_modules/.bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
  [ "${FAULTLINE_VM_ACCEL:-tcg}" != tcg ] || echo 'FAULTLINE_TEST_SLOWNESS=6; export FAULTLINE_TEST_SLOWNESS'
  for word in "$@"; do printf "'%s' " "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")"; done
  printf '\n'
} >"$work/root/command"
(cd "$work/root" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$work/initramfs"

accelerator=tcg,thread=multi,tb-size=1024 cpu=qemu64
[ "${FAULTLINE_VM_ACCEL:-tcg}" = tcg ] || accelerator=$FAULTLINE_VM_ACCEL cpu=host,arch-capabilities=off
echo "test:vm: kernel $version, $accelerator" >&2
share() { printf 'local,path=%s,mount_tag=%s,security_model=none,multidevs=remap,readonly=on' "$1" "$2"; }
disk='-no-reboot'
[ -z "${FAULTLINE_VM_DISK-}" ] || { truncate -s "$FAULTLINE_VM_DISK" "$work/disk" && disk="-drive file=$work/disk,format=raw,if=virtio"; }
: >"$work/log"
# shellcheck disable=SC2086 # words
qemu-system-x86_64 -machine q35 -accel "$accelerator" -cpu "$cpu" -smp "${FAULTLINE_VM_PROCESSORS:-1}" -m "${FAULTLINE_VM_MEMORY:-4G}" \
  -nodefaults -no-user-config -display none $disk -serial stdio -device virtio-rng-pci \
  -kernel "$image" -initrd "$work/initramfs" -append "console=ttyS0 quiet loglevel=3 panic=-1 mitigations=off nokaslr norandmaps rcupdate.rcu_expedited=1 ${FAULTLINE_VM_APPEND-}" \
  -virtfs "$(share / root)" -virtfs "$(share "$work/modules/lib/modules/$version" modules)" </dev/null >"$work/log" 2>&1 &
machine=$!
trap 'kill "$machine" 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 143' TERM INT
tail -n +1 -f --pid="$machine" "$work/log" &
while kill -0 "$machine" 2>/dev/null; do
  sleep 1
  silent=$(($(date +%s) - $(stat -c %Y "$work/log")))
  [ "$silent" -lt "${FAULTLINE_VM_SILENCE_S:-300}" ] || { echo "test:vm: no word from the virtual machine for $silent s" >&2; exit 75; }
done
wait
sed -n 's/\r$//; s/^FAULTLINE-VM-EXIT //p' "$work/log" | tail -n 1 >"$work/status"
[ -s "$work/status" ] || fail 'the virtual machine ended without a word'
exit "$(cat "$work/status")"
