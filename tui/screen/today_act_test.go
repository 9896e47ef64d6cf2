package screen

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// held makes a screen whose chosen gift is held.
func held(t *testing.T, width int) *Today {
	t.Helper()
	s := newToday(t, width, 22)
	g := gift(1, "மீனா", 100100)
	g.State, g.Reason, g.Receipt = ngo.DonationHeld, "The gift was paid from abroad.", ""
	read(s, g)
	s.Update(todayStory{request: s.told, story: api.Donation{Donation: g}})
	return s
}

// answer types into the question that is open.
func answer(s *Today, text string) tea.Cmd {
	for _, r := range text {
		s.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
	}
	return s.Update(tea.KeyMsg{Type: tea.KeyEnter})
}

// said runs a command that ends in a notice.
func said(t *testing.T, cmd tea.Cmd) string {
	t.Helper()
	if cmd == nil {
		t.Fatal("nothing is said")
	}
	n, ok := cmd().(Notice)
	if !ok {
		t.Fatal("no notice is given")
	}
	return n.Text
}

func TestHoldingAsksWhy(t *testing.T) {
	t.Parallel()
	for _, width := range []int{120, 80, 40} {
		s := held(t, width)
		press(s, "h")
		if got := view(s); !strings.Contains(ansi.Strip(got), "Hold மீனா") || !s.Busy() {
			t.Fatalf("at %d cells h does not ask:\n%s", width, got)
		}
		if cmd := answer(s, "  "); cmd != nil || s.dialog == nil {
			t.Error("it was held without a reason")
		}
		if cmd := answer(s, "q: ask"); cmd == nil || s.dialog != nil {
			t.Error("with a reason it is not held")
		}
	}
}

func TestEscLeavesAQuestionWithoutDoingAnything(t *testing.T) {
	t.Parallel()
	for _, k := range []string{"h", "e", "f"} {
		s := held(t, 80)
		press(s, k)
		if s.dialog == nil {
			t.Fatalf("%s asks nothing", k)
		}
		cmd := s.Update(tea.KeyMsg{Type: tea.KeyEsc})
		if got := said(t, cmd); got != "nothing was done" || s.dialog != nil {
			t.Errorf("esc after %s says %q", k, got)
		}
	}
}

func TestPayingBackNeedsAmountReasonAndYes(t *testing.T) {
	t.Parallel()
	s := held(t, 80)
	press(s, "f")
	if got := view(s); !strings.Contains(got, "Pay back to") {
		t.Fatalf("the amount that is left is not offered:\n%s", got)
	}
	if cmd := answer(s, ""); cmd != nil {
		t.Fatal("the amount alone pays back")
	}
	answer(s, "paid twice")
	for _, no := range []string{"", "y", "no"} {
		if cmd := answer(s, no); cmd != nil || s.dialog == nil {
			t.Fatalf("%q pays back", no)
		}
		s.dialog.input.SetValue("")
	}
	if cmd := answer(s, "yes"); cmd == nil || s.dialog != nil {
		t.Error("yes does not pay back")
	}
}

func TestNothingIsLeftToPayBack(t *testing.T) {
	t.Parallel()
	s := held(t, 80)
	s.story.Returned = s.story.Amount.Minor
	if got := said(t, s.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("f")})); !strings.Contains(got, "nothing") {
		t.Errorf("f says %q", got)
	}
}

func TestEditingWithoutAChangeDoesNothing(t *testing.T) {
	t.Parallel()
	s := held(t, 80)
	press(s, "e")
	var cmd tea.Cmd
	for range 5 {
		if s.dialog == nil {
			t.Fatal("fewer than five facts are asked for")
		}
		cmd = answer(s, "")
	}
	if got := said(t, cmd); got != "nothing was changed" {
		t.Errorf("after five times enter: %q", got)
	}
}

func TestUndo(t *testing.T) {
	t.Parallel()
	s := held(t, 80)
	undo := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("u")}
	if got := said(t, s.Update(undo)); !strings.Contains(got, "nothing was done here") {
		t.Errorf("u before anything was done says %q", got)
	}
	after := s.gifts[0]
	after.State = ngo.DonationReceived
	s.Update(todayDone{gift: after, act: &ngo.Act{ID: "act_x", Title: "released"}, said: "let go on"})
	if s.last == nil || s.gifts[0].State != ngo.DonationReceived {
		t.Fatal("what was done is not shown, or not kept to be undone")
	}
	if cmd := s.Update(undo); cmd == nil {
		t.Error("u does not undo")
	}
	s.Update(todayDone{said: "taken back"})
	if s.last != nil {
		t.Error("an act can be undone twice")
	}
}

func TestLanes(t *testing.T) {
	t.Parallel()
	s := held(t, 80)
	for _, want := range []api.DonationQuery{{State: ngo.DonationWaiting}, {State: ngo.DonationHeld}, {Mark: api.MarkAny}, {}} {
		s.Update(tea.KeyMsg{Type: tea.KeyTab})
		want.Limit = page
		if got := s.query(""); got != want {
			t.Errorf("tab asks for %+v; want %+v", got, want)
		}
		if len(s.gifts) != 0 {
			t.Error("gifts of another lane stay on the screen")
		}
		read(s, gift(2, "b", 1), gift(1, "a", 1))
	}
}

// What was dealt with leaves its lane, and the choice goes to the one behind it.
func TestActAndAdvance(t *testing.T) {
	t.Parallel()
	s := newToday(t, 80, 22)
	s.lane = 2
	read(s, gift(3, "c", 1), gift(2, "b", 1), gift(1, "a", 1))
	press(s, "j")
	read(s, gift(3, "c", 1), gift(1, "a", 1))
	if want := gift(1, "a", 1).ID; s.chosen != want {
		t.Errorf("chosen = %s; want %s, which took its place", s.chosen, want)
	}
}

func TestMarksShow(t *testing.T) {
	t.Parallel()
	s := newToday(t, 120, 24)
	slip, missed := gift(2, "b", 1), gift(1, "a", 1)
	slip.Slip, missed.Recovered = "don_x", true
	read(s, slip, missed)
	for _, want := range []string{"! slip?", "! recovered"} {
		if got := view(s); !strings.Contains(got, want) {
			t.Errorf("there is no %q in:\n%s", want, got)
		}
	}
}

// A question is about the gift that is shown with it, also when that gift leaves the list before the answer.
func TestTheChoiceStaysWhileAQuestionIsOpen(t *testing.T) {
	t.Parallel()
	for _, k := range []string{"h", "e", "f", "s"} {
		s := held(t, 120)
		s.lane = 2
		g := gift(1, "மீனா", 100100)
		s.Update(todayStory{request: s.told, story: api.Donation{Donation: g, Receipt: &ngo.Receipt{ID: "rct_1"}}})
		press(s, k)
		if !s.Busy() {
			t.Fatalf("%s asks nothing", k)
		}
		read(s, gift(2, "Ravi", 5000))
		if s.chosen != g.ID || s.story == nil || s.story.ID != g.ID || strings.Contains(view(s), "Ravi") {
			t.Errorf("after %s the choice moved to %s:\n%s", k, s.chosen, view(s))
		}
		before := s.read
		if cmd := s.Update(tea.KeyMsg{Type: tea.KeyEsc}); cmd == nil || s.Busy() || s.read == before {
			t.Errorf("after %s and esc the list is not read again", k)
		}
		read(s, gift(2, "Ravi", 5000))
		if got := view(s); !strings.Contains(got, "Ravi") {
			t.Errorf("after %s and esc the list is old:\n%s", k, got)
		}
	}
}

func TestReceiptsAreVoidedAndReplacedWithReasonAndYes(t *testing.T) {
	t.Parallel()
	for _, k := range []string{"V", "R"} {
		s := newToday(t, 120, 24)
		g := gift(1, "மீனா", 100100)
		read(s, g)
		if got := said(t, s.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)})); !strings.Contains(got, "no receipt") {
			t.Errorf("%s without a receipt says %q", k, got)
		}
		s.Update(todayStory{request: s.told, story: api.Donation{Donation: g, Receipt: &ngo.Receipt{ID: "rcp_x", Number: "SVT/2026-27/D/000003"}}})
		press(s, k)
		if got := view(s); !strings.Contains(got, "SVT/2026-27/D/000003 of ") {
			t.Fatalf("%s does not say which receipt:\n%s", k, got)
		}
		if cmd := answer(s, ""); cmd != nil {
			t.Errorf("%s goes on without a reason", k)
		}
		answer(s, "wrong donor")
		if cmd := answer(s, "no"); cmd != nil || s.dialog == nil {
			t.Errorf("%s goes on without a yes", k)
		}
		s.dialog.input.SetValue("")
		if cmd := answer(s, "yes"); cmd == nil || s.dialog != nil {
			t.Errorf("%s does nothing after yes", k)
		}
	}
}

func TestIssuingIsForGiftsWithoutAReceipt(t *testing.T) {
	t.Parallel()
	s := newToday(t, 120, 24)
	g := gift(1, "மீனா", 100100)
	read(s, g)
	issue := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("i")}
	if got := said(t, s.Update(issue)); !strings.Contains(got, "has a receipt") {
		t.Errorf("i on a gift with a receipt says %q", got)
	}
	g.Receipt = ""
	read(s, g)
	s.Update(todayStory{request: s.told, story: api.Donation{Donation: g}})
	s.Update(issue)
	if s.dialog == nil {
		t.Fatal("i asks nothing")
	}
	if cmd := answer(s, "voided by mistake"); cmd == nil {
		t.Error("with a reason nothing is issued")
	}
}

func TestOpeningSaysWhereThereIsNoViewer(t *testing.T) {
	t.Parallel()
	s := newToday(t, 120, 24)
	g := gift(1, "மீனா", 100100)
	read(s, g)
	s.Update(todayStory{request: s.told, story: api.Donation{Donation: g, Receipt: &ngo.Receipt{ID: "rcp_x", Number: "SVT/2026-27/D/000003"}}})
	if got := said(t, s.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("o")})); !strings.Contains(got, "ngoctl receipt save SVT/2026-27/D/000003") {
		t.Errorf("o says %q", got)
	}
	s.room.Open = func(string, []byte) error { return nil }
	if cmd := s.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("o")}); cmd == nil {
		t.Error("o does nothing where there is a viewer")
	}
}
