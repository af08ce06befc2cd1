# shellcheck shell=dash
# The injector's one loop: measure, apply, see it bite, measure again and again, undo.

READY=/tmp/faultline-ready
TICK=0.25
# A measurement every 2 s: two of them are within the 5 s before the planned end in which only fresh ones count.
MEASURE_CS=200
# Targets that are worked on side by side: each is a shell of 1 MB, and the pod requests 32 MiB.
AT_ONCE=16
# A bite that is waited for is looked for twice a second.
PROBE_CS=50
# An effect that is not seen after this long is told as one that does not bite.
BITE_BUDGET_CS=2000
# Why an effect will never come, or come back.
FATAL=''
# Not empty: more of the effect will not come.
FINAL=''
WHY=''
# Not empty: what is measured after the undo need not be exact, and must not hold the undo up.
BRIEF=''

has() { command -v "$1" >/dev/null 2>&1; }

# What an action's functions are called.
kind_of() {
  case $1 in
    stress-memory) echo memory ;;
    stress-cpu) echo cpu ;;
    fill-disk) echo disk ;;
    cut-network) echo cut ;;
    limit-network) echo limit ;;
    load-network) echo load ;;
    degrade-network) echo degrade ;;
    fail-dns) echo dns ;;
    fault-http) echo http ;;
    *) echo "$1" ;;
  esac
}

# Sets KIND_OF and UNDO by the action that was asked for.
know_kind() {
  KIND_OF=$(kind_of "$1") UNDO=$(kind_of "$1")
}

# at_once FUNCTION [ARGS]: calls it for all targets at the same time, sixteen by sixteen, each in a shell of its own; TERM cuts the
# waiting short.
at_once() {
  BRANCHES='' BRANCHED=0
  for_targets branch "$@"
  # shellcheck disable=SC2086
  [ -z "$BRANCHES" ] || wait $BRANCHES 2>/dev/null || true
}

branch() {
  ( trap '' TERM INT; "$@" ) </dev/null &
  BRANCHES="$BRANCHES $!" BRANCHED=$((BRANCHED + 1))
  [ $((BRANCHED % AT_ONCE)) -gt 0 ] && return 0
  # shellcheck disable=SC2086
  wait $BRANCHES 2>/dev/null || true
  BRANCHES=''
}

# probe_all [STATE]: the slow measurements of all targets (in that state).
probe_all() {
  has "${KIND_OF}_probe" || return 0
  ! has "${KIND_OF}_prepare" || for_targets "${KIND_OF}_prepare"
  at_once probe_one "${1-}"
}

probe_one() {
  [ -z "$1" ] || [ "$N_STATE" = "$1" ] || return 0
  rm -f "$WORK/probe.$N"
  "${KIND_OF}_probe" >/dev/null 2>&1
}

tell_before() {
  [ -z "$STOP" ] || return 0
  ALSO=''
  "${KIND_OF}_figure" || return 0
  put BEFORE "$N" "$VALUE"
  say "$N_UID" before true "$NAME" "$UNIT" "$VALUE" ''
}

apply_one() {
  [ -z "$STOP" ] || return 0
  WHY='' CODE=''
  uptime_cs
  put APPLIED_AT "$N" "$CS"
  if "${KIND_OF}_apply"; then
    put STATE "$N" applied
    uptime_cs
    put EFFECT_AT "$N" "$CS"
  else
    put STATE "$N" failed
    undo_target
    say "$N_UID" error false '' '' '' "${WHY:-nothing could be applied to $N_PLACE}"
  fi
}

tick_one() {
  [ "$N_STATE" = applied ] || [ "$N_STATE" = bitten ] || return 0
  ! has "${KIND_OF}_tick" || "${KIND_OF}_tick" || true
}

# held_for: told with what bites, so that its driver counts from the first effect, not from the proof of it. A kill holds nothing.
held_for() {
  case $KIND_OF in kill | crashloop) return 0 ;; esac
  get EFFECT_AT "$N"
  uptime_cs
  also 'held for' ms $(((CS - V) * 10))
}

# A first bite, or why it will never come.
bite_one() {
  [ "$N_STATE" = applied ] && [ -z "$STOP" ] || return 0
  MESSAGE='' FATAL='' FINAL='' CODE='' ALSO=''
  if "${KIND_OF}_bite"; then
    put STATE "$N" bitten
    held_for
    say "$N_UID" bite true "$NAME" "$UNIT" "$VALUE" "$MESSAGE"
  elif [ -n "$FATAL" ]; then
    put STATE "$N" failed
    say "$N_UID" error false '' '' '' "$FATAL"
    undo_target
  else
    get APPLIED_AT "$N"
    uptime_cs
    [ -n "$FINAL" ] || [ $((CS - V)) -ge "$BITE_BUDGET_CS" ] || { PENDING=1; return 0; }
    put STATE "$N" bitten
    case $CODE in
      partial) MESSAGE="no full bite (less than $FULL_BITE_PERCENT %): $MESSAGE" ;;
      unused) ;;
      *) MESSAGE="no effect seen after $((BITE_BUDGET_CS / 100)) s; $MESSAGE" ;;
    esac
    say "$N_UID" bite false "$NAME" "$UNIT" "${VALUE:-0}" "$MESSAGE"
  fi
}

measure_one() {
  [ "$N_STATE" = bitten ] && [ -z "$STOP" ] || return 0
  local ok=false
  MESSAGE='' FATAL='' CODE='' ALSO=''
  "${KIND_OF}_bite" && ok=true && held_for
  [ -z "$FATAL" ] || { ok=false MESSAGE=$FATAL; }
  say "$N_UID" measure "$ok" "$NAME" "$UNIT" "${VALUE:-0}" "$MESSAGE"
  [ -z "$FATAL" ] || [ -n "$(pod_processes "$N_UID" | head -n 1)" ] || undo_target
}

# One look at all processes for many look-ups in a row; forgotten right after.
snapshot() {
  SNAPSHOT=''
  { grep -sHF pod /proc/[0-9]*/cgroup >"$WORK/snapshot"; } 2>/dev/null && SNAPSHOT=$WORK/snapshot
  return 0
}

# is_over: TERM came, the end came, or a replacement asked us to stop.
is_over() {
  uptime_cs
  [ -n "$STOP" ] || [ "$CS" -ge "$END_CS" ]
}

inject() {
  local probed=0 measured=0
  know_kind "$ACTION"
  # A rate is measured by filling the line: not too often.
  [ "$KIND_OF" != limit ] && [ "$RATE_KBIT" -eq 0 ] || MEASURE_CS=600
  snapshot
  at_once undo_target
  watch_over_us
  probe_all
  for_targets tell_before
  for_targets apply_one
  SNAPSHOT=''
  PENDING=1
  until is_over; do
    [ "$KIND_OF" != crashloop ] || snapshot
    for_targets tick_one
    uptime_cs
    if [ -n "$PENDING" ] && [ $((CS - probed)) -ge $PROBE_CS ]; then
      PENDING=''
      snapshot
      probe_all applied
      for_targets bite_one
      uptime_cs
      probed=$CS measured=$CS
      [ -n "$PENDING" ] || : >"$READY"
    elif [ -z "$PENDING" ] && [ $((CS - measured)) -ge $MEASURE_CS ]; then
      measured=$CS
      snapshot
      probe_all bitten
      for_targets measure_one
    fi
    SNAPSHOT=''
    is_over || pause $TICK
  done
  finish
}

# All undone first, then all measured and told.
finish() {
  rm -f "$READY"
  : >"$STATE_DIR/finishing"
  snapshot
  at_once undo_target
  at_once tell_end ''
  mark_undone
}

tell_end() {
  BRIEF=1
  undo_and_prove
  put MAIN "$N" ''
  ! has "${KIND_OF}_prepare" || "${KIND_OF}_prepare"
  ! has "${KIND_OF}_probe" || probe_one ''
  tell_undone undone "$1"
}
