#compdef ngoctl
# zsh completion for ngoctl. Install: ngoctl completion zsh > "${fpath[1]}/_ngoctl"
_ngoctl() {
	local -a lines
	lines=("${(@f)$(ngoctl __complete zsh -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
	if [[ ${lines[1]} == "#files" ]]; then
		_files
		return
	fi
	local -a found
	local line
	for line in $lines; do
		[[ -n $line ]] && found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
	done
	_describe ngoctl found
}
if [ "$funcstack[1]" = "_ngoctl" ]; then
	_ngoctl
else
	compdef _ngoctl ngoctl
fi
