# bash completion for ngoctl. Install: ngoctl completion bash > /etc/bash_completion.d/ngoctl
_ngoctl() {
	local IFS=$'\n' word line
	COMPREPLY=()
	# COMP_WORDS splits at "=" and ":"; the line itself is whole.
	line=${COMP_LINE:0:COMP_POINT}
	word=${line##*[[:space:]]}
	for line in $(ngoctl __complete bash -- "${COMP_WORDS[@]:1:COMP_CWORD-1}" "$word" 2>/dev/null); do
		COMPREPLY+=("${line%%$'\t'*}")
	done
	if [ ${#COMPREPLY[@]} -eq 1 ] && [ "${COMPREPLY[0]}" = "#files" ]; then
		COMPREPLY=()
		compopt -o default
	fi
}
complete -F _ngoctl ngoctl
