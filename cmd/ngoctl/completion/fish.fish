# fish completion for ngoctl. Install: ngoctl completion fish > ~/.config/fish/completions/ngoctl.fish
function __ngoctl_complete
	set -l words (commandline -opc) (commandline -ct)
	set -l found (ngoctl __complete fish -- $words[2..-1] 2>/dev/null)
	if test "$found" = "#files"
		__fish_complete_path (commandline -ct)
		return
	end
	printf '%s\n' $found
end
complete -c ngoctl -f -a '(__ngoctl_complete)'
