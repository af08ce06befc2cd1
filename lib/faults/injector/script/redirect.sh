# shellcheck shell=dash
# New flows of the target that a program of ours answers in another's place: one chain of our own in the nat table of the target's network
# namespace, reached by tagged jumps that expire in the kernel, with IPv4 and IPv6, nft or legacy. The program runs in that namespace, too.

# Who our programs there are for the kernel, so that what they send is not sent back to them. No account of Debian or Kubernetes.
SERVANT=65213

# Where such a program listens on the target's loopback: the first free port of these.
SERVANT_PORTS='25353 25354 25355 25356 25357 25358 25359 25360'

# Meshes that take over a pod's own connections: the chain by which each is known, and the user of its proxy.
MESHES='ISTIO_OUTPUT:1337 PROXY_INIT_OUTPUT:2102'

chain_to() { printf 'FLTR-%s' "$SUM"; }

# nat_kinds 4|6: where the pod has a legacy nat table, rules of the other kind would come too late.
nat_kinds() {
  local names=/proc/self/net/ip_tables_names kind later=''
  [ "$1" = 4 ] || names=/proc/self/net/ip6_tables_names
  if inside grep -qs '^nat$' "$names"; then
    for kind in $(kinds "$1"); do
      case $kind in *-legacy) printf '%s ' "$kind" ;; *) later="$later $kind" ;; esac
    done
    printf '%s' "$later"
  else
    kinds "$1"
  fi
}

# saved_nat KIND: as `saved`, of the nat table.
saved_nat() {
  local names=/proc/self/net/ip_tables_names
  case $1 in
    ip6*-legacy) names=/proc/self/net/ip6_tables_names ;;
    *-legacy) ;;
    *) names='' ;;
  esac
  [ -z "$names" ] || inside grep -qs '^nat$' "$names" || return 0
  inside "$1-save" -t nat 2>/dev/null
}

# Sets MESH: users of the mesh's proxies in the target's network; what they ask is the mesh's own. Needs fd 9.
find_mesh() {
  local one
  MESH=''
  saved_nat iptables-nft >"$WORK/nat.$N"
  saved_nat iptables-legacy >>"$WORK/nat.$N"
  for one in $MESHES; do
    ! grep -q "^:${one%:*} " "$WORK/nat.$N" || MESH="$MESH ${one#*:}"
  done
}

# Sets SERVANT_PORT. Needs fd 9.
find_servant_port() {
  for SERVANT_PORT in $SERVANT_PORTS; do
    [ -n "$(inside ss -Hlntu "sport = :$SERVANT_PORT" 2>/dev/null)" ] || return 0
  done
  WHY="none of the ports $SERVANT_PORTS is free in pod $N_PLACE"
  return 1
}

# expiry: what every rule bears.
expiry() { printf '%s' "-m comment --comment \"faultline $TAG\" -m time --datestop $(until_stamp)"; }

# spared_users: our own program and the mesh's pass. Needs MESH.
spared_users() {
  local user
  for user in $SERVANT $MESH; do printf '%s\n' "-A $(chain_to) -m owner --uid-owner $user -j RETURN"; done
}

# redirect RULES [FAMILIES]: puts in place what the function RULES prints for a family. Needs fd 9; fails with WHY.
redirect() {
  local family kind done_with
  find_mesh
  for family in ${2:-4 6}; do
    [ "$family" = 4 ] || has_ipv6 || continue
    done_with=''
    { printf '*nat\n:%s - [0:0]\n' "$(chain_to)"; "$1" "$family"; printf 'COMMIT\n'; } >"$WORK/rules.$N"
    for kind in $(nat_kinds "$family"); do
      inside "$kind-restore" -w 5 --noflush <"$WORK/rules.$N" 2>"$WORK/error.$N" && done_with=$kind && break
      WHY="$kind-restore: $(tr '\n' ' ' <"$WORK/error.$N")"
    done
    [ -n "$done_with" ] || { redirect_remove; return 1; }
  done
}

# redirect_remove: takes our chain out of every kind of table. Sets LEFT_PORTS: to where it led. Needs fd 9.
redirect_remove() {
  local family kind
  LEFT_PORTS=''
  for family in 4 6; do
    for kind in $(kinds "$family"); do
      saved_nat "$kind" >"$WORK/nat.$N"
      grep -qF "$(chain_to)" "$WORK/nat.$N" || continue
      LEFT_PORTS="$LEFT_PORTS $(sed -n "s/^-A $(chain_to) .*--to-ports \([0-9]*\).*/\1/p" "$WORK/nat.$N" | sort -u | tr '\n' ' ')"
      awk -v c="$(chain_to)" '
        BEGIN { print "*nat" }
        $1 == "-A" && $2 != c && $NF == c { sub(/^-A/, "-D"); print }
        END { print "-F " c; print "-X " c; print "COMMIT" }' "$WORK/nat.$N" | inside "$kind-restore" -w 5 --noflush 2>/dev/null || true
    done
  done
}

# forget_flows SELECTOR …: the kernel forgets how it led these, so that their next packet goes where it is addressed to, or where the rules lead
# it now: sockets that are kept for many questions would go on as before. Needs fd 9.
forget_flows() {
  inside "$CONNTRACK" -D "$@" >/dev/null 2>&1 || true
  inside "$CONNTRACK" -D -f ipv6 "$@" >/dev/null 2>&1 || true
}

# redirect_forget: flows that still lead to where our rules led.
redirect_forget() {
  local port protocol
  for port in $LEFT_PORTS; do
    for protocol in udp tcp; do forget_flows -p "$protocol" --reply-port-src "$port"; done
  done
}

# What is left of ours there, in words. Needs fd 9.
redirect_left() {
  local family kind
  for family in 4 6; do
    for kind in $(kinds "$family"); do
      ! saved_nat "$kind" | grep -qF "$(chain_to)" || printf '%s redirect, ' "$kind"
    done
  done
}

# Do the rules still lead to ours? Needs fd 9.
redirect_stands() {
  case $(redirect_left) in '') return 1 ;; esac
}

# serve COMMAND …: starts a program of ours in the target's network, as a user without any right, which ends a second after the step's end by
# itself; flows that still lead to it are forgotten then. What it says is in $WORK/served.N. Needs PID and SERVANT_PORT. Its tag comes first in its
# environment: the grep of busybox sees nothing behind a NUL.
serve() {
  local left
  uptime_cs
  left=$(((END_CS - CS) / 100 + 1))
  [ "$left" -gt 0 ] || left=1
  chmod 711 "$WORK"
  : >"$WORK/served.$N"
  # shellcheck disable=SC2016 # its own parameters
  stress '' nsenter "--net=/proc/$PID/ns/net" sh -c '
    left=$1 user=$2 port=$3 flows=$4 become=$5 said=$6; shift 6
    env -i "FAULTLINE_STRESS=$FAULTLINE_STRESS" "PATH=$PATH" timeout -s KILL "$left" "$become" --reuid "$user" --regid "$user" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@" >"$said" 2>&1
    for protocol in udp tcp; do for family in ipv4 ipv6; do "$flows" -D -f "$family" -p "$protocol" --reply-port-src "$port"; done; done' \
    serve "$left" "$SERVANT" "$SERVANT_PORT" "$CONNTRACK" "$SETPRIV" "$WORK/served.$N" "$@" || return 1
  put STRESS "$N" "$STRESSOR:$STRESSOR_START"
}

# serve_tick: a program that died must not leave its target without an answer: its rules go at once.
serve_tick() {
  get STRESS "$N"
  [ -n "$V" ] && ! stressors_alive || return 0
  get DOWN "$N"
  [ -z "$V" ] || return 0
  put DOWN "$N" yes
  undo_target
}
