# shellcheck shell=dash
# Who this is (injector, replacement, twin, check), once everything it was told is allowed and the node can be seen.

# The real tools by path: a shell that prefers its own applets of these names would not do.
find_tools() {
  TC=$(tool tc) IP=$(tool ip) PING=$(tool ping)
  case $ACTION in
    cut-network | load-network) needs IP PING ;;
    limit-network | degrade-network) needs IP PING TC ;;
  esac
  [ "$ACTION" != degrade-network ] || [ -n "$REFUSED" ] || need_netem
}

tool() {
  local dir IFS=:
  for dir in $PATH; do [ -x "$dir/$1" ] && printf '%s' "$dir/$1" && return; done
  printf '%s' "$1"
}

needs() {
  local one
  for one in "$@"; do
    eval "[ -x \"\${$one}\" ]" || refuse "the injector's image lacks $(printf '%s' "$one" | tr A-Z a-z)"
  done
}

refuse_all() {
  if [ "$TARGETS" -eq 0 ]; then
    say '' error false '' '' '' "$REFUSED"
  else
    for_targets refuse_one
  fi
  exit 2
}
refuse_one() { say "$N_UID" error false '' '' '' "$REFUSED"; }

run() {
  trap 'STOP=1' TERM INT
  start_clock
  read_parameters
  read_targets
  [ -z "$REFUSED" ] || refuse_all
  find_tools
  [ -z "$REFUSED" ] || refuse_all
  [ -d "$HOST/run" ] && locate_state || REFUSED='the node cannot be seen: the pod needs hostPID and a privileged container'
  [ -z "$REFUSED" ] || refuse_all
  WORK=$(mktemp -d /tmp/faultline.XXXXXX) || exit 2
  trap 'rm -rf "$WORK"' EXIT
  [ "$KEEP_PROBES" -eq 0 ] || KEEP=$KEEP,$(node_addresses)
  case ${FAULTLINE_ROLE:-main}/$ACTION in
    */check) check ;;
    twin/*) twin ;;
    *) injector ;;
  esac
}

injector() {
  local now
  rm -f "$READY"
  sweep_markers
  if ! take_marker; then
    [ -d "$STATE_DIR" ] || { REFUSED='no marker can be left in /run/faultline of the node'; refuse_all; }
    CLEAN_REASON='a replacement only cleans'
    clean_only
    return
  fi
  now=$(date +%s)
  if [ "$now" -ge "$ENDS_AT" ]; then
    CLEAN_REASON='the end is past: only cleaned'
    clean_only
    return
  fi
  sign main
  inject
}

[ "${FAULTLINE_ROLE:-main}" = functions ] || run
