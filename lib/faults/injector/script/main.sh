# shellcheck shell=dash
# Who this is (injector, replacement, twin, check), once everything it was told is allowed and the node can be seen.

# The real tools by path: a shell that prefers its own applets of these names would not do.
find_tools() {
  TC=$(tool tc) IP=$(tool ip) PING=$(tool ping) CONNTRACK=$(tool conntrack) SETPRIV=$(tool setpriv) DNSDIST=$(tool dnsdist) DRILL=$(tool drill) HAPROXY=$(tool haproxy)
  case $ACTION in
    cut-network | load-network) needs IP PING ;;
    limit-network | degrade-network) needs IP PING TC ;;
    fault-http) needs IP CONNTRACK SETPRIV HAPROXY ;;
    fail-dns) needs IP CONNTRACK SETPRIV DNSDIST DRILL ;;
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
    eval "[ -x \"\${$one}\" ]" || refuse "the injector's image lacks $(printf '%s' "$one" | tr A-Z a-z)" image_lacks
  done
}

refuse_all() {
  if [ "$TARGETS" -eq 0 ]; then
    CODE=$REFUSED_CODE
    say '' error false '' '' '' "$REFUSED"
  else
    for_targets refuse_one
  fi
  exit 2
}
refuse_one() { CODE=$REFUSED_CODE; say "$N_UID" error false '' '' '' "$REFUSED"; }

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

# other_boot: was the node booted anew since the plan? Then whatever its /run knew of us is forgotten.
other_boot() {
  local boot=''
  { read -r boot <"$HOST/proc/sys/kernel/random/boot_id"; } 2>/dev/null || boot=''
  [ -n "$BOOT_ID" ] && [ -n "$boot" ] && [ "$boot" != "$BOOT_ID" ]
}

# order_is_dead: sets CLEAN_REASON and CLEAN_CODE when this order must no longer be carried out. It needs no memory: a node that
# was booted anew has forgotten the marker, and so has one whose /run was emptied.
order_is_dead() {
  local now
  now=$(date +%s)
  if other_boot; then
    CLEAN_CODE=other_boot CLEAN_REASON='the node was booted anew since the plan: only cleaned'
  elif [ -n "$FAILURES" ] && [ "$FAILURES" -gt 0 ]; then
    CLEAN_CODE=replacement CLEAN_REASON='a replacement only cleans'
  elif [ "$now" -ge "$ENDS_AT" ]; then
    CLEAN_CODE=too_late CLEAN_REASON='the end is past: only cleaned'
  elif [ "$now" -gt "$APPLY_BY" ]; then
    CLEAN_CODE=too_late CLEAN_REASON="the order had to be carried out $((now - APPLY_BY)) s ago: only cleaned"
  elif [ "$now" -lt "$APPLY_FROM" ]; then
    CLEAN_CODE=too_early CLEAN_REASON="the order begins in $((APPLY_FROM - now)) s by this node's clock: only cleaned"
  else
    return 1
  fi
}

injector() {
  rm -f "$READY"
  sweep_markers
  if order_is_dead; then
    clean_only
  elif take_marker; then
    sign main
    inject
  else
    [ -d "$STATE_DIR" ] || { REFUSED='no marker can be left in /run/faultline of the node'; refuse_all; }
    CLEAN_CODE=replacement CLEAN_REASON='a replacement only cleans'
    clean_only
  fi
}

[ "${FAULTLINE_ROLE:-main}" = functions ] || run
