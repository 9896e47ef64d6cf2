package screen

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestCashIsEnteredWithoutAGiftChosen(t *testing.T) {
	t.Parallel()
	s := newToday(t, 80, 22)
	read(s)
	press(s, "n")
	if got := view(s); !strings.Contains(got, "Cash given today") {
		t.Fatalf("n asks nothing:\n%s", got)
	}
	if cmd := answer(s, ""); cmd != nil || s.dialog == nil {
		t.Error("a gift of nothing is entered")
	}
	answer(s, "lots")
	var cmd tea.Cmd
	for range 4 {
		cmd = answer(s, "")
	}
	if n, ok := cmd().(Notice); !ok || !n.Bad {
		t.Errorf("an amount that is none leads to %v", n)
	}
	press(s, "n")
	for _, a := range []string{"5,000", "Meena", "", "", ""} {
		cmd = answer(s, a)
	}
	if cmd == nil || s.dialog != nil {
		t.Error("the gift is not entered")
	}
}

// Whoever takes an entry back must not believe that the donor is paid.
func TestAGiftByHandGoesBackByHand(t *testing.T) {
	t.Parallel()
	s := held(t, 120)
	s.story.Payment = &ngo.Payment{Ref: "desk_1"}
	press(s, "f")
	if got := view(s); !strings.Contains(got, "Nobody is paid by this") {
		t.Errorf("f asks otherwise:\n%s", got)
	}
}
