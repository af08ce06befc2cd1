/** Where an API server answers everyone: an address from inside any pod, for DNS and for the canary. */
const wellKnownName = 'kubernetes.default.svc'

/** The injector's tools, as deploy/injector/Dockerfile makes sure of them; `iptables` stands for one of its kinds. */
export const injectorTools = [
  ...['sh', 'awk', 'sed', 'grep', 'dd', 'stat', 'timeout', 'cksum', 'mkfifo', 'nsenter', 'fallocate'],
  ...['ip', 'ss', 'tc', 'ping', 'curl', 'ipset', 'iptables'],
  ...['setpriv', 'conntrack', 'dnsdist', 'drill', 'haproxy'],
] as const

/** Tools that images of earlier versions have not got, and what cannot be had without them. */
export const laterTools: Readonly<Record<string, string>> = {
  setpriv: 'dns_failure and http_fault',
  conntrack: 'dns_failure and http_fault',
  dnsdist: 'dns_failure',
  drill: 'dns_failure',
  haproxy: 'http_fault',
}

/**
 * What the injector's image looks at on a node: it changes nothing there (qdiscs, sets and rules are tried in an empty network namespace), and
 * prints lines `look NAME STATE TEXT`, STATE being yes, no or unknown. At the end it asks the API server once a second until it is ended:
 * `way` says whether that goes through, for the canary of network policies, and `clock` what time it is here.
 */
export const lookScript = `
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH LC_ALL=C
trap 'exit 0' TERM INT

# say NAME STATE TEXT: in one line
say() {
  printf 'look %s %s %s\\n' "$1" "$2" "$(printf '%s' "$3" | tr '\\n\\r\\t' '   ' | cut -c 1-200)"
}

# have TOOL: in PATH; by path, as a shell may have an applet of that name
have() {
  have_ifs=$IFS
  IFS=:
  for dir in $PATH; do
    if [ -x "$dir/$1" ]; then IFS=$have_ifs; return 0; fi
  done
  IFS=$have_ifs
  return 1
}

# sets iptables to the first of its kinds that is here
find_iptables() {
  for iptables in iptables-nft iptables-legacy iptables; do have "$iptables" && return 0; done
  return 1
}

look_for_tools() {
  missing=
  for tool in $FAULTLINE_TOOLS; do
    case $tool in
      iptables) find_iptables || missing="$missing $tool" ;;
      *) have "$tool" || missing="$missing $tool" ;;
    esac
  done
  if [ -z "$missing" ]; then say tools yes ''; else say tools no "\${missing# }"; fi
}

# try NAME TOOL ARGUMENT...: in an empty network namespace
try() {
  name=$1
  shift
  if ! have unshare || ! have "$1"; then say "$name" unknown "the image has no $1 or no unshare"; return; fi
  if words=$(unshare --net -- "$@" 2>&1); then say "$name" yes ''; else say "$name" no "$words"; fi
}

look_at_kernel() {
  try netem tc qdisc add dev lo root netem delay 1ms
  try tbf tc qdisc add dev lo root tbf rate 1mbit burst 32kbit latency 50ms
  try ipset ipset create faultline hash:ip timeout 5
  find_iptables
  try netfilter "$iptables" -t mangle -A OUTPUT -m time --datestop 2000-01-01T00:00:00 -m comment --comment faultline -j DROP
}

look_at_cgroups() {
  root=/proc/1/root/sys/fs/cgroup
  if [ -r "$root/cgroup.controllers" ]; then
    say cgroup yes v2
    read -r controllers <"$root/cgroup.controllers"
    case " $controllers " in *' io '*) say io yes io.max ;; *) say io no "controllers: $controllers" ;; esac
  elif [ -d "$root/memory" ]; then
    say cgroup yes v1
    if [ -e "$root/blkio/blkio.throttle.write_bps_device" ]; then say io yes blkio.throttle; else say io no 'no blkio.throttle'; fi
  else
    say cgroup unknown "no cgroup file system at $root"
  fi
}

look_up_name() {
  if ! have getent; then say dns unknown 'the image has no getent'; return; fi
  if address=$(timeout 8 getent hosts ${wellKnownName}); then say dns yes "$address"; else say dns no 'no answer for ${wellKnownName}'; fi
}

tell_time() {
  stamp=$(date +%s%3N 2>/dev/null)
  [ "\${#stamp}" -eq 13 ] || stamp=$(date +%s)000
  say clock yes "$stamp"
}

# Any answer is one: the canary's question is whether the connection comes about.
ask_api_server() {
  curl --insecure --silent --output /dev/null --connect-timeout 2 --max-time 3 \\
    "https://$host:$KUBERNETES_SERVICE_PORT/version"
  case $? in
    0 | 35 | 52 | 56 | 60) way=yes ;;
    7 | 28) way=no ;;
    *) way=unknown ;;
  esac
}

host=$KUBERNETES_SERVICE_HOST
case $host in *:*) host="[$host]" ;; esac
look_for_tools
if [ -d /proc/1/root/run ]; then say host yes ''; else say host no '/proc/1/root/run is not there'; fi
look_at_kernel
look_at_cgroups
look_up_name
have curl || say way unknown 'the image has no curl'
while :; do
  tell_time
  if have curl; then
    ask_api_server
    say way "$way" "$host:$KUBERNETES_SERVICE_PORT"
  fi
  sleep 1 &
  wait $!
done
`.trim()
