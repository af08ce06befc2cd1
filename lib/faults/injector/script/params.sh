# shellcheck shell=dash
# The environment, judged before anything is touched: every value is taken literally or refused.

TAB=$(printf '\t')
TARGETS=0
REFUSED=''
REFUSED_CODE=''

# refuse WHY [CODE]: the first reason stays.
refuse() {
  [ -n "$REFUSED" ] || REFUSED=$1 REFUSED_CODE=${2-}
}

# parameter NAME DEFAULT CHECK [ARGS]: sets NAME to the value of FAULTLINE_NAME; one that is refused is never used, not even to count.
parameter() {
  local name=$1 default=$2 check=$3 value
  shift 3
  eval "value=\${FAULTLINE_$name-}"
  if [ -z "$value" ]; then
    value=$default
  elif [ "$check" = list ]; then
    each_of "$1" "$value" || { refuse "FAULTLINE_$name is not a list of what it should be: '$value'"; value=$default; }
  else
    "$check" "$value" "$@" || { refuse "FAULTLINE_$name is not allowed: '$value'"; value=$default; }
  fi
  eval "$name=\$value"
}

is_tag() {
  case $1 in '' | [!A-Za-z0-9]* | *[!A-Za-z0-9._-]*) return 1 ;; esac
  [ "${#1}" -le 128 ]
}

# A UUID, as /proc/sys/kernel/random/boot_id and a Node's status.nodeInfo.bootID spell it.
is_boot_id() {
  case $1 in *[!0-9a-fA-F-]*) return 1 ;; esac
  [ "${#1}" -le 64 ]
}

is_signal() { [ "$1" = TERM ] || [ "$1" = KILL ]; }
is_direction() { [ "$1" = both ] || [ "$1" = in ] || [ "$1" = out ]; }
is_role() { [ "$1" = main ] || [ "$1" = twin ] || [ "$1" = functions ]; }

is_action() {
  case $1 in
    kill | crashloop | freeze | stress-cpu | stress-memory | fill-disk | limit-network | load-network | cut-network | degrade-network | fail-dns | fault-http | check) return 0 ;;
    *) return 1 ;;
  esac
}

# Absolute, no way up, no control characters (a newline would break the journal), not endless.
is_path() {
  case $1 in
    [!/]* | */../* | */.. | *[[:cntrl:]]*) return 1 ;;
  esac
  [ "${#1}" -le 1024 ]
}

read_parameters() {
  parameter ACTION none is_action
  parameter ENDS_AT 0 whole 1 9999999999
  parameter APPLY_FROM 0 whole 1 9999999999
  parameter APPLY_BY 0 whole 1 9999999999
  parameter APPLY_BY_FIRST 0 whole 1 9999999999
  parameter FAILURES '' whole 0 1000
  # The first pod of its Job, by Kubernetes' own word, is no replacement.
  [ "$FAILURES" != 0 ] || [ "$APPLY_BY_FIRST" -le "$APPLY_BY" ] || APPLY_BY=$APPLY_BY_FIRST
  parameter BOOT_ID '' is_boot_id
  parameter TAG '' is_tag
  parameter OF stress-memory is_action
  parameter AMOUNT 0 whole 1 1000000000
  parameter PERCENT 0 whole 1 100
  parameter MILLICORES 0 whole 100 256000
  parameter SIGNAL TERM is_signal
  parameter GRACE 5 whole 0 3600
  parameter REPEAT 0 whole 0 3600
  parameter PULSE_EVERY 0 whole 0 3600
  parameter PULSE_FOR 0 whole 0 3600
  FAULTLINE_DIRECTORY=${FAULTLINE_PATH-}
  parameter DIRECTORY /tmp is_path
  parameter DIRECTION '' is_direction
  parameter CIDRS '' list is_cidr
  parameter KEEP '' list is_cidr
  parameter KEEP_PROBES 0 whole 0 1
  parameter NEED_TRAFFIC 0 whole 0 1
  parameter PORTS '' list is_port
  parameter DELAY_MS 0 whole 0 60000
  parameter JITTER_MS 0 whole 0 60000
  parameter LOSS_PCT 0 percentage
  parameter CORRUPT_PCT 0 percentage
  parameter DUPLICATE_PCT 0 percentage
  parameter RATE_KBIT 0 whole 0 100000000
  dns_parameters
  http_parameters
  [ -n "$TAG" ] || refuse 'FAULTLINE_TAG is missing'
  [ "$ACTION" != none ] || refuse 'FAULTLINE_ACTION is missing'
  [ "$ENDS_AT" -gt 0 ] || [ "$ACTION" = check ] || refuse 'FAULTLINE_ENDS_AT is missing'
  [ "$APPLY_BY" -gt 0 ] || [ "$ACTION" = check ] || refuse 'FAULTLINE_APPLY_BY is missing'
  needed_amount
  END_CS=$((ENDS_AT * 100 - EPOCH_MS / 10))
  SUM=$(printf '%s' "$TAG" | cksum)
  SUM=${SUM%% *}
}

needed_amount() {
  case $ACTION in
    stress-cpu | limit-network | load-network | fill-disk) [ "$AMOUNT" -gt 0 ] || refuse "$ACTION needs FAULTLINE_AMOUNT" ;;
    stress-memory) [ "$AMOUNT" -gt 0 ] || [ "$PERCENT" -gt 0 ] || refuse "$ACTION needs FAULTLINE_AMOUNT or FAULTLINE_PERCENT" ;;
    freeze)
      [ "$PULSE_EVERY" -eq 0 ] && [ "$PULSE_FOR" -eq 0 ] || { [ "$PULSE_FOR" -gt 0 ] && [ "$PULSE_FOR" -lt "$PULSE_EVERY" ]; } ||
        refuse 'FAULTLINE_PULSE_FOR has to be less than FAULTLINE_PULSE_EVERY'
      ;;
    degrade-network)
      [ "$DELAY_MS$JITTER_MS$LOSS_PCT$CORRUPT_PCT$DUPLICATE_PCT$RATE_KBIT" != 000000 ] || refuse "$ACTION needs something to do"
      [ "$JITTER_MS" -eq 0 ] || [ "$DELAY_MS" -gt 0 ] || refuse 'FAULTLINE_JITTER_MS needs FAULTLINE_DELAY_MS'
      ;;
  esac
  [ "$ACTION" != fault-http ] || needed_http
  [ "$ACTION" != fail-dns ] || [ -n "$ANSWER" ] || refuse "$ACTION needs FAULTLINE_ANSWER"
  [ "$ACTION" != stress-cpu ] || [ "$AMOUNT" -le 256 ] || refuse 'FAULTLINE_AMOUNT: at most 256 workers'
}

is_uid() {
  case $1 in '' | *[!A-Za-z0-9-]*) return 1 ;; esac
  [ "${#1}" -ge 8 ] && [ "${#1}" -le 63 ]
}

# Empty is allowed: then the container is found by its name.
is_container_id() {
  case $1 in *[!A-Za-z0-9_.-]*) return 1 ;; esac
  [ "${#1}" -le 128 ]
}

# namespace/pod/container
is_place() {
  case $1 in */*/*/* | /* | */ | *//* | *[!A-Za-z0-9./-]*) return 1 ;; */*/*) [ "${#1}" -le 600 ] ;; *) return 1 ;; esac
}

# read_targets: sets UID_n, CID_n, PLACE_n, NAME_n, ONLY_n (this target's own CIDRs) for n = 1 … TARGETS.
read_targets() {
  local line
  while IFS= read -r line; do
    case $line in *[!\ "$TAB"]*) read_target "$line" ;; esac
  done <<TARGETS_END
${FAULTLINE_TARGETS-}
TARGETS_END
  [ "$TARGETS" -gt 0 ] || refuse 'FAULTLINE_TARGETS names no target'
}

read_target() {
  local line=$1 uid cid place only rest n
  read -r uid cid place only rest <<TARGET_END
$line
TARGET_END
  case $cid in */*) rest=$only only=$place place=$cid cid='' ;; esac
  TARGETS=$((TARGETS + 1))
  n=$TARGETS
  is_uid "$uid" && is_container_id "$cid" && is_place "$place" && each_of is_cidr "$only" && [ -z "$rest" ] ||
    refuse "FAULTLINE_TARGETS has a line that is no target: '$line'"
  eval "UID_$n=\$uid CID_$n=\$cid PLACE_$n=\$place NAME_$n=\${place##*/} ONLY_$n=\$only"
  eval "STATE_$n=new BEFORE_$n='' COUNT_$n=0"
}

# get NAME N: sets V to the target's own variable.
get() { eval "V=\${$1_$2-}"; }
# put NAME N VALUE
put() { eval "$1_$2=\$3"; }

# Sets N_UID, N_CID, N_NAME, N_PLACE, N_ONLY, N_STATE of target N.
target() {
  N=$1
  eval "N_UID=\$UID_$N N_CID=\$CID_$N N_NAME=\$NAME_$N N_PLACE=\$PLACE_$N N_ONLY=\$ONLY_$N N_STATE=\$STATE_$N"
}

# for_targets FUNCTION [ARGS]: calls it for each target, as N and N_*.
for_targets() {
  local each=1
  while [ "$each" -le "$TARGETS" ]; do
    target "$each"
    "$@"
    each=$((each + 1))
  done
}
