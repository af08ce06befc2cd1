# shellcheck shell=dash
# Undoing, by anyone: it needs only the tag and the targets, never what the injector that applied had in memory. Everything is
# found again by its mark: processes by their environment, files by name, rules by chain, qdiscs by handle. Safe to repeat.

# What may have been done: by kind; all of it where that is not known for certain.
may_have() {
  case $UNDO/$1 in
    all/* | memory/processes | cpu/processes | load/processes | disk/* | cut/network | limit/network | degrade/network | dns/processes | dns/redirect | http/processes | http/redirect | freeze/stillness) ;;
    *) return 1 ;;
  esac
  [ "$UNDO/$1" != disk/network ]
}

undo_target() {
  LEFT_PORTS=''
  ! may_have files || disk_remove
  # Rules first: what they lead to must not be missed.
  if may_have redirect && open_network; then
    redirect_remove
    command exec 9>&-
  fi
  ! may_have stillness || freeze_remove
  ! may_have processes || kill_tagged "$N_UID"
  if [ -n "$LEFT_PORTS" ] && open_network; then
    redirect_forget
    command exec 9>&-
  fi
  if may_have network && open_network; then
    netfilter_remove
    qdisc_remove
    command exec 9>&-
  fi
  return 0
}

# Sets LEFT: what is left of this tag on the current target, in words; empty is proof. A pod that is gone has nothing left.
residue() {
  local found
  LEFT=''
  if may_have processes; then
    found=$(tagged "$N_UID" | tr '\n' ' ')
    [ -z "$found" ] || LEFT="processes $found, "
  fi
  ! may_have stillness || LEFT=$LEFT$(freeze_left)
  if may_have files; then
    found=$(disk_files | tr '\n' ' ')
    [ -z "$found" ] || LEFT="${LEFT}files $found, "
  fi
  if may_have redirect && open_network; then
    LEFT=$LEFT$(redirect_left)
    command exec 9>&-
  fi
  if may_have network && open_network; then
    LEFT=$LEFT$(netfilter_left)
    found=$(qdisc_devices | tr '\n' ' ')
    [ -z "$found" ] || LEFT="${LEFT}qdisc $(handle): on $found, "
    command exec 9>&-
  fi
  LEFT=${LEFT%, }
}

# Processes take a moment to die; what is still there after a second is told.
undo_and_prove() {
  local tries=0
  undo_target
  residue
  while [ -n "$LEFT" ] && [ "$tries" -lt 10 ]; do
    tries=$((tries + 1))
    sleep 0.1
    undo_target
    residue
  done
}

# tell_undone PHASE MESSAGE: the figure as it is now, and that nothing (or what) is left.
tell_undone() {
  local ok=true message=$2
  MESSAGE='' ALSO=''
  NAME=$KIND_OF UNIT='' VALUE=''
  ! has "${KIND_OF}_figure" || "${KIND_OF}_figure" || true
  ! has "${KIND_OF}_after" || "${KIND_OF}_after"
  [ -z "$LEFT" ] || ok=false
  say "$N_UID" "$1" "$ok" "$NAME" "$UNIT" "$VALUE" "${LEFT:+left behind: $LEFT; }$message${MESSAGE:+${message:+; }$MESSAGE}"
}
