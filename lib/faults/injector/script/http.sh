# shellcheck shell=dash
# fault-http: new connections to the ports that are named (what comes in, or what goes out) go to a proxy of ours in the target's network
# (HAProxy, by IPv4: of IPv6 it cannot tell where a connection was to go), which fails or delays a share of the requests that are meant and passes all others on, as it does with what is no HTTP/1.

# Requests of our own for the figure: a share needs more of them.
HTTP_REQUESTS=4
HTTP_REQUESTS_OF_SHARE=12
# An answer that takes so much longer than the delay that was asked for is not waited for.
HTTP_WAIT_S=2
HTTP_START_TRIES=50
# A client that has said nothing for so long is no HTTP client: servers of other protocols speak first.
HTTP_SILENCE=1s

is_http_fault() { [ "$1" = abort ] || [ "$1" = delay ]; }
is_method() { case $1 in '' | *[!A-Z]*) return 1 ;; esac; [ "${#1}" -le 16 ]; }

# Taken literally but for *: nothing that the proxy's configuration could read as its own.
is_url_path() {
  case $1 in /*) ;; *) return 1 ;; esac
  case $1 in *[!A-Za-z0-9/._~%:@=,*-]*) return 1 ;; esac
  [ "${#1}" -le 512 ]
}

# Name=value, with * in the value.
is_header() {
  case $1 in =* | *[!A-Za-z0-9/._~%:@=*-]*) return 1 ;; *=?*) ;; *) return 1 ;; esac
  case ${1%%=*} in *[!A-Za-z0-9-]*) return 1 ;; esac
  [ "${#1}" -le 512 ]
}

http_parameters() {
  parameter HTTP '' is_http_fault
  parameter STATUS 503 whole 0 599
  parameter METHODS '' list is_method
  parameter URL_PATH '' is_url_path
  parameter HEADERS '' list is_header
}

needed_http() {
  [ -n "$HTTP" ] && [ -n "$PORTS" ] || refuse "$ACTION needs FAULTLINE_HTTP and FAULTLINE_PORTS"
  [ "$HTTP" != delay ] || [ "$DELAY_MS" -gt 0 ] || refuse "$ACTION needs FAULTLINE_DELAY_MS"
  [ "$STATUS" -eq 0 ] || [ "$STATUS" -ge 200 ] || refuse "FAULTLINE_STATUS is not allowed: '$STATUS'"
}

# glob TEXT: as a regular expression.
glob() { printf '%s' "$1" | sed -e 's/[.+]/\\&/g' -e 's/\*/.*/g'; }

# http_meant: conditions of a request that is meant, one a line.
http_meant() {
  local one
  [ -z "$METHODS" ] || printf '{ method %s }\n' "$(printf '%s' "$METHODS" | tr ',' ' ')"
  [ -z "$URL_PATH" ] || printf "{ path -m reg '^%s\$' }\n" "$(glob "$URL_PATH")"
  for one in $(printf '%s' "$HEADERS" | tr ', ' '\n\n'); do
    printf "{ req.fhdr(%s) -m reg '^%s\$' }\n" "${one%%=*}" "$(glob "${one#*=}")"
  done
}

# http_config: what the proxy passes on goes where its client wanted it to, and an error of the proxy's own is no answer. It counts, in this
# order: requests of others that are meant, of these those that were faulted, ours that were, and connections that are no HTTP/1.
http_config() {
  local act
  if [ "$HTTP" = delay ]; then act='lua.wait'
  elif [ "$STATUS" = 0 ]; then act='reject'
  else act="return status $STATUS hdr x-faultline $TAG"
  fi
  cat <<PROXY
global
  maxconn 4000
  nbthread 1
  lua-load $WORK/http.$N.lua
defaults
  maxconn 4000
  retries 0
  timeout connect 10s
  timeout client 24h
  timeout server 24h
  timeout tunnel 24h
frontend all
  mode tcp
  bind 0.0.0.0:$SERVANT_PORT
  tcp-request connection reject if { dst_port $SERVANT_PORT }
  tcp-request inspect-delay $HTTP_SILENCE
  tcp-request content track-sc0 int(1) table seen
  acl newer req.payload(0,3) -m str PRI
  tcp-request content sc-inc-gpc(3,0) if !HTTP or newer
  use_backend web if HTTP !newer
  default_backend raw
backend raw
  mode tcp
  server any 0.0.0.0
backend web
  mode tcp
  server judge abns@FLT-$SUM-$N send-proxy-v2
frontend judge
  mode http
  bind abns@FLT-$SUM-$N accept-proxy
  option http-no-delay
  option forwardfor if-none
  errorfile 502 /dev/null
  errorfile 503 /dev/null
  errorfile 504 /dev/null
  http-request track-sc0 int(1) table seen
  http-request set-var(txn.ours) bool(true) if { req.hdr(x-faultline-probe) $TAG }
  http-request del-header x-faultline-probe
  acl ours var(txn.ours) -m bool
  http-request set-var(txn.meant) bool(true) $(if [ -n "$METHODS$URL_PATH$HEADERS" ]; then printf 'if %s' "$(http_meant | tr '\n' ' ')"; fi)
  acl meant var(txn.meant) -m bool
  http-request set-var(txn.hit) bool(true) if meant { rand(1000000) lt $(calc "$SHARE_PCT * 10000" 0) }
  acl hit var(txn.hit) -m bool
  http-request sc-inc-gpc(0,0) if meant !ours
  http-request sc-inc-gpc(1,0) if hit !ours
  http-request sc-inc-gpc(2,0) if hit ours
  http-request $act if hit
  default_backend app
backend app
  mode http
  option http-no-delay
  http-reuse never
  errorfile 502 /dev/null
  errorfile 503 /dev/null
  errorfile 504 /dev/null
  server any 0.0.0.0
backend seen
  stick-table type integer size 10 store gpc(4)
frontend counts
  mode http
  bind 127.0.0.1:$((SERVANT_PORT + 100))
  http-request return status 200 content-type text/plain lf-string "%[int(1),table_gpc(0,seen)] %[int(1),table_gpc(1,seen)] %[int(1),table_gpc(2,seen)] %[int(1),table_gpc(3,seen)]"
PROXY
}

# Sets MEANT, HIT, OURS, PASSED as the proxy counts them; fails where it does not answer. Needs fd 9.
http_counts() {
  MEANT='' HIT='' OURS='' PASSED=''
  inside curl -s -m 1 "http://127.0.0.1:$((SERVANT_PORT + 100))/" >"$WORK/counts.$N" 2>/dev/null || return 1
  { read -r MEANT HIT OURS PASSED <"$WORK/counts.$N"; } 2>/dev/null || [ -n "$PASSED" ]
}

# http_rules 4|6: what comes in from elsewhere than this node (where its probes are to pass), or what goes out.
http_rules() {
  local chain until port hook=OUTPUT one
  chain=$(chain_to) until=$(expiry)
  if [ "${DIRECTION:-in}" = out ]; then
    spared_users
    printf '%s\n' "-A $chain -o lo -j RETURN"
  else
    hook=PREROUTING
    printf '%s\n' "-A $chain -i lo -j RETURN"
    for one in $(of_family "$1" "$KEEP"); do printf '%s\n' "-A $chain -s $one -j RETURN"; done
  fi
  for port in $(printf '%s' "$PORTS" | tr ', ' '\n\n'); do
    printf '%s\n' "-A $chain -p tcp -m tcp --dport ${port%/*} $until -j REDIRECT --to-ports $SERVANT_PORT"
  done
  printf '%s\n' "-I $hook 1 $until -j $chain"
}

# http_cut: connections from before: the kernel forgets them, their next packet goes to the proxy, which knows none of them, and they are reset.
http_cut() {
  local port end
  for port in $(printf '%s' "$PORTS" | tr ', ' '\n\n'); do
    port=${port%/*}
    forget_flows -p tcp --orig-port-dst "${port%%:*}"
    end=sport
    [ "${DIRECTION:-in}" = in ] || end=dport
    inside ss -K state established "( $end = :${port%%:*} )" >/dev/null 2>&1 || true
  done
}

http_apply() {
  local tries=0
  find_target && open_network && find_servant_port || return 1
  [ -n "$(inside "$IP" -o -4 addr show scope global)" ] || { WHY="pod $N_PLACE has no IPv4 address, and the proxy cannot tell where IPv6 connections were to go"; return 1; }
  find_mesh
  [ -z "$MESH" ] || { WHY="a mesh takes over the connections of pod $N_PLACE already: ask the mesh for HTTP faults"; return 1; }
  put SERVANT_PORT "$N" "$SERVANT_PORT"
  printf "core.register_action('wait', { 'http-req' }, function(txn) core.msleep(%s) end)\n" "$DELAY_MS" >"$WORK/http.$N.lua"
  http_config >"$WORK/http.$N.cfg"
  chmod 644 "$WORK/http.$N.lua" "$WORK/http.$N.cfg"
  serve "$HAPROXY" -db -f "$WORK/http.$N.cfg" || { WHY="the proxy for $N_PLACE did not start"; return 1; }
  until http_counts; do
    tries=$((tries + 1))
    stressors_alive && [ "$tries" -le "$HTTP_START_TRIES" ] || { WHY="the proxy for $N_PLACE did not start: $(grep -v NOTICE "$WORK/served.$N" | head -n 2 | tr '\n' ' ')"; return 1; }
    sleep 0.1
  done
  redirect http_rules 4 && http_cut
}

# http_request METHOD URL HEADER-ARGS…: prints f where the answer is faulted as it is to be, else a word for what it was. Others' way: from this
# injector for what comes in, from the target's network for what goes out.
http_request() {
  local out=$1 method=$2 url=$3 said
  shift 3
  [ "$method" != HEAD ] || set -- "$@" --head
  set -- curl -s -o /dev/null -m "$(calc "$DELAY_MS / 1000 + $HTTP_WAIT_S")" -X "$method" -H "x-faultline-probe: $TAG" -D "$out" -w '%{http_code} %{time_total} %{exitcode}' "$@" "$url"
  if [ "${DIRECTION:-in}" = out ]; then said=$(inside "$@" 2>/dev/null); else said=$("$@" 2>/dev/null); fi
  # shellcheck disable=SC2086
  set -- ${said:-000 0 99}
  if [ "$HTTP" = delay ]; then
    ! holds "$2 * 1000 >= $DELAY_MS * 0.95" || { echo f; return; }
  elif [ "$STATUS" = 0 ]; then
    case $3 in 52 | 56) echo f; return ;; esac
  elif [ "$1" = "$STATUS" ] && grep -qi "^x-faultline: $TAG" "$out"; then
    echo f
    return
  fi
  if [ "$1" = 000 ]; then echo "no answer (curl $3)"; else echo "$1"; fi
}

# http_probe: leaves "faulted asked", and what another path was answered. A method that changes something is never sent by us.
http_probe() {
  local method host path url one=0 asked=$HTTP_REQUESTS all='' header
  method=$(printf '%s' "${METHODS:-GET}" | tr ', ' '\n\n' | grep -x -e GET -e HEAD -e OPTIONS | head -n 1)
  open_network || return 1
  printf -- - >"$WORK/other.$N"
  [ -n "$method" ] || { printf '0 0\n' >"$WORK/probe.$N"; return 0; }
  if [ "${DIRECTION:-in}" = out ]; then host=$(own_addresses | grep -v : | head -n 1); else host=$(inside "$IP" -o -4 addr show scope global | awk '{ split($4, a, "/"); print a[1]; exit }'); fi
  url="http://$host:${PORTS%%[,/: ]*}"
  path=$(printf '%s' "${URL_PATH:-/}" | sed 's/\*/faultline/g')
  [ "$SHARE_PCT" = 100 ] || asked=$HTTP_REQUESTS_OF_SHARE
  [ -z "$BRIEF" ] || asked=2
  set --
  for header in $(printf '%s' "$HEADERS" | tr ', ' '\n\n' | sed 's/\*/faultline/g'); do set -- "$@" -H "${header%%=*}: ${header#*=}"; done
  while [ "$one" -lt "$asked" ]; do
    one=$((one + 1))
    http_request "$WORK/head.$N.$one" "$method" "$url$path" "$@" >"$WORK/answer.$N.$one" &
    all="$all $!"
  done
  case $URL_PATH in
    '' | '/*' | '*faultline*') ;;
    *) http_request "$WORK/head.$N.0" "$method" "$url/faultline-other" "$@" >"$WORK/other.$N" & all="$all $!" ;;
  esac
  # shellcheck disable=SC2086
  wait $all
  printf '%s %s\n' "$(cat "$WORK"/answer."$N".* | grep -cx f)" "$asked" >"$WORK/probe.$N"
  rm -f "$WORK"/answer."$N".* "$WORK"/head."$N".*
}

# The figure is the share of our own requests that is faulted as it is to be.
http_figure() {
  NAME='requests failed' UNIT=% VALUE=0 FAULTED=0 ASKED=0
  [ "$HTTP" != delay ] || NAME='requests delayed'
  { read -r FAULTED ASKED <"$WORK/probe.$N"; } 2>/dev/null || return 1
  [ "$ASKED" -eq 0 ] || VALUE=$(calc "$FAULTED * 100 / $ASKED")
  { read -r SAID <"$WORK/other.$N"; } 2>/dev/null || SAID=-
  [ "$N_STATE" != new ] || put SAID "$N" "$SAID"
}

http_bite() {
  local before
  open_network || { FATAL=$WHY; return 1; }
  stressors_alive || { FATAL="the proxy died: $(tail -n 1 "$WORK/served.$N")" CODE=holder_died; return 1; }
  redirect_stands || { FATAL='the rules are gone' CODE=rules_gone; return 1; }
  get SERVANT_PORT "$N"; SERVANT_PORT=$V
  http_figure && http_counts || { MESSAGE='nothing could be asked'; VALUE=0; return 1; }
  also "faulted requests of others" requests "$HIT"
  also "requests of others that are meant" requests "$MEANT"
  also "connections that are no HTTP/1" connections "$PASSED"
  also 'share asked' % "$SHARE_PCT"
  add FAULTED_ALL "$FAULTED"
  get SAID "$N"; before=$V
  MESSAGE="$FAULTED of $ASKED requests of our own met it; another path: $before before, $SAID now; of others' $MEANT requests $HIT$(! has_ipv6 || printf '; connections by IPv6 pass'); $PASSED connections are no HTTP/1 (TLS, HTTP/2, other protocols) and pass"
  # What may not be sent by us is shown by others' requests alone.
  if [ "$ASKED" -gt 0 ]; then
    get FAULTED_ALL "$N"
    [ "$V" -gt 0 ] && [ "${OURS:-0}" -gt 0 ] || return 1
    [ "$SHARE_PCT" != 100 ] || [ "$FAULTED" -eq "$ASKED" ] || return 1
    [ "$SAID" = "$before" ] || { MESSAGE="requests that are not meant are answered in another way than before: $MESSAGE"; return 1; }
  elif [ "$HIT" -eq 0 ]; then
    CODE=unused MESSAGE="nothing met the rule yet, and requests of these methods are not sent by us: $MESSAGE"
    return 1
  fi
  met_by_others "$HIT"
}

http_tick() { serve_tick; }
