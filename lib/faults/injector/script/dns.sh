# shellcheck shell=dash
# fail-dns: what the target's processes ask on port 53 goes to a resolver of ours in its network (dnsdist), which fails a share of the queries
# for some names, or all, and passes every other one on to the container's own resolvers. Answers that a process keeps are not asked for again.

# An answer that takes longer is none. KILL, as TERM is ignored in the branches that ask.
DNS_WAIT_S=1
# Questions for the figure: a share needs more of them.
DNS_QUERIES=4
DNS_QUERIES_OF_SHARE=12
# How long our resolver may take to answer its first question: it starts in some tenths of a second.
DNS_START_TRIES=50

is_answer() { case $1 in nxdomain | servfail | timeout | wrong) return 0 ;; *) return 1 ;; esac; }

# A name or a pattern with *; at the end a dot where search domains are not meant. Not * alone: no names at all mean all of them.
is_dns_name() {
  case $1 in
    *[!A-Za-z0-9._*-]* | .* | *..* | -*) return 1 ;;
    *[A-Za-z0-9]*) [ "${#1}" -le 253 ] ;;
    *) return 1 ;;
  esac || return 1
  ! printf '%s' "$1" | tr . '\n' | grep -q '.\{64\}'
}

is_ipv4() { case $1 in *:* | */*) return 1 ;; *.*.*.*) is_cidr "$1" ;; *) return 1 ;; esac; }
is_ipv6() { case $1 in */* | *.*) return 1 ;; *:*) is_cidr "$1" ;; *) return 1 ;; esac; }

dns_parameters() {
  parameter ANSWER '' is_answer
  parameter NAMES '' list is_dns_name
  parameter SHARE_PCT 100 percentage
  # Never given to anyone (RFC 5737, RFC 3849).
  parameter ADDRESS4 192.0.2.1 is_ipv4
  parameter ADDRESS6 2001:db8::1 is_ipv6
}

# dns_settings: leaves what the container's /etc/resolv.conf says, taken for what it is: a stranger's file. The kubelet gives one to every container.
dns_settings() {
  [ ! -s "$WORK/resolvers.$N" ] || return 0
  find_target || return 1
  timeout -s KILL 2 head -c 8192 "/proc/$PID/root/etc/resolv.conf" 2>/dev/null | awk -v resolvers="$WORK/resolvers.$N" -v search="$WORK/search.$N" '
    $1 == "nameserver" && $2 ~ /^[0-9a-fA-F.:]+$/ && n < 3 { n++; print $2 >resolvers }
    $1 == "search" || $1 == "domain" {
      m = 0
      for (i = 2; i <= NF && m < 32; i++) if ($i ~ /^[A-Za-z0-9._-]+$/) { sub(/\.$/, "", $i); if ($i != "") list[++m] = $i }
    }
    END { printf "" >search; for (i = 1; i <= m; i++) print list[i] >search }'
  [ -s "$WORK/resolvers.$N" ] && return 0
  WHY="container $N_NAME of $N_PLACE has no nameserver in its /etc/resolv.conf"
  return 1
}

# Is the container's own resolver in the pod itself? Then what that asks others is left alone, or it would ask itself.
is_resolved_in_pod() { grep -q -e '^127\.' -e '^::1$' "$WORK/resolvers.$N"; }

# any_of FILE|-: the members, as one regular expression.
any_of() { sed -e 's/\./\\./g' -e 's/\*/.*/g' "$@" | tr '\n' '|' | sed 's/|*$//'; }

# dns_names: those that are meant, as one regular expression: as they stand, and with the container's search domains behind them.
dns_names() {
  local plain exact behind
  plain=$(printf '%s' "$NAMES" | tr ', ' '\n\n' | grep -v -e '^$' -e '\.$' | any_of)
  exact=$(printf '%s' "$NAMES" | tr ', ' '\n\n' | sed -n 's/\.$//p' | any_of)
  behind=$(any_of "$WORK/search.$N")
  printf '^('
  [ -z "$plain" ] || printf '(%s)%s' "$plain" "${behind:+(\\.($behind))?}"
  [ -z "$plain" ] || [ -z "$exact" ] || printf '|'
  [ -z "$exact" ] || printf '(%s)' "$exact"
  printf ')$'
}

# dns_config: the resolver's own program, in Lua. It counts what it fails: apart what we asked ourselves, known by two header bits that no
# program sets together, and tells the counts as addresses of names of ours, in the order of the questions.
dns_config() {
  local one order=0 many act
  printf "setLocal('127.0.0.1:%s')\n" "$SERVANT_PORT"
  ! has_ipv6 || printf "addLocal('[::1]:%s')\n" "$SERVANT_PORT"
  many=$(grep -c . "$WORK/resolvers.$N")
  while IFS= read -r one; do
    order=$((order + 1))
    case $one in *:*) one="[$one]" ;; esac
    printf "newServer({address='%s:53', order=%s, checkInterval=5})%s\n" "$one" "$order" "$([ "$many" -gt 1 ] || printf ':setUp()')"
  done <"$WORK/resolvers.$N"
  case $ANSWER in
    nxdomain) act="DNSAction.Nxdomain, ''" ;;
    servfail) act="DNSAction.Servfail, ''" ;;
    timeout) act="DNSAction.Drop, ''" ;;
    wrong) act="DNSAction.Spoof, dq.qtype == DNSQType.AAAA and '$ADDRESS6' or '$ADDRESS4'" ;;
  esac
  cat <<LUA
setACL({'0.0.0.0/0', '::/0'})
setSecurityPollSuffix('')
setServerPolicy(firstAvailable)
setMaxUDPOutstanding(1024)
setUDPTimeout(5)
setRingBuffersSize(1, 1)
local seen = { named = 0, others = 0, ours = 0 }
local function isOurs(dq) return dq.dh:getCD() and dq.dh:getAD() end
local function asAddress(n)
  return string.format('%d.%d.%d.%d', math.floor(n / 16777216) % 256, math.floor(n / 65536) % 256, math.floor(n / 256) % 256, n % 256)
end
for name, _ in pairs(seen) do
  addAction(QNameRule(name .. '.faultline.invalid.'), LuaAction(function(dq) return DNSAction.Spoof, asAddress(seen[name]) end))
end
local meant = $(if [ -z "$NAMES" ]; then printf 'AllRule()'; else printf 'RegexRule([[%s]])' "$(dns_names)"; fi)
$([ "$ANSWER" != wrong ] || printf 'meant = AndRule({meant, OrRule({QTypeRule(DNSQType.A), QTypeRule(DNSQType.AAAA)})})')
addAction(meant, LuaAction(function(dq)
  if not isOurs(dq) then seen.named = seen.named + 1 end
  return DNSAction.None, ''
end))
addAction(AndRule({meant, ProbaRule($(calc "$SHARE_PCT / 100" 6))}), LuaAction(function(dq)
  if isOurs(dq) then seen.ours = seen.ours + 1 else seen.others = seen.others + 1 end
  return $act
end))
LUA
}

# dns_count NAME: what our resolver counted; empty where it does not answer. Needs fd 9.
dns_count() {
  inside timeout -s KILL 1 "$DRILL" -u -p "$SERVANT_PORT" @127.0.0.1 "$1.faultline.invalid" A 2>/dev/null |
    awk '$4 == "A" { n = split($5, b, "."); if (n == 4) { print ((b[1] * 256 + b[2]) * 256 + b[3]) * 256 + b[4]; exit } }'
}

# dns_rules 4|6: where the container's own resolver is in the pod, only what is asked there is ours; else whatever leaves the pod.
dns_rules() {
  local chain until protocol where=''
  chain=$(chain_to) until=$(expiry)
  spared_users
  if is_resolved_in_pod; then where='-o lo '; else printf '%s\n' "-A $chain -o lo -j RETURN"; fi
  for protocol in udp tcp; do
    printf '%s\n' "-A $chain $where-p $protocol -m $protocol --dport 53 $until -j REDIRECT --to-ports $SERVANT_PORT"
  done
  printf '%s\n' "-I OUTPUT 1 $until -j $chain"
}

dns_apply() {
  local tries=0
  find_target && dns_settings && open_network && find_servant_port || return 1
  put SERVANT_PORT "$N" "$SERVANT_PORT"
  dns_config >"$WORK/dns.$N.conf" && chmod 644 "$WORK/dns.$N.conf"
  serve "$DNSDIST" --supervised --disable-syslog -C "$WORK/dns.$N.conf" || { WHY="the resolver for $N_PLACE did not start"; return 1; }
  until [ -n "$(dns_count ours)" ]; do
    tries=$((tries + 1))
    stressors_alive && [ "$tries" -le "$DNS_START_TRIES" ] || { WHY="the resolver for $N_PLACE did not start: $(tail -n 1 "$WORK/served.$N")"; return 1; }
    sleep 0.1
  done
  redirect dns_rules || return 1
  for protocol in udp tcp; do forget_flows -p "$protocol" --orig-port-dst 53; done
}

# dns_ask SERVER NAME [TRANSPORT]: one letter of what was answered: n(xdomain), s(ervfail), t (no answer), w(rong address), a(ny other). Needs fd 9.
dns_ask() {
  inside timeout -s KILL "$DNS_WAIT_S" "$DRILL" "${3:--u}" -o CD -o AD "@$1" "$2" A 2>/dev/null | awk -v wrong="$ADDRESS4" '
    /rcode: NXDOMAIN/ { said = "n" }
    /rcode: SERVFAIL/ { said = "s" }
    /rcode: / && said == "" { said = "a" }
    $4 == "A" && $5 == wrong { said = "w" }
    END { print said == "" ? "t" : said }'
}

# Sets MEANT, OTHER: names to ask for, that the fault means and does not mean (empty: it means all).
dns_questions() {
  local svc
  svc=$(grep '^svc\.' "$WORK/search.$N" | head -n 1)
  OTHER=${svc:+kubernetes.default.$svc.}
  OTHER=${OTHER:-faultline-probe.invalid.}
  MEANT=$OTHER
  [ -n "$NAMES" ] || { OTHER=''; return 0; }
  MEANT=$(printf '%s' "$NAMES" | tr ', ' '\n\n' | grep -v '^$' | sed -e 's/\*/faultline-probe/g' -e 's/\.*$/./')
  ! printf '%s' "${OTHER%.}" | grep -qiE "$(dns_names)" || OTHER=faultline-probe.invalid.
  ! printf '%s' "${OTHER%.}" | grep -qiE "$(dns_names)" || OTHER=''
}

# dns_probe: leaves "failed asked other tcp": of the questions that are meant, and one letter each for another name and for a question by TCP.
dns_probe() {
  local server wanted one=0 all name asked=$DNS_QUERIES
  dns_settings && open_network || return 1
  dns_questions
  read_first "$WORK/resolvers.$N" || return 1
  server=$V
  [ "$SHARE_PCT" = 100 ] || asked=$DNS_QUERIES_OF_SHARE
  [ -z "$BRIEF" ] || asked=2
  wanted=$(printf '%.1s' "$ANSWER")
  all=''
  while [ "$one" -lt "$asked" ]; do
    for name in $MEANT; do
      [ "$one" -lt "$asked" ] || break
      one=$((one + 1))
      dns_ask "$server" "$name" >"$WORK/answer.$N.$one" &
      all="$all $!"
    done
  done
  printf - >"$WORK/other.$N"
  [ -z "$OTHER" ] || { dns_ask "$server" "$OTHER" >"$WORK/other.$N" & all="$all $!"; }
  dns_ask "$server" "${MEANT%%[!A-Za-z0-9._-]*}" -t >"$WORK/tcp.$N" &
  # shellcheck disable=SC2086
  wait $all $!
  one=$(cat "$WORK"/answer."$N".* | grep -c "$wanted")
  printf '%s %s %s %s\n' "$one" "$asked" "$(cat "$WORK/other.$N")" "$(cat "$WORK/tcp.$N")" >"$WORK/probe.$N"
  rm -f "$WORK"/answer."$N".* "$WORK/other.$N" "$WORK/tcp.$N"
}

# The figure is the share of our own questions for the names that are meant that fails as it is to.
dns_figure() {
  NAME='queries failed' UNIT=% VALUE='' FAILED=0 ASKED=0 SAID='' SAID_TCP=''
  { read -r FAILED ASKED SAID SAID_TCP <"$WORK/probe.$N"; } 2>/dev/null || return 1
  VALUE=$(calc "$FAILED * 100 / $ASKED")
  [ "$N_STATE" != new ] || put SAID "$N" "$SAID"
}

dns_bite() {
  local others named ours before
  open_network || { FATAL=$WHY; return 1; }
  stressors_alive || { FATAL="the resolver died: $(tail -n 1 "$WORK/served.$N")" CODE=holder_died; return 1; }
  redirect_stands || { FATAL='the rules are gone' CODE=rules_gone; return 1; }
  dns_figure || { MESSAGE='nothing could be asked'; VALUE=0; return 1; }
  get SERVANT_PORT "$N"; SERVANT_PORT=$V
  others=$(dns_count others) named=$(dns_count named) ours=$(dns_count ours)
  also 'failed queries of others' queries "$others"
  also 'named queries of others' queries "$named"
  also 'share asked' % "$SHARE_PCT"
  add FAILED_ALL "$FAILED"
  get SAID "$N"; before=$V
  MESSAGE="$FAILED of $ASKED queries of our own for these names failed ($ANSWER), by TCP $(dns_word "$SAID_TCP"); another name: $(dns_word "$before") before, $(dns_word "$SAID") now; of others' ${named:-unknown} named queries ${others:-unknown} failed"
  get FAILED_ALL "$N"
  [ "$V" -gt 0 ] && [ "${ours:-0}" -gt 0 ] || return 1
  [ "$SHARE_PCT" != 100 ] || [ "$FAILED" -eq "$ASKED" ] || return 1
  [ "$SAID" = "$before" ] || { MESSAGE="names that are not meant are answered in another way than before: $MESSAGE"; return 1; }
  met_by_others "${others:-0}"
}

dns_word() {
  case $1 in n) echo NXDOMAIN ;; s) echo SERVFAIL ;; t) echo 'no answer' ;; w) echo 'the wrong address' ;; a) echo answered ;; *) echo 'not asked' ;; esac
}

dns_tick() { serve_tick; }
