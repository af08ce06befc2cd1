# shellcheck shell=dash
# Rules in the target's network namespace: two chains of our own, reached by tagged jumps that expire in the kernel, with IPv4 and
# IPv6, nft or legacy, whichever this kernel has. They match packets, not connections: established ones are cut as well. They stand in
# the mangle table, before any nat: a mesh's redirect changes the ports, and what it sends on to itself never meets a filter.

# More rules than so many are slower than one set, packet by packet.
MANY_CIDRS=64

# Where packets that come and packets that go are met with the ports that their senders wrote.
HOOKS_IN=PREROUTING
HOOKS_OUT='OUTPUT FORWARD'

# Our own probes are dropped by rules of their own, and counted apart: pings by their type of service (unless this kernel cannot match
# that: then all pings are taken for ours), connections by the port they come from.
PROBE_TOS=0x0c
PROBE_PORTS=64990:64999

# probe_match FAMILY: of pings.
probe_match() {
  if [ "$PROBES_BY" = tos ]; then
    printf '%s' "-m tos --tos $PROBE_TOS"
  elif [ "$1" = 4 ]; then
    printf '%s' '-p icmp'
  else
    printf '%s' '-p ipv6-icmp'
  fi
}

chain_in() { printf 'FLTI-%s' "$SUM"; }
chain_out() { printf 'FLTO-%s' "$SUM"; }

# The kinds of iptables that are here, newest first, for family 4 or 6.
kinds() {
  local base=iptables kind found=''
  [ "$1" = 4 ] || base=ip6tables
  for kind in "$base-nft" "$base-legacy"; do command -v "$kind" >/dev/null 2>&1 && found="$found $kind"; done
  printf '%s' "${found:-$base}"
}

# of_family 4|6 LIST: the members of a list that are of that family.
of_family() {
  local pattern=-v
  [ "$1" = 4 ] || pattern=-e
  printf '%s' "$2" | tr ', ' '\n\n' | grep -v '^$' | grep "$pattern" :
}

# Does the target speak IPv6 at all? (fd 9)
has_ipv6() { [ -n "$(inside "$IP" -o -6 addr show scope global 2>/dev/null)" ]; }

until_stamp() { date -u -d "@$ENDS_AT" +%Y-%m-%dT%H:%M:%S; }

# rules FAMILY DIRECTION MATCH PORTS: the text for iptables-restore. MATCH is put before each verdict.
rules() {
  local family=$1 direction=$2 match=$3 ports=$4 expiry keep cidrs in out type hook
  in=$(chain_in) out=$(chain_out)
  expiry="-m comment --comment \"faultline $TAG\" -m time --datestop $(until_stamp)"
  keep=$(of_family "$family" "$KEEP") cidrs=$(of_family "$family" "${N_ONLY:-$CIDRS}")
  printf '*mangle\n:%s - [0:0]\n:%s - [0:0]\n' "$in" "$out"
  printf '%s\n' "-A $in -i lo -j RETURN" "-A $out -o lo -j RETURN"
  if [ "$family" = 6 ]; then
    for type in 133 134 135 136; do
      printf '%s\n' "-A $in -p ipv6-icmp -m icmp6 --icmpv6-type $type -j RETURN" "-A $out -p ipv6-icmp -m icmp6 --icmpv6-type $type -j RETURN"
    done
  fi
  set -f
  for type in $keep; do printf '%s\n' "-A $in -s $type -j RETURN" "-A $out -d $type -j RETURN"; done
  verdicts "$family" "$in" s "$cidrs" "$ports" "$match $expiry"
  verdicts "$family" "$out" d "$cidrs" "$ports" "$match $expiry"
  set +f
  [ "$direction" = out ] || for hook in $HOOKS_IN; do printf '%s\n' "-I $hook 1 $expiry -j $in"; done
  [ "$direction" = in ] || for hook in $HOOKS_OUT; do printf '%s\n' "-I $hook 1 $expiry -j $out"; done
  printf 'COMMIT\n'
}

# verdicts FAMILY CHAIN s|d CIDRS PORTS MATCH: one DROP for each peer (or the set of them) and port.
verdicts() {
  local chain=$2 side=$3 match=$6 peer port peers='' protocol
  if use_set "$1" "$4"; then
    peers="-m set --match-set $(set_name "$1") $([ "$side" = s ] && echo src || echo dst)"
    verdict "$chain" "$peers" "$5" "$match"
  elif [ -n "$4" ]; then
    for peer in $4; do verdict "$chain" "-$side $peer" "$5" "$match"; done
  else
    verdict "$chain" '' "$5" "$match"
  fi
}

# verdict CHAIN PEER PORTS MATCH: for our own probes (known by the comment), then for everybody.
verdict() {
  local port protocol protocols range chain=$1 match=$4
  [ -n "$3" ] || { probe_verdict "$1" "$2 $(probe_match "$family")"; printf '%s\n' "-A $1 $2 $4 -j DROP"; return; }
  for port in $(printf '%s' "$3" | tr ', ' '\n\n'); do
    protocols='tcp udp' range=${port%/*}
    case $port in */*) protocols=${port#*/} ;; esac
    for protocol in $protocols; do
      if [ "$protocol" = udp ]; then
        :
      elif [ "$chain" = "$(chain_in)" ]; then
        probe_verdict "$1" "$2 -p tcp -m tcp --sport $range --dport $PROBE_PORTS"
      else
        probe_verdict "$1" "$2 -p tcp -m tcp --sport $PROBE_PORTS --dport $range"
      fi
      printf '%s\n' "-A $1 $2 -p $protocol -m $protocol --dport $range $4 -j DROP" "-A $1 $2 -p $protocol -m $protocol --sport $range $4 -j DROP"
    done
  done
}

# probe_verdict CHAIN PROBES: where chance or a rate decides, it decides once; what passes does not meet the rule for everybody as well.
probe_verdict() {
  local probe=${match%\" -m time*}
  printf '%s\n' "-A $1 $2 $probe probe\" -m time${match#*\" -m time} -j DROP"
  case $match in ' '*) ;; *) printf '%s\n' "-A $1 $2 -j RETURN" ;; esac
}

set_name() { printf 'FLT%s-%s' "$1" "$SUM"; }

# Many peers go into one set, whose members expire by themselves; made by make_set before the rules.
use_set() { [ "$(printf '%s\n' "$2" | grep -c .)" -gt $MANY_CIDRS ] && [ -e "$WORK/set.$N.$1" ]; }

make_set() {
  local family=inet name left
  [ "$1" = 4 ] || family=inet6
  name=$(set_name "$1")
  uptime_cs
  left=$(((END_CS - CS) / 100 + 1))
  rm -f "$WORK/set.$N.$1"
  of_family "$1" "${N_ONLY:-$CIDRS}" >"$WORK/cidrs.$N"
  [ "$(grep -c . "$WORK/cidrs.$N")" -gt $MANY_CIDRS ] || return 0
  {
    printf 'create %s hash:net family %s timeout %s maxelem 1000000\n' "$name" "$family" "$left"
    sed "s/.*/add $name & -exist/" "$WORK/cidrs.$N"
  } | inside ipset restore 2>"$WORK/set.error" && : >"$WORK/set.$N.$1" || inside ipset destroy "$name" 2>/dev/null || true
}

# netfilter DIRECTION MATCH PORTS: puts the rules into the current target's namespace, one transaction for each family. Needs fd 9.
netfilter() {
  local family kind done_with='' listed
  listed=${N_ONLY:-$CIDRS}
  for family in 4 6; do
    [ "$family" = 4 ] || has_ipv6 || continue
    [ -z "$listed" ] || [ -n "$(of_family "$family" "$listed")" ] || continue
    make_set "$family"
    done_with=''
    for kind in $(kinds "$family"); do
      restore_rules "$kind" "$family" "$@" && done_with=$kind && break
    done
    [ -n "$done_with" ] || { netfilter_remove; return 1; }
    put KIND "$N" "$done_with"
  done
  [ -n "$done_with" ] || { WHY="none of the CIDRs is of a family that pod $N_PLACE speaks"; return 1; }
}

# restore_rules KIND FAMILY DIRECTION MATCH PORTS: fails with WHY.
restore_rules() {
  local kind=$1
  shift
  for PROBES_BY in tos ping; do
    rules "$@" >"$WORK/rules.$N" || return 1
    inside "$kind-restore" -w 5 --noflush <"$WORK/rules.$N" 2>"$WORK/error.$N" && return 0
  done
  WHY="$kind-restore: $(tr '\n' ' ' <"$WORK/error.$N")"
  return 1
}

# saved KIND [OPTIONS]: its mangle table; a look makes no legacy table where there is none yet.
saved() {
  local kind=$1 names=/proc/self/net/ip_tables_names
  shift
  case $kind in
    ip6*-legacy) names=/proc/self/net/ip6_tables_names ;;
    *-legacy) ;;
    *) names='' ;;
  esac
  [ -z "$names" ] || inside grep -qs '^mangle$' "$names" || return 0
  inside "$kind-save" -t mangle "$@" 2>/dev/null
}

# Takes our jumps and chains out of every kind of table. Needs fd 9.
netfilter_remove() {
  local family kind set_here undo
  for family in 4 6; do
    for kind in $(kinds "$family"); do
      undo=$(saved "$kind" | awk -v i="$(chain_in)" -v o="$(chain_out)" '
        $1 == ":" i || $1 == ":" o { ours[substr($1, 2)] }
        $1 == "-A" && $2 != i && $2 != o && ($NF == i || $NF == o) { sub(/^-A/, "-D"); jump[++n] = $0 }
        END {
          for (c in ours) some = 1
          if (!some) exit
          print "*mangle"
          for (k = 1; k <= n; k++) print jump[k]
          for (c in ours) print "-F " c
          for (c in ours) print "-X " c
          print "COMMIT"
        }')
      [ -z "$undo" ] || printf '%s\n' "$undo" | inside "$kind-restore" -w 5 --noflush 2>/dev/null || true
    done
    set_here=$(set_name "$family")
    inside ipset list -n 2>/dev/null | grep -qxF "$set_here" && inside ipset destroy "$set_here" 2>/dev/null
  done
  return 0
}

# What is left of ours there, in words. Needs fd 9.
netfilter_left() {
  local family kind
  for family in 4 6; do
    for kind in $(kinds "$family"); do
      saved "$kind" | grep -qF -e "$(chain_in)" -e "$(chain_out)" && printf '%s rules, ' "$kind"
    done
    inside ipset list -n 2>/dev/null | grep -qxF "$(set_name "$family")" && printf 'set %s, ' "$(set_name "$family")"
  done
  return 0
}

# dropped: sets DROPPED (packets of others that our DROP rules took), PROBES (our own), RULES (jumps to our chains that stand). Needs fd 9.
dropped() {
  local family kind
  # shellcheck disable=SC2046 # three numbers
  set -- $(
    for family in 4 6; do
      for kind in $(kinds "$family"); do saved "$kind" -c; done
    done | awk -v i="$(chain_in)" -v o="$(chain_out)" '
      $2 == "-A" && ($3 == i || $3 == o) && $NF == "DROP" {
        split(substr($1, 2), n, ":")
        if (index($0, " probe\"")) probes += n[1]; else sum += n[1]
      }
      $2 == "-A" && ($NF == i || $NF == o) { jumps++ }
      END { printf "%d %d %d", sum, probes, jumps }'
  )
  DROPPED=$1 PROBES=$2 RULES=$3
}
