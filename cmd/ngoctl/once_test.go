package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// deaf is a server that takes what is written and hangs up without an answer. It keeps the bodies.
func deaf(t *testing.T) (url string, bodies func() []string) {
	t.Helper()
	var mu sync.Mutex
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		got = append(got, string(body))
		mu.Unlock()
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(server.Close)
	return server.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return got
	}
}

// Whatever takes --key is tried again under one key, and says with which command the writer can go on trying.
func TestALostAnswerIsAskedForAgainUnderOneKey(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args  []string
		stdin string
		with  string // what has to be there besides
	}{
		{args: []string{"conversation", "reply", exampleConversation, "It's on its way."}},
		{args: []string{"conversation", "reply", exampleConversation, "once", "--key", "mine"}},
		{args: []string{"conversation", "reply", exampleConversation, "-"}, stdin: "long", with: " with the same text on standard input"},
		{args: []string{"conversation", "note", exampleConversation, "மீனா"}},
		{args: []string{"template", "send", "per_01k9v3m5w8x2y4z6a7b9c1d3e5", "hello"}},
		{args: []string{"donation", "add", "--amount", "500", "--method", "cash"}},
	} {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			t.Parallel()
			server, bodies := deaf(t)
			args := append([]string{"--org", "sevai", "--json", "--server", server}, tt.args...)
			var out bytes.Buffer
			term := quiet()
			term.in, term.out = strings.NewReader(tt.stdin), &out
			term.configDir = func() (string, error) { return t.TempDir(), nil }
			if code := run(t.Context(), args, term); code != exitUnreachable {
				t.Errorf("code %d, want %d", code, exitUnreachable)
			}
			tries := bodies()
			var sent struct{ Key string }
			if err := json.Unmarshal([]byte(tries[0]), &sent); err != nil || sent.Key == "" || len(tries) < 2 {
				t.Fatalf("it sent %q (%v); want a few tries with a key", tries, err)
			}
			if same := slices.Compact(tries); len(same) != 1 {
				t.Errorf("it sent %q; want the same each time", same)
			}
			var a answered
			if err := json.Unmarshal(out.Bytes(), &a); err != nil || !strings.Contains(a.Error.Message, "nobody knows whether it was written") {
				t.Errorf("it says %s (%v)", &out, err)
			}
			_, again, alone := strings.Cut(a.Error.Hint, "Run this"+tt.with+", and it is written once:\nngoctl ")
			if got := parsed(t, again); !slices.Equal(got, withKey(args, sent.Key)) || !alone {
				t.Errorf("it says to run %q (%s); want %q", got, again, withKey(args, sent.Key))
			}
		})
	}
}

// A command that would be another one once it is copied from the screen is not shown.
func TestACommandThatCannotBeCopiedIsNotShown(t *testing.T) {
	t.Parallel()
	for text, shown := range map[string]bool{"மீனா, क्\u200dष": true, "two\nlines": true, "a\ttab": false, "👩\u200d👧": false, "\x1b[2J": false, "a\u202eb": false} {
		c, _, _ := newTestCall(t, forPeople)
		c.term.args = []string{"conversation", "note", exampleConversation, text}
		got := c.again("K")
		if strings.Contains(got, text) != shown || !strings.Contains(got, "--key K") || ngo.PrintableText(got) != got {
			t.Errorf("of %q it shows %q", text, got)
		}
	}
}

func withKey(args []string, key string) []string {
	if slices.Contains(args, "--key") {
		return args
	}
	return append(args, "--key", key)
}

// parsed has a shell read a command line.
func parsed(t *testing.T, line string) []string {
	t.Helper()
	out, err := exec.Command("sh", "-c", "for w in "+line+`; do printf '%s\n' "$w"; done`).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

// What a later try is told does not make up for the answer that was lost before, unless it is about the same thing.
func TestADoubtIsNotForgotten(t *testing.T) {
	t.Parallel()
	for code, doubted := range map[ngo.Code]bool{ngo.Limited: true, ngo.Unauthenticated: true, ngo.Denied: true, ngo.Internal: true, ngo.Unavailable: true,
		ngo.Conflict: false, ngo.Invalid: false, ngo.NotFound: false, ngo.TooLarge: false} {
		t.Run(string(code), func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if calls.Add(1) == 1 {
					panic(http.ErrAbortHandler)
				}
				w.Header().Set(api.HeaderVersion, api.Version)
				w.WriteHeader(api.StatusOf(code))
				if err := json.NewEncoder(w).Encode(api.Problem{Detail: "not now", Code: code}); err != nil {
					t.Error(err)
				}
			}))
			t.Cleanup(server.Close)
			var errs bytes.Buffer
			term := quiet()
			term.err = &errs
			term.configDir = func() (string, error) { return t.TempDir(), nil }
			run(t.Context(), []string{"conversation", "note", exampleConversation, "x", "--org", "sevai", "--server", server.URL}, term)
			if got := strings.Contains(errs.String(), "it is written once:\nngoctl "); got != doubted || calls.Load() != 2 {
				t.Errorf("after %d calls it says: %s", calls.Load(), &errs)
			}
		})
	}
}

// notes writes a note to a server, and gives the exit code and what is said about it.
func notes(t *testing.T, server string) (code int, says string) {
	t.Helper()
	var errs bytes.Buffer
	term := quiet()
	term.err = &errs
	term.configDir = func() (string, error) { return t.TempDir(), nil }
	code = run(t.Context(), []string{"conversation", "note", exampleConversation, "x", "--org", "sevai", "--server", server}, term)
	return code, errs.String()
}

// A daemon of another version tells nothing of what the one before it has done.
func TestAnotherVersionLeavesTheDoubt(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 1 {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set(api.HeaderVersion, "99")
		w.WriteHeader(http.StatusConflict)
	}))
	t.Cleanup(server.Close)
	code, says := notes(t, server.URL)
	if code != exitConflict || calls.Load() != 2 || !strings.Contains(says, "version 99") || !strings.Contains(says, "it is written once:\nngoctl ") {
		t.Errorf("after %d calls it ends with %d and says: %s", calls.Load(), code, says)
	}
}

// What refuses and is no daemon has passed nothing on to one.
func TestAStrangersRefusalLeavesNoDoubt(t *testing.T) {
	t.Parallel()
	for status, doubted := range map[int]bool{http.StatusNotFound: false, http.StatusMethodNotAllowed: false, http.StatusBadGateway: true, http.StatusOK: true} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				calls.Add(1)
				w.WriteHeader(status)
			}))
			t.Cleanup(server.Close)
			code, says := notes(t, server.URL)
			if code != exitUnreachable || strings.Contains(says, "--key") != doubted || (calls.Load() > 1) != doubted || !strings.Contains(says, "is not ngoctl") {
				t.Errorf("of status %d, after %d calls, it ends with %d and says: %s", status, calls.Load(), code, says)
			}
		})
	}
}

// A daemon that cannot be called at all has written nothing, and a command to go on with would only confuse.
func TestADaemonThatIsNotThereLeavesNoDoubt(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	var errs bytes.Buffer
	term := quiet()
	term.err = &errs
	term.configDir = func() (string, error) { return t.TempDir(), nil }
	code := run(t.Context(), []string{"conversation", "note", exampleConversation, "x", "--org", "sevai", "--server", "http://" + l.Addr().String()}, term)
	if code != exitUnreachable || strings.Contains(errs.String(), "--key") {
		t.Errorf("code %d: %s", code, &errs)
	}
}

// TestALostAnswerWritesOnce loses the first answer of a real daemon: the gift is entered, and once.
func TestALostAnswerWritesOnce(t *testing.T) {
	t.Parallel()
	w := &window{t: t, dir: t.TempDir()}
	addr, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	w.env = append(os.Environ(), "NGOCTL_DATA="+filepath.Join(w.dir, "D"), "RUNTIME_DIRECTORY=")
	w.run(programName, "init", "--org", "sevai", "--name", "Sevai Trust", "--listen", addr, "--tls", "off", "--no-input")
	w.run(programName, "user", "add", "meena", "--org", "sevai", "--role", "admin")
	token := w.run(programName, "user", "token", "add", "meena", "--jq", ".data.secret")
	w.startDaemon("http://" + addr + "/readyz")

	var lost atomic.Int32
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: addr}) },
		ModifyResponse: func(res *http.Response) error {
			if res.Request.Method == http.MethodPost && lost.Add(1) == 1 {
				return fmt.Errorf("the answer is lost")
			}
			return nil
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	server := httptest.NewServer(proxy)
	defer server.Close()
	var out, errs bytes.Buffer
	term := quiet()
	term.out, term.err = &out, &errs
	term.env = func(name string) string { return map[string]string{"NGOCTL_TOKEN": token}[name] }
	if code := run(t.Context(), []string{"donation", "add", "--amount", "500", "--method", "cash", "--json", "--server", server.URL}, term); code != exitDone || lost.Load() < 2 {
		t.Fatalf("code %d after %d calls: %s%s", code, lost.Load(), &out, &errs)
	}
	var entered struct{ Data api.Entered }
	if err := json.Unmarshal(out.Bytes(), &entered); err != nil || entered.Data.Again {
		t.Errorf("it answers %s (%v)", &out, err)
	}
	if n := w.run(programName, "donation", "list", "--jq", ".data | length"); strings.TrimSpace(n) != "1" {
		t.Errorf("there are %s gifts; want one", n)
	}
}
