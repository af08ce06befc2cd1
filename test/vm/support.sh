# shellcheck shell=dash
# What the scripts in the virtual machine share: the injector's script as it ships, and how is told what must hold. Runs in the checkout.
failed=0 count=0

# The generated constant, without a JavaScript engine: an emulated machine takes seconds to start one.
printf '%b' "$(sed -n "s/^  '\(.*\)'\$/\1/p" lib/faults/injector/script/injector-script.ts | sed "s/\\\\'/'/g")" >/run/injector.sh
[ -s /run/injector.sh ] && sh -n /run/injector.sh || exit 1

# must WHAT CONDITION: of figures only, for awk.
must() {
  count=$((count + 1))
  if awk "BEGIN { exit !($2) }" </dev/null; then echo "ok    $1 ($2)"; else failed=$((failed + 1)); echo "FAIL  $1 ($2)"; fi
}
says() { if grep -q "$2" "$1"; then echo 1; else echo 0; fi; }

# until_so SECONDS COMMAND …: looks twice a second.
until_so() {
  tries=$(($1 * 2))
  shift
  until "$@" >/dev/null 2>&1 || [ "$tries" -le 0 ]; do tries=$((tries - 1)); sleep 0.5; done
}

# tell LOG …: what the injector said, for people; and whatever its shell complained of.
tell() {
  sed -n 's/.*"phase":"\(before\|bite\|undone\|residue\|error\)","ok":\([a-z]*\),"name":"\([^"]*\)","unit":"\([^"]*\)","value":\([^,]*\),.*"message":"\([^"]*\)".*/      \1 \2: \3 \5 \4  \6/p' "$@"
  grep -hv '^{' "$@"
}

seconds_up() { cut -d . -f 1 /proc/uptime; }

# chosen NAME: was it named on the command line, or nothing? Starts its clock.
# shellcheck disable=SC2154 # the scripts that source this set it
chosen() {
  case $wanted in '  ' | *" $1 "*) begun=$(seconds_up) ;; *) return 1 ;; esac
}
took() { echo "      $1 took $(($(seconds_up) - begun)) s"; }

report() {
  echo "$((count - failed)) of $count held"
  [ "$failed" -eq 0 ]
}
