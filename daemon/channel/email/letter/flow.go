package letter

import "strings"

// flowed joins the lines of text that was broken only to fit into a mail (RFC 3676).
func flowed(text string, deleteSpace bool) string {
	var out strings.Builder
	open, depth := false, 0
	for line := range strings.SplitSeq(text, "\n") {
		rest := strings.TrimLeft(line, ">")
		d := len(line) - len(rest)
		rest = strings.TrimPrefix(rest, " ") // put there so that the line does not look quoted
		if open && (d != depth || rest == "-- ") {
			out.WriteByte('\n')
			open = false
		}
		if !open && d > 0 {
			out.WriteString(strings.Repeat(">", d) + " ")
		}
		depth = d
		open = strings.HasSuffix(rest, " ") && rest != "-- "
		if open && deleteSpace {
			rest = strings.TrimSuffix(rest, " ")
		}
		out.WriteString(rest)
		if !open {
			out.WriteByte('\n')
		}
	}
	return strings.TrimSuffix(out.String(), "\n")
}
