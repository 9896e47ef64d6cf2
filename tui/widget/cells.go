package widget

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/rivo/uniseg"
)

// Terminals and libraries disagree about how many cells a Tamil or Hindi letter takes, and a table laid out by the wrong
// number shears. Cells makes them agree: Hold replaces each cluster in dispute by as many private-use signs as xterm,
// VTE, Alacritty, Konsole and tmux give it cells, which every library counts as one each; layout works on those. Release,
// last of all, erases the cells, writes the cluster, and moves the cursor to the exact column where the next thing
// belongs, whatever the terminal made of the letters.
//
// One Cells serves one frame, so that its table cannot grow; it is not safe for concurrent use.
type Cells struct {
	ids      map[string]rune
	clusters []string
}

// The signs: heldBase+n stands for the first cell of cluster n, continued for each further one. Both lie in planes that
// no text uses.
const (
	heldBase  = rune(0xF0000)
	heldMost  = 0xFFFD
	continued = rune(0x10FF00)
)

// NewCells makes the table for one frame.
func NewCells() *Cells { return &Cells{ids: map[string]rune{}} }

// Hold readies text that is to be shown. Escape sequences, which are the desk's own, and what is held already stay as they
// are; text from strangers goes through ngo.Printable first.
func (c *Cells) Hold(s string) string {
	if ascii(s) {
		return s
	}
	var b strings.Builder
	for s != "" {
		text := s
		if i := strings.IndexByte(s, ansi.ESC); i >= 0 {
			text = s[:i]
		}
		c.holdText(&b, text)
		sequence, _, _, _ := ansi.DecodeSequence(s[len(text):], 0, nil)
		b.WriteString(sequence)
		s = s[len(text)+len(sequence):]
	}
	return b.String()
}

func (c *Cells) holdText(b *strings.Builder, s string) {
	for g := uniseg.NewGraphemes(s); g.Next(); {
		cluster := g.Str()
		if r, size := utf8.DecodeRuneInString(cluster); held(r) { // with a mark behind it that is not
			b.WriteString(cluster[:size])
			cluster = cluster[size:]
		}
		if !disputed(cluster) {
			b.WriteString(cluster)
			continue
		}
		c.hold(b, cluster)
	}
}

func (c *Cells) hold(b *strings.Builder, cluster string) {
	id, known := c.ids[cluster]
	if !known {
		if len(c.clusters) > heldMost {
			b.WriteByte('?') // a frame has far fewer cells than this
			return
		}
		id = heldBase + rune(len(c.clusters))
		c.ids[cluster], c.clusters = id, append(c.clusters, cluster)
	}
	b.WriteRune(id)
	for range width(cluster) - 1 {
		b.WriteRune(continued)
	}
}

// width is the number of cells of a cluster, by the table that agrees with the most terminals.
func width(cluster string) int { return max(ansi.StringWidthWc(cluster), 1) }

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// disputed tells whether terminals differ over a cluster. All letters of India's scripts count, alone as well, so that a
// word stays in one run and is shaped as a whole.
func disputed(cluster string) bool {
	r, size := utf8.DecodeRuneInString(cluster)
	return size < len(cluster) || unicode.Is(unicode.M, r) || r >= 0x0900 && r <= 0x0DFF
}

// Release puts the clusters back into a finished frame.
func (c *Cells) Release(frame string) string {
	if len(c.clusters) == 0 {
		return frame
	}
	lines := strings.Split(frame, "\n")
	for i, line := range lines {
		if strings.ContainsFunc(line, held) {
			lines[i] = c.releaseLine(line)
		}
	}
	return strings.Join(lines, "\n")
}

func held(r rune) bool { return r >= heldBase }

func (c *Cells) releaseLine(line string) string {
	var out, run strings.Builder
	col, start := 0, -1
	flush := func() {
		if start < 0 {
			return
		}
		fmt.Fprintf(&out, "\x1b[%dX%s\x1b[%dG", col-start, run.String(), col+1)
		run.Reset()
		start = -1
	}
	state := byte(0)
	for len(line) > 0 {
		seq, w, n, next := ansi.DecodeSequence(line, state, nil)
		state, line = next, line[n:]
		r, _ := utf8.DecodeRuneInString(seq)
		if !held(r) {
			flush()
			out.WriteString(seq)
			col += w
			continue
		}
		if start < 0 {
			start = col
		}
		text, cells, rest := c.take(r, line)
		run.WriteString(text)
		col, line = col+cells, rest
	}
	flush()
	return out.String()
}

// take gives the cluster that starts with r, its cells, and the rest of the line behind it; where layout cut through a
// cluster, blanks.
func (c *Cells) take(r rune, line string) (text string, cells int, rest string) {
	cells = 1
	if r == continued || int(r-heldBase) >= len(c.clusters) {
		return " ", 1, line
	}
	cluster := c.clusters[r-heldBase]
	for want := width(cluster); cells < want; cells++ {
		next, size := utf8.DecodeRuneInString(line)
		if next != continued {
			return strings.Repeat(" ", cells), cells, line
		}
		line = line[size:]
	}
	return cluster, cells, line
}
