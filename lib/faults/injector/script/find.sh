# shellcheck shell=dash
# From a pod's UID to its processes, its containers' cgroups and its network namespace. No runtime socket is asked.

# A file with all pods' lines of /proc/*/cgroup, where many targets are looked up at once; empty: look now.
SNAPSHOT=''

# underscore UID: sets UNDERSCORED, its spelling in a systemd slice's name. No fork.
underscore() {
  local IFS=-
  set -f
  # The last character is kept apart: a separator at the end would be lost.
  # shellcheck disable=SC2086
  set -- ${1}x
  set +f
  IFS=_
  UNDERSCORED="$*"
  UNDERSCORED=${UNDERSCORED%x}
}

# pod_processes UID: "pid container-id" of every process in the pod's cgroups, the sandbox's included.
# Spellings: cgroupfs and systemd, v1 and v2, UID with - or _, cri-containerd-ID.scope, crio-ID.scope, docker-ID.scope.
pod_processes() {
  local UNDERSCORED
  underscore "$1"
  if [ -n "$SNAPSHOT" ]; then
    grep -F -e "pod$1" -e "pod$UNDERSCORED" "$SNAPSHOT"
  else
    grep -sHF -e "pod$1" -e "pod$UNDERSCORED" /proc/[0-9]*/cgroup 2>/dev/null
  fi | awk -v a="$1" -v b="$UNDERSCORED" '
    function ends(text, what) { return length(text) >= length(what) && substr(text, length(text) - length(what) + 1) == what }
    function container(name) {
      if (sub(/\.scope$/, "", name)) sub(/^.*-/, "", name)
      else sub(/^(cri-containerd|crio|docker|libpod)-/, "", name)
      return name
    }
    {
      split($0, head, "/"); pid = head[3]
      path = $0; sub(/^[^:]*:[^:]*:[^:]*:/, "", path)
      gsub(/:(cri-containerd|crio|docker):/, "/", path)
      n = split(path, part, "/")
      for (i = 1; i < n; i++) {
        name = part[i]; sub(/\.slice$/, "", name)
        if (!ends(name, "pod" a) && !ends(name, "pod" b)) continue
        if (part[i + 1] !~ /conmon/ && !seen[pid]++) print pid, container(part[i + 1])
        break
      }
    }'
}

# Reads /proc/PID/stat: sets S_START (start time, ticks since boot), S_PARENT, S_STATE, S_COMM; fails when there is no such process.
process() {
  local line
  S_START='' S_PARENT='' S_STATE='' S_COMM=''
  { read -r line </proc/"$1"/stat; } 2>/dev/null || return 1
  S_COMM=${line#*\(}
  S_COMM=${S_COMM%)*}
  set -f
  # shellcheck disable=SC2086 # the fields after the command name are numbers
  set -- ${line##*)}
  set +f
  S_STATE=$1 S_PARENT=$2
  shift 19
  S_START=$1
}

# alive PID START: that very process, not another one under its number.
alive() {
  [ -n "$1" ] && process "$1" && [ "$S_START" = "$2" ] && [ "$S_STATE" != Z ] && [ "$S_STATE" != X ]
}

# The PID as the process's own namespace counts it; sets INNER (its PID there) and DEPTH (how many namespaces down).
inner_pid() {
  local key numbers
  INNER='' DEPTH=0
  while read -r key numbers; do
    [ "$key" = NSpid: ] || continue
    set -f
    # shellcheck disable=SC2086
    set -- $numbers
    set +f
    DEPTH=$#
    shift $(($# - 1))
    INNER=$1
    return
  done 2>/dev/null </proc/"$1"/status
}

# find_main LIST: of "pid …" lines sets PID and START of the container's own first process: PID 1 of its PID namespace, or, where
# namespaces are shared, the oldest process whose parent is outside. The runtime's own init (runc, crun) never counts.
find_main() {
  local line pid best_rank='' rank pids=''
  PID='' START=''
  for pid in $1; do pids="$pids $pid "; done
  for pid in $1; do
    process "$pid" || continue
    case $S_STATE$S_COMM in Z* | X* | ?runc | ?runc:* | ?crun | ?youki | ?conmon | ?exe) continue ;; esac
    inner_pid "$pid" 2>/dev/null || continue
    if [ "$DEPTH" -gt 1 ] && [ "$INNER" = 1 ]; then
      rank=$DEPTH
    else
      case $pids in *" $S_PARENT "*) continue ;; esac
      rank=$((1000 + S_START))
    fi
    if [ -z "$best_rank" ] || [ "$rank" -lt "$best_rank" ]; then best_rank=$rank PID=$pid START=$S_START; fi
  done
  [ -n "$PID" ]
}

# Does the process belong to a container of that name? The kubelet mounts …/pods/UID/containers/NAME/… into every container.
is_named() {
  grep -qsF "/$2/containers/$3/" /proc/"$1"/mountinfo
}

# find_target: sets PID, START, CID of the current target's container: the one of its ID, or else (it restarted) the one of its name.
find_target() {
  local all pids pid id
  PID='' START='' CID=''
  all=$(pod_processes "$N_UID")
  [ -n "$all" ] || { WHY="no process of pod $N_PLACE ($N_UID) runs on this node"; return 1; }
  pids=$(printf '%s\n' "$all" | awk -v id="$N_CID" 'id != "" && $2 == id { print $1 }')
  if [ -n "$pids" ] && find_main "$pids" && is_of_pod "$PID"; then CID=$N_CID; return 0; fi
  pids=''
  while read -r pid id; do
    is_named "$pid" "$N_UID" "$N_NAME" && pids="$pids $pid" CID=$id
  done <<FOUND
$all
FOUND
  find_main "$pids" && is_of_pod "$PID" && return 0
  WHY="no process of container $N_NAME of pod $N_PLACE ($N_UID) runs on this node"
  return 1
}

# is_of_pod PID: now, not when the list was made (a number may have been given to another process since).
is_of_pod() {
  local UNDERSCORED
  underscore "$N_UID"
  grep -qsF -e "$N_UID" -e "$UNDERSCORED" /proc/"$1"/cgroup
}

# The node's own network namespace, read once: it stays as long as the node's first process does.
NODE_NETWORK=''

# open_network: opens the current target's network namespace as fd 9; fails (with WHY) when no process of the pod is left,
# refuses the node's own. Rules go with the namespace, so a namespace that is gone holds none. Stressors and keepers of other steps are in
# the pod's cgroup, and in the network of the process that started them: they say nothing of the pod's, nor does one that is just ending, whose mark
# is gone. So a pod is on the node's own network only where all of its processes are.
open_network() {
  local pid own on_node=''
  command exec 9>&-
  [ -n "$NODE_NETWORK" ] || NODE_NETWORK=$(readlink /proc/1/ns/net) || { WHY='the network namespace of the node cannot be read: hostPID and privileged are needed'; return 2; }
  for pid in $(pod_processes "$N_UID" | cut -d ' ' -f 1); do
    command exec 9</proc/"$pid"/ns/net || continue
    own=$(readlink /proc/self/fd/9)
    is_of_pod "$pid" && ! grep -qsa '^FAULTLINE_STRESS=' /proc/"$pid"/environ || { command exec 9>&-; continue; }
    if [ "$own" = "$NODE_NETWORK" ]; then
      command exec 9>&-
      on_node=yes
      continue
    fi
    NETWORK=${own#*\[} NETWORK=${NETWORK%]}
    return 0
  done 2>/dev/null
  if [ -n "$on_node" ]; then
    WHY="pod $N_PLACE is on the node's own network: a cut there would cut the node"
    return 2
  fi
  WHY="no process of pod $N_PLACE ($N_UID) runs on this node"
  return 1
}

# inside COMMAND …: in the network namespace that open_network opened.
inside() {
  nsenter --net=/proc/self/fd/9 "$@"
}

# Is our cgroup namespace the node's? Else paths of cgroups are told from ours on up, and writes elsewhere may be forbidden.
sees_node_cgroups() {
  local node
  node=$(readlink /proc/1/ns/cgroup)
  [ -z "$node" ] || [ "$node" = "$(readlink /proc/self/ns/cgroup)" ]
}

# with_node_cgroups COMMAND …: in the node's cgroup namespace.
with_node_cgroups() {
  if sees_node_cgroups; then "$@"; else nsenter --cgroup=/proc/1/ns/cgroup "$@"; fi
}

# cgroup_of PID CONTROLLER [CONTAINER-ID]: the directory of that process (or of its whole container) in that controller's tree,
# as seen from this container; v2 where the controller has no v1 tree. Both files are read in one cgroup namespace, so a common
# prefix of mount root and path is cut even where it starts with /../.
cgroup_of() {
  local dir
  dir=$(cgroup_path "$2" "${3-}" /proc/1/mountinfo /proc/"$1"/cgroup)
  [ -n "$dir" ] && [ -d "$HOST$dir" ] && printf '%s' "$HOST$dir"
}

# cgroup_path CONTROLLER CONTAINER-ID MOUNTINFO CGROUP
cgroup_path() {
  with_node_cgroups awk -v want="$1" -v id="$2" '
    FNR == 1 { file++ }
    file == 1 {
      split($0, half, " - "); split(half[2], right, " ")
      if (right[1] == "cgroup" && ("," right[3] ",") ~ ("," want ",")) { v1root = $4; v1at = $5 }
      if (right[1] == "cgroup2" && v2at == "") { v2root = $4; v2at = $5 }
      next
    }
    {
      n = index($0, ":"); rest = substr($0, n + 1); m = index(rest, ":")
      names = substr(rest, 1, m - 1); path = substr(rest, m + 1)
      if (names == "" ) { v2 = path }
      else if (("," names ",") ~ ("," want ",")) { v1 = path; found = 1 }
    }
    function under(root, path) {
      if (root == "/") return path
      if (substr(path, 1, length(root)) == root) return substr(path, length(root) + 1)
      return path
    }
    END {
      at = found && v1at != "" ? v1at under(v1root, v1) : v2at under(v2root, v2)
      if (id != "" && (i = index(at, id)) > 0) {
        rest = substr(at, i); j = index(rest, "/")
        if (j > 0) at = substr(at, 1, i + j - 2)
      }
      print at
    }' "$3" "$4" 2>/dev/null
}

# own_pid: sets SELF, also right in a subshell.
own_pid() {
  read -r SELF _ </proc/self/stat
}
