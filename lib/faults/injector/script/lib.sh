# shellcheck shell=dash
# What every other piece uses: time, JSON lines, and checks of hostile input.
# POSIX sh with `local` (dash, busybox ash, bash). Nothing here touches a target.

umask 077
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH LC_ALL=C

# The node's root as its first process sees it; needs hostPID and privileged, and no volume.
HOST=/proc/1/root
STOP=''

# Sets CS: centiseconds since boot. No fork.
uptime_cs() {
  local up
  read -r up _ </proc/uptime
  CS=$((${up%.*} * 100 + 1${up#*.} - 100))
}

# Sets EPOCH_MS: the node's wall clock, read once; later times follow the monotonic clock.
start_clock() {
  local stamp
  stamp=$(date +%s%3N 2>/dev/null)
  case $stamp in '' | *[!0-9]*) stamp='' ;; esac
  [ "${#stamp}" -eq 13 ] || stamp=$(date +%s)000
  uptime_cs
  EPOCH_MS=$((stamp - CS * 10))
}

# Sets NOW_MS.
now_ms() {
  uptime_cs
  NOW_MS=$((EPOCH_MS + CS * 10))
}

# pause SECONDS: a sleep that TERM cuts short.
pause() {
  sleep "$1" &
  wait $! 2>/dev/null || true
}

# Sets QUOTED: a JSON string of any bytes, at most 1500 of them; control characters become blanks.
json_string() {
  case $1 in
    *[!A-Za-z0-9\ ._:/,%+=\(\)\;\'@#-]*)
      QUOTED=\"$(printf '%s' "$1" | tr '\000-\037\177' ' ' | cut -b 1-1500 | sed 's/[\\"]/\\&/g')\"
      ;;
    *) QUOTED=\"$1\" ;;
  esac
}

# Is it a JSON number?
is_number() {
  local digits=${1#-}
  case $digits in
    '' | .* | *. | *[!0-9.]* | *.*.* | 0[0-9]*) return 1 ;;
    *) return 0 ;;
  esac
}

# What the next line says besides: CODE what became of the target or the order, ALSO further figures (members of a JSON array).
CODE=''
ALSO=''

# also NAME UNIT VALUE: one more figure for the next line, as context; none where it could not be read.
also() {
  local name unit
  is_number "$3" || return 0
  json_string "$1"; name=$QUOTED
  json_string "$2"; unit=$QUOTED
  ALSO="$ALSO${ALSO:+,}{\"name\":$name,\"unit\":$unit,\"value\":$3}"
}

# say UID PHASE OK NAME UNIT VALUE MESSAGE: one line of the contract, in one write. CODE and ALSO are told with it, and forgotten.
say() {
  local uid ok=$3 name unit value
  json_string "$1"; uid=$QUOTED
  json_string "$4"; name=$QUOTED
  json_string "$5"; unit=$QUOTED
  if is_number "$6"; then value=$6; else json_string "$6"; value=$QUOTED; fi
  json_string "$7"
  now_ms
  printf '{"at":%s,"target":%s,"phase":"%s","ok":%s,"name":%s,"unit":%s,"value":%s,"code":"%s","also":[%s],"message":%s}\n' \
    "$NOW_MS" "$uid" "$2" "$ok" "$name" "$unit" "$value" "$CODE" "$ALSO" "$QUOTED"
  CODE='' ALSO=''
}

# whole VALUE MIN MAX: a whole number within bounds, nothing else.
whole() {
  case $1 in '' | *[!0-9]* | 0?*) return 1 ;; esac
  [ "${#1}" -le 10 ] && [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

# percentage VALUE: 0 to 100, decimals allowed.
percentage() {
  is_number "$1" || return 1
  case $1 in -*) return 1 ;; esac
  [ "${#1}" -le 8 ] && [ "${1%%.*}" -le 100 ] && { [ "${1%%.*}" -lt 100 ] || [ "${1%%.*}" = "$1" ]; }
}

# An address or CIDR, IPv4 or IPv6, by its characters; the kernel's tools judge the rest.
is_cidr() {
  case $1 in
    '' | -* | /* | *[!0-9a-fA-F.:/]* | */*/* | */) return 1 ;;
    *.* | *:*) [ "${#1}" -le 64 ] ;;
    *) return 1 ;;
  esac
}

# A port or FROM:TO, with /tcp or /udp or neither.
is_port() {
  local ports=$1
  case $ports in */tcp | */udp) ports=${ports%/*} ;; esac
  case $ports in
    *:*) whole "${ports%%:*}" 1 65535 && whole "${ports#*:}" 1 65535 && [ "${ports%%:*}" -le "${ports#*:}" ] ;;
    *) whole "$ports" 1 65535 ;;
  esac
}

# each_of CHECK LIST: every member of a comma- or blank-separated list passes; an empty list does too.
each_of() {
  local check=$1 item IFS=', '
  set -f
  for item in $2; do "$check" "$item" || { set +f; return 1; }; done
  set +f
}

# Adds or takes decimals: calc 'EXPRESSION' in awk, from this script's own numbers only.
calc() {
  awk "BEGIN { printf \"%.${2:-1}f\", ($1) }" </dev/null
}

# holds 'COMPARISON': is it true, of this script's own numbers?
holds() { awk "BEGIN { exit !($1) }" </dev/null; }
