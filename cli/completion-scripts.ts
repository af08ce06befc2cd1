/** Shells that completion can be had for. */
export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/**
 * A shell asks the command itself what fits (`faultline __complete WORD…`, the last word being the one at the cursor): one answer a line,
 * with a description after a tab. Files are the shell's own to complete, where the command answers `:files`.
 */
export const completionScripts: Readonly<Record<Shell, string>> = {
  bash: `# faultline completion for bash: source <(faultline completion bash)
_faultline() {
  local line words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = ':files' ]; then
      compopt -o default 2>/dev/null
    else
      COMPREPLY+=("\${line%%$'\\t'*}")
    fi
  done < <("\${COMP_WORDS[0]}" __complete "\${words[@]}" 2>/dev/null)
}
complete -F _faultline faultline
`,
  zsh: `#compdef faultline
# faultline completion for zsh: source <(faultline completion zsh)
_faultline() {
  local line files
  local -a found
  while IFS= read -r line; do
    if [[ $line == ':files' ]]; then files=1; else found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}"); fi
  done < <("$words[1]" __complete "\${(@)words[2,$CURRENT]}" 2>/dev/null)
  _describe faultline found
  [[ -z $files ]] || _files
}
compdef _faultline faultline
`,
  fish: `# faultline completion for fish: faultline completion fish | source
function __faultline_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
        if test "$line" = ':files'
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c faultline -f -a '(__faultline_complete)'
`,
}
