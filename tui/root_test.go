package tui

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/tui/screen"
	"github.com/ngoctl/ngoctl/tui/style"
	"github.com/ngoctl/ngoctl/tui/widget"
)

func newTestRoot(t *testing.T, org, who string) *root {
	t.Helper()
	r := lipgloss.NewRenderer(&bytes.Buffer{})
	r.SetColorProfile(termenv.Ascii)
	m := newRoot(screen.Room{
		Org: api.Org{Org: ngo.Org{Slug: "sevai", Name: org}}, Theme: style.New(r), Keys: style.NewKeys(), Zone: time.UTC, Now: time.Now,
	}, api.Status{Actor: who})
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 20})
	return m
}

// head gives the first line of the screen.
func head(m *root) string {
	line, _, _ := strings.Cut(m.View(), "\n")
	return line
}

func TestHeaderTellsHowFreshTheScreenIs(t *testing.T) {
	t.Parallel()
	m := newTestRoot(t, "Sevai Trust", "user:meena")
	if got := head(m); !strings.Contains(got, "! not live yet") {
		t.Errorf("at first: %q, want it to say that nothing is live yet", got)
	}
	at := time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
	for _, step := range []struct {
		name string
		msg  linked
		want string
	}{
		{"connected", linked{at: at}, "live"},
		{"cut off", linked{err: errors.New("gone"), at: at.Add(time.Minute)}, "! stale since 09:31"},
		{"still cut off", linked{err: errors.New("gone"), at: at.Add(time.Hour)}, "! stale since 09:31"},
		{"connected again", linked{at: at.Add(2 * time.Hour)}, "live"},
	} {
		m.Update(step.msg)
		if got := head(m); !strings.HasSuffix(strings.TrimRight(got, " "), step.want) {
			t.Errorf("%s: %q, want %q at its end", step.name, got, step.want)
		}
	}
}

func TestHeaderShowsNoStrangersSigns(t *testing.T) {
	t.Parallel()
	m := newTestRoot(t, "Sevai\x1b[2J", "user:\x1b]0;x\a")
	if got := m.View(); strings.Contains(got, "\x1b") {
		t.Errorf("the screen holds an escape sequence: %q", got)
	}
}

// What does not fit into the last line takes more of them, and a link that fits into a line is not torn.
func TestALongNoticeIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	const link = "http://127.0.0.1:8443/files/sevai.kq3v-9xw2m5t7y8z4a6b1c2d3e4f5g6h7i8j9k0l1m2n"
	m := newTestRoot(t, "Sevai Trust", "user:meena")
	rows := strings.Count(m.View(), "\n")
	m.Update(screen.Notice{Text: "मीना " + strings.Repeat("word ", 20) + "end\n" + link + link})
	got := m.View()
	if !strings.Contains(got, "end") || !strings.Contains(strings.ReplaceAll(got, "\n", ""), link+link) || strings.Count(got, "\n") != rows {
		t.Errorf("the screen is\n%s", got)
	}
	m.Update(tea.WindowSizeMsg{Width: 10, Height: 6})
	narrow := strings.Count(m.View(), "\n")
	m.Update(tea.KeyMsg{Type: tea.KeyF1})
	if got := strings.Count(m.View(), "\n"); got != narrow {
		t.Errorf("on a small screen it draws %d lines with a notice and %d without", narrow+1, got+1)
	}
}

// How to get on and how to leave stands on the smallest of the sizes that we care for.
func TestTheWayOutIsAlwaysShown(t *testing.T) {
	t.Parallel()
	m := newTestRoot(t, "Sevai Trust", "user:meena")
	foot := func() string {
		lines := strings.Split(m.View(), "\n")
		return lines[len(lines)-1]
	}
	for _, size := range [][2]int{{60, 14}, {80, 24}, {120, 40}} {
		m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		if got := foot(); !strings.Contains(got, "1 2 3 rooms   ? all keys   q quit") || ansi.StringWidth(got) != size[0] {
			t.Errorf("at %d cells the last line is %q", size[0], got)
		}
	}
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	for _, room := range []string{"1", "2", "3"} {
		m.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(room)})
		m.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("?")})
		if got := m.View(); !strings.Contains(got, "quit at once") || !strings.Contains(got, "a page down") && room != "1" || !strings.Contains(got, "find") {
			t.Errorf("not all keys of room %s are told:\n%s", room, got)
		}
		m.Update(tea.KeyMsg{Type: tea.KeyEsc})
	}
	m.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("/")})
	if got := foot(); strings.Contains(got, "q quit") || !strings.Contains(got, "esc") {
		t.Errorf("while letters are text the last line is %q", got)
	}
}

func TestKeysOfTheRoot(t *testing.T) {
	t.Parallel()
	m := newTestRoot(t, "Sevai Trust", "user:meena")
	press := func(k string) bool {
		_, cmd := m.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)})
		if cmd == nil {
			return false
		}
		_, quits := cmd().(tea.QuitMsg)
		return quits
	}
	press("?")
	if got := m.View(); !strings.Contains(got, "Keys on Today") || strings.Count(got, "\n") != 19 {
		t.Errorf("help: %q, want it on 20 lines", got)
	}
	if press("q") || strings.Contains(m.View(), "Keys on Today") {
		t.Error("a key in the help does more than leave it")
	}
	if press("/"); press("q") {
		t.Error("q ends the desk while a name is typed")
	}
	m.Update(tea.KeyMsg{Type: tea.KeyEsc})
	if !press("q") {
		t.Error("q does not end the desk")
	}
}

func TestKeysThatComeTogetherAreTakenOneByOne(t *testing.T) {
	t.Parallel()
	m := newTestRoot(t, "Sevai Trust", "user:meena")
	m.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("/quick")})
	if got := m.View(); !strings.Contains(got, "/ quick") {
		t.Errorf("a name typed at once with the key that asks for it: %q, want the name in the filter", got)
	}
}

// cells is how far to the right a terminal writes in a line of the screen: by the table that agrees with the most of them,
// sign after sign, and moved where the line says so.
func cells(line string) (most int) {
	state, col := byte(0), 0
	for len(line) > 0 {
		seq, _, n, next := ansi.DecodeSequence(line, state, nil)
		state, line = next, line[n:]
		switch {
		case !strings.HasPrefix(seq, "\x1b"):
			col += ansi.StringWidthWc(seq)
			most = max(most, col)
		case strings.HasSuffix(seq, "G"):
			col, _ = strconv.Atoi(seq[2 : len(seq)-1])
			col--
		}
	}
	return most
}

// emptyHouse is a daemon in which nothing is found.
func emptyHouse(t *testing.T) *api.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(api.HeaderVersion, api.Version)
		w.Write([]byte("{}"))
	}))
	t.Cleanup(server.Close)
	client, err := api.New(api.Options{Server: server.URL, Token: "t", Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// A line that a terminal finds too long goes on in the next, and every line below it stands in the wrong place from then on.
func TestNoLineWithIndicLettersIsWiderThanTheTerminal(t *testing.T) {
	t.Parallel()
	client := emptyHouse(t)
	for _, word := range []string{"மீனா", "मीना", "நிறுத்து", strings.Repeat("கோபாலகிருஷ்ணன் ", 5)} {
		for _, room := range []string{"1", "2", "3"} {
			m := newTestRoot(t, "Sevai Trust", "user:meena")
			m.room.Client = client
			look := func(what, shown string) {
				got := m.View()
				for i, line := range strings.Split(got, "\n") {
					if n := cells(line); n > 80 {
						t.Errorf("room %s, %q %s: line %d of the screen takes %d cells of 80: %q", room, word, what, i+1, n, line)
					}
				}
				if bare := ansi.Strip(got); !strings.Contains(bare, shown) {
					t.Errorf("room %s, %q %s: %q is not shown in\n%s", room, word, what, shown, bare)
				}
			}
			for _, key := range []string{room, "/", word} {
				m.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(key)})
			}
			look("typed", string([]rune(word)[len([]rune(word))-4:])+"▏")
			for range 4 {
				m.Update(tea.KeyMsg{Type: tea.KeyLeft})
				look("with the cursor in it", "▏")
			}
			if _, cmd := m.Update(tea.KeyMsg{Type: tea.KeyEnter}); cmd != nil {
				m.Update(cmd())
			}
			look("looked for", string([]rune(word)[:4]))
		}
	}
}

// What a room forgot to hold, the root does.
func TestWhatIsNotHeldStaysInItsLine(t *testing.T) {
	t.Parallel()
	m := newTestRoot(t, "Sevai Trust", "user:meena")
	m.front = forgetful{m.front}
	for i, line := range strings.Split(m.View(), "\n") {
		if n := cells(line); n > 80 {
			t.Errorf("line %d of the screen takes %d cells of 80: %q", i+1, n, line)
		}
	}
}

// forgetful is a room that lays text out by the library's count.
type forgetful struct{ screen.Screen }

func (forgetful) View(*widget.Cells) string {
	return lipgloss.NewStyle().Width(80).Bold(true).Render("found: கோபாலகிருஷ்ணன்") + strings.Repeat("\n", 17)
}
