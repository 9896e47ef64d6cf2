package widget

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
)

var moves = regexp.MustCompile(`\x1b\[\d+[XG]`)

// bare takes the cursor movements out that Release writes.
func bare(s string) string { return moves.ReplaceAllString(s, "") }

func TestReleaseGivesBackWhatWasHeld(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"Meena", "ஸ்ரீ கோபாலகிருஷ்ணன்", "क्षत्रिय ज्ञान", "श्री कृष्ण शर्मा, Delhi", "👩‍👩‍👧 gift 🙏🏽", "é (e with an accent apart)", "मीना மீனா Meena", "",
	} {
		c := NewCells()
		if got := bare(c.Release(c.Hold(s))); got != s {
			t.Errorf("Release(Hold(%q)) = %q", s, got)
		}
	}
}

func TestHeldTextHasTheWidthOfTerminals(t *testing.T) {
	t.Parallel()
	// Widths as xterm, VTE, Alacritty and tmux report them.
	for s, want := range map[string]int{"हिन्दी": 5, "கோபாலகிருஷ்ணன்": 12, "श्री": 3, "Meena": 5} {
		c := NewCells()
		held := c.Hold(s)
		if got := lipgloss.Width(held); got != want {
			t.Errorf("width of held %q = %d, want %d", s, got, want)
		}
	}
}

func TestRowsEndInTheSameColumnWhateverTheScript(t *testing.T) {
	t.Parallel()
	table := Table{Columns: []Column{{Title: "Donor"}, {Title: "Amount", Width: 10, Right: true}}}
	for _, width := range []int{30, 50, 80} {
		c := NewCells()
		var rows [][]string
		for _, name := range []string{"Meena", "கோபாலகிருஷ்ணன் க்ஷமா சௌந்தர்யா", "श्री कृष्ण शर्मा द्वारा हिन्दी", "🙏🏽 from all of us"} {
			rows = append(rows, []string{c.Hold(name), "1,00,000"})
		}
		for _, line := range strings.Split(table.View(width, rows, 1), "\n") {
			if got := ansi.StringWidth(line); got != width {
				t.Errorf("at width %d a line has %d cells: %q", width, got, line)
			}
			released := c.Release(line)
			if !strings.HasSuffix(strings.TrimRight(released, " "), "1,00,000") && !strings.HasSuffix(strings.TrimRight(released, " "), "Amount") {
				t.Errorf("at width %d a line lost its amount: %q", width, released)
			}
		}
	}
}

func TestACutClusterLeavesBlanks(t *testing.T) {
	t.Parallel()
	c := NewCells()
	held := c.Hold("कि") // one cluster of two cells
	cut := ansi.Truncate(held, 1, "")
	if got := bare(c.Release(cut)); got != " " {
		t.Errorf("a cluster cut in two shows %q, want a blank", got)
	}
}

func TestReleaseKeepsStyles(t *testing.T) {
	t.Parallel()
	c := NewCells()
	line := "\x1b[1m" + c.Hold("மீனா") + "\x1b[0m |"
	got := c.Release(line)
	if !strings.HasPrefix(got, "\x1b[1m") || !strings.HasSuffix(got, "\x1b[0m |") || !strings.Contains(got, "மீனா") {
		t.Errorf("Release changed the style: %q", got)
	}
}

func FuzzCells(f *testing.F) {
	for _, s := range []string{"मीना", "a\u0bcd", "\U000F0000", "\U0010FF00x", "e\u0301\u0301\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return held(r) || r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 }) {
			t.Skip("not what Hold is given")
		}
		c := NewCells()
		if got := bare(c.Release(c.Hold(s))); got != s {
			t.Errorf("Release(Hold(%q)) = %q", s, got)
		}
	})
}

// The signs of one letter on both sides of a style, as where a cursor stands, and what is held twice.
func TestHoldLeavesStylesAndWhatIsHeldAlone(t *testing.T) {
	t.Parallel()
	const styled = "\x1b[1mம\x1b[7mீ\x1b[0mனா " // the m that ends a style is no letter
	c := NewCells()
	held := c.Hold(styled)
	if got := c.Hold(held); got != held {
		t.Errorf("held twice it is %q, want %q", got, held)
	}
	if got := bare(c.Release(c.Hold(held + "\u0bbe"))); got != styled+"\u0bbe" {
		t.Errorf("released it is %q, want %q", got, styled+"\u0bbe")
	}
}
