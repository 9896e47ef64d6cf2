package screen

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/tui/style"
	"github.com/ngoctl/ngoctl/tui/widget"
)

var update = flag.Bool("update", false, "write the golden files anew")

var noon = time.Date(2026, 11, 22, 6, 30, 0, 0, time.UTC)

func newToday(t *testing.T, width, height int) *Today {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	r := lipgloss.NewRenderer(&bytes.Buffer{})
	r.SetColorProfile(termenv.Ascii)
	s := NewToday(Room{
		Org:   api.Org{Org: ngo.Org{Slug: "sevai", Name: "Sevai Trust"}},
		Theme: style.New(r), Keys: style.NewKeys(), Zone: zone, Now: func() time.Time { return noon },
	})
	s.Resize(width, height)
	return s
}

// gift makes the n-th gift, later ones with greater identifiers.
func gift(n int, name string, minor int64) ngo.Donation {
	return ngo.Donation{
		ID: ngo.DonationID(fmt.Sprintf("don_%026d", n)), State: ngo.DonationReceived, Amount: ngo.Paise(minor),
		Given: "2026-11-22", Donor: ngo.Donor{Name: name, EMail: fmt.Sprintf("donor%d@example.org", n)}, Method: "upi",
		Recorded: noon.Add(time.Duration(n) * time.Minute), Receipt: "rcp_x",
	}
}

func read(s *Today, gifts ...ngo.Donation) {
	s.readAnew()
	s.Update(todayRead{request: s.read, gifts: api.Page[ngo.Donation]{Items: gifts}, figures: api.Summary{
		Today: []api.Total{{Money: ngo.Paise(12500000), Count: 3}}, Month: []api.Total{{Money: ngo.Paise(98765432), Count: 41}},
		Year: []api.Total{{Money: ngo.Paise(1234567890), Count: 812}}, Waiting: 1, ReceiptsIssued: 812, MailFailed: 2,
	}})
}

func press(s *Today, keys ...string) {
	for _, k := range keys {
		m := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)}
		switch k {
		case "enter":
			m = tea.KeyMsg{Type: tea.KeyEnter}
		case "esc":
			m = tea.KeyMsg{Type: tea.KeyEsc}
		}
		s.Update(m)
	}
}

func view(s *Today) string {
	c := widget.NewCells()
	frame := s.View(c)
	return c.Release(frame)
}

var threeGifts = []ngo.Donation{gift(3, "மீனா க்ஷமா", 500000), gift(2, "श्री कृष्ण शर्मा", 7000000), gift(1, "Meena Kumari", 5000000)}

func TestTodayLooksAsItShould(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{120, 24}, {80, 22}, {58, 16}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			s := newToday(t, size[0], size[1])
			read(s, threeGifts...)
			story := api.Donation{Donation: threeGifts[0], Receipt: &ngo.Receipt{Number: "SVT/2026-27/D/000003", State: ngo.ReceiptIssued},
				Timeline: []api.Moment{{At: noon, Text: "payment captured at razorpay"}, {At: noon.Add(time.Second), Text: "receipt SVT/2026-27/D/000003 issued"}}}
			s.Update(todayStory{request: s.told, story: story})
			golden(t, fmt.Sprintf("today_%dx%d.txt", size[0], size[1]), view(s))
		})
	}
}

func TestTodayCutsNoAmountOff(t *testing.T) {
	t.Parallel()
	for _, width := range []int{130, 80, 58} {
		s := newToday(t, width, 22)
		read(s, append(threeGifts, gift(4, "Venkata Subramanian", 9999999999999))...)
		if got := view(s); !strings.Contains(got, " ₹99,99,99,99,999.99 ") {
			t.Errorf("the amount is not whole at %d columns:\n%s", width, got)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s\nwant:\n%s", path, got, want)
	}
}

func TestTodayFillsItsRoomExactly(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{200, 60}, {110, 24}, {80, 22}, {60, 10}, {40, 8}, {20, 4}} {
		s := newToday(t, size[0], size[1])
		read(s, threeGifts...)
		c := widget.NewCells()
		lines := strings.Split(s.View(c), "\n")
		if want := max(size[1], 6); len(lines) != want {
			t.Errorf("at %v the screen has %d lines, want %d", size, len(lines), want)
		}
		for _, line := range lines {
			if w := ansi.StringWidth(line); w != size[0] {
				t.Errorf("at %v a line has %d cells: %q", size, w, line)
			}
		}
	}
}

func TestWhoGaveHowMuchIsReadAtEverySize(t *testing.T) {
	t.Parallel()
	for _, width := range []int{120, 80, 60, 56, 55, 40} {
		s := newToday(t, width, 12)
		read(s, gift(1, "Kavitha", 1_00_00_000_00))
		for _, want := range []string{"Kavitha", "₹1,00,00,000.00", "✓ received"} {
			if got := view(s); !strings.Contains(got, want) {
				t.Errorf("at %d cells there is no %s in:\n%s", width, want, got)
			}
		}
	}
}

func TestANewGiftDoesNotMoveTheChoice(t *testing.T) {
	t.Parallel()
	s := newToday(t, 80, 22)
	read(s, gift(2, "b", 1), gift(1, "a", 1))
	press(s, "j")
	read(s, gift(4, "d", 1), gift(3, "c", 1), gift(2, "b", 1), gift(1, "a", 1))
	if want := gift(1, "a", 1).ID; s.chosen != want {
		t.Errorf("chosen = %s, want still %s", s.chosen, want)
	}
}

func TestALateAnswerIsDropped(t *testing.T) {
	t.Parallel()
	s := newToday(t, 80, 22)
	s.readAnew()
	late := todayRead{request: s.read, gifts: api.Page[ngo.Donation]{Items: []ngo.Donation{gift(1, "old", 1)}}}
	read(s, gift(2, "new", 1))
	s.Update(late)
	if len(s.gifts) != 1 || s.gifts[0].Donor.Name != "new" {
		t.Errorf("gifts = %v, want the later answer's", s.gifts)
	}
}

func TestSendingAgainNeedsAReason(t *testing.T) {
	t.Parallel()
	s := newToday(t, 80, 22)
	read(s, threeGifts...)
	s.Update(todayStory{request: s.told, story: api.Donation{Donation: threeGifts[0], Receipt: &ngo.Receipt{ID: "rcp_x"}}})
	press(s, "s")
	if s.dialog == nil || !strings.Contains(view(s), "again. Why?") {
		t.Fatalf("s did not ask:\n%s", view(s))
	}
	if cmd := s.Update(tea.KeyMsg{Type: tea.KeyEnter}); cmd != nil || s.dialog == nil {
		t.Error("enter alone sent the receipt")
	}
	if cmd := answer(s, "the donor has lost it"); cmd == nil || s.dialog != nil {
		t.Error("a reason did not send the receipt")
	}
}

func TestFilterFindsByNameInAnyScript(t *testing.T) {
	t.Parallel()
	s := newToday(t, 80, 22)
	read(s, threeGifts...)
	press(s, "/", "கிருஷ்", "esc", "/", "शर्मा", "enter")
	if got := s.shown(); len(got) != 1 || got[0].ID != threeGifts[1].ID || s.chosen != threeGifts[1].ID {
		t.Errorf("filter shows %v, chosen %s; want %s alone", got, s.chosen, threeGifts[1].ID)
	}
	press(s, "esc")
	if got := len(s.shown()); got != 3 {
		t.Errorf("after esc %d gifts show, want 3", got)
	}
}

func TestHostileNamesStayInTheirCell(t *testing.T) {
	t.Parallel()
	s := newToday(t, 80, 22)
	read(s, gift(1, "\x1b]52;c;ZXZpbA==\x07\x1b[2J\u202eevil\r\n\x9b31m", 100))
	if got := view(s); strings.ContainsAny(got, "\x1b\x07\r\u202e\u009b") {
		t.Errorf("a control sign reached the screen: %q", got)
	}
}

// A page that does not reach what was read before leaves a hole: the older gifts are then read anew, when they are asked for.
func TestNoGiftIsMissingBetweenTwoReads(t *testing.T) {
	t.Parallel()
	s := newToday(t, 120, 24)
	read(s, gift(3, "C", 300), gift(2, "B", 200), gift(1, "A", 100))
	s.readAnew()
	s.Update(todayRead{request: s.read, gifts: api.Page[ngo.Donation]{
		Items: []ngo.Donation{gift(9, "I", 900), gift(8, "H", 800)}, Next: string(gift(8, "", 0).ID),
	}})
	if len(s.gifts) != 2 || s.next != string(gift(8, "", 0).ID) {
		t.Errorf("after a page that ends at gift 8 and begins behind gift 3: %d gifts, next %q; want the page alone", len(s.gifts), s.next)
	}
	s.readAnew()
	s.Update(todayRead{request: s.read, gifts: api.Page[ngo.Donation]{
		Items: []ngo.Donation{gift(10, "J", 1000), gift(9, "I", 900)}, Next: string(gift(9, "", 0).ID),
	}})
	if len(s.gifts) != 3 || s.gifts[2].ID != gift(8, "", 0).ID {
		t.Errorf("after a page that touches what was read: %d gifts, want three", len(s.gifts))
	}
}
