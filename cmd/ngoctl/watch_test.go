package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// A watch says of every message that moves on what it has become, also of those that were written on the phone.
func TestWatchTellsWhatBecameOfAMessage(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]ngo.Message{
		"✓✓ delivered": {Direction: ngo.Out},
		"delivered":    {Direction: ngo.Out, Echo: true},
	} {
		c, out, _ := newTestCall(t, forPeople)
		w := &watch{c: c, seen: map[ngo.MessageID]ngo.MessageState{}, name: map[ngo.ConversationID]api.Conversation{"cnv_1": {PersonName: "Meena"}}}
		m.ID, m.Conversation = "msg_1", "cnv_1"
		for _, m.State = range []ngo.MessageState{ngo.MessageSent, ngo.MessageDelivered} {
			if err := w.print(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.TrimSpace(out.String()); !strings.HasSuffix(got, "Meena: "+want) {
			t.Errorf("it says %q; want %q at the end", got, want)
		}
	}
}

// An outpost is a real daemon to which people write by WhatsApp, and a line to it that can break.
type outpost struct {
	*window
	addr   string
	line   *httptest.Server
	broken atomic.Bool
	busy   atomic.Int64 // how many calls about a message are still answered with 503
	calls  chan string  // what went through the line
	end    func()       // ends the daemon
	people *sim.WhatsApp
	behind atomic.Int64 // how long ago they write
}

func newOutpost(t *testing.T) *outpost {
	t.Helper()
	o := &outpost{window: &window{t: t, dir: t.TempDir()}, calls: make(chan string, 10_000)}
	var err error
	if o.addr, err = freeAddress(); err != nil {
		t.Fatal(err)
	}
	o.people, err = sim.NewWhatsApp(sim.WhatsAppOptions{Seed: 1, Now: func() time.Time { return time.Now().Add(-time.Duration(o.behind.Load())) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.people.Close() })
	v := o.people.Values()
	for _, name := range []string{"app-secret", "verify-token", "token"} {
		if err := os.WriteFile(filepath.Join(o.dir, name), []byte(v[name]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	secret := func(name string) string { return filepath.Join(o.dir, name) }
	o.env = append(os.Environ(), "NGOCTL_DATA="+filepath.Join(o.dir, "D"), "RUNTIME_DIRECTORY=")
	o.run(programName, "init", "--org", "sevai", "--name", "Sevai Trust", "--listen", o.addr, "--tls", "off", "--no-input")
	o.run(programName, "channel", "add", "whatsapp", "--app-secret-file", secret("app-secret"), "--verify-token-file", secret("verify-token"),
		"--token-file", secret("token"), "--phone-number-id", v["phone-number-id"], "--waba-id", v["waba-id"], "--base-url", o.people.URL())
	o.run(programName, "user", "add", "meena", "--org", "sevai", "--role", "admin")
	o.begin()
	t.Cleanup(func() { o.end() })
	o.line = httptest.NewServer(http.HandlerFunc(o.pass))
	t.Cleanup(o.line.Close)
	return o
}

// begin starts the daemon.
func (o *outpost) begin() {
	o.t.Helper()
	daemon := exec.Command(programName, "daemon")
	daemon.Env = o.env
	if err := daemon.Start(); err != nil {
		o.t.Fatal(err)
	}
	o.end = func() {
		o.end = func() {}
		daemon.Process.Signal(syscall.SIGTERM) // it is there until it is waited for
		if err := daemon.Wait(); err != nil {
			o.t.Errorf("the daemon ended with %v", err)
		}
	}
	o.await(func(ctx context.Context) error {
		status, body, err := fetchURL(ctx, http.MethodGet, "http://"+o.addr+"/readyz", nil, nil)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("status %d: %s", status, body)
		}
		return err
	})
}

// pass is the line.
func (o *outpost) pass(w http.ResponseWriter, r *http.Request) {
	if o.broken.Load() {
		panic(http.ErrAbortHandler)
	}
	_, what, _ := strings.Cut(r.URL.Path, "/orgs/sevai/")
	if strings.HasPrefix(what, "messages/msg_") && o.busy.Add(-1) >= 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	select {
	case o.calls <- what:
	default: // nobody counts so many
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: o.addr}) },
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ErrorLog:     log.New(io.Discard, "", 0),
	}
	proxy.ServeHTTP(w, r)
}

// cut breaks the line until mend.
func (o *outpost) cut() {
	o.broken.Store(true)
	o.line.CloseClientConnections()
}

func (o *outpost) mend() { o.broken.Store(false) }

// tell delivers what people have written.
func (o *outpost) tell() {
	o.t.Helper()
	for some := range slices.Chunk(o.people.Webhooks(), 50) {
		hook := o.people.Batch(some...)
		o.await(func(ctx context.Context) error {
			status, err := hook.Post(ctx, http.DefaultClient, "http://"+o.addr+"/hooks/sevai/whatsapp")
			if err == nil && status != http.StatusOK {
				err = fmt.Errorf("status %d", status)
			}
			return err
		})
	}
}

// heard waits until so many messages are on record.
func (o *outpost) heard(n int) {
	o.t.Helper()
	o.await(func(context.Context) error {
		got := o.run(programName, "conversation", "list", "--all", "--jq", "[.data[].unread] | add")
		if strings.TrimSpace(got) != strconv.Itoa(n) {
			return fmt.Errorf("%s messages are on record, want %d", strings.TrimSpace(got), n)
		}
		return nil
	})
}

// A watched is a watch that runs, and what it has printed: how often each text.
type watched struct {
	o     *outpost
	lines chan string
	stop  func() int // gives the exit code
	told  map[string]int
}

// watch starts a watch through the line, and waits until it listens.
func (o *outpost) watch() *watched {
	o.t.Helper()
	token := strings.TrimSpace(o.run(programName, "user", "token", "add", "meena", "--jq", ".data.secret"))
	out, in := io.Pipe()
	w := &watched{o: o, lines: make(chan string, 10_000), told: map[string]int{}}
	ctx, cancel := context.WithCancel(o.t.Context())
	ended := make(chan int, 1)
	term := quiet()
	term.out = in
	term.env = func(name string) string { return map[string]string{"NGOCTL_TOKEN": token}[name] }
	go func() {
		ended <- run(ctx, []string{"conversation", "watch", "--json", "--org", "sevai", "--server", o.line.URL}, term)
		in.Close()
	}()
	go func() {
		defer close(w.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			w.lines <- s.Text()
		}
	}()
	w.stop = sync.OnceValue(func() int { cancel(); return <-ended })
	o.t.Cleanup(func() { w.stop() })
	o.until("events")
	return w
}

// until waits for a call through the line, and gives those before it.
func (o *outpost) until(what string) (before []string) {
	o.t.Helper()
	for {
		select {
		case got := <-o.calls:
			if got == what {
				return before
			}
			before = append(before, got)
		case <-time.After(patience):
			o.t.Fatalf("nobody called %s, only %q", what, before)
		}
	}
}

// sees waits until so many messages were printed, and gives the last one.
func (w *watched) sees(n int) (m ngo.Message) {
	w.o.t.Helper()
	for late := time.After(patience); len(w.told) < n; {
		select {
		case line, more := <-w.lines:
			if err := json.Unmarshal([]byte(line), &m); err != nil || !more {
				w.o.t.Fatalf("after %d messages it prints %q (%v)", len(w.told), line, err)
			}
			w.told[m.Text]++
		case <-late:
			w.o.t.Fatalf("it has printed %d messages, want %d", len(w.told), n)
		}
	}
	return m
}

// A watch prints every message once: what came while the line was broken, however much and however late it was delivered,
// and what comes after the daemon was started again.
func TestAWatchMissesNothingAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	const people, most = 60, 1000
	o := newOutpost(t)
	var who [people]*sim.Contact
	for i := range who {
		who[i] = o.people.Person(fmt.Sprint("P", i), fmt.Sprintf("9198400%05d", i))
		o.people.Say(who[i], "before")
	}
	o.tell()
	o.heard(people)
	w := o.watch()
	o.people.Say(who[0], "live")
	o.tell()
	w.sees(1)

	o.cut()
	o.behind.Store(int64(time.Hour))
	for i := range most {
		c := who[0] // one of them writes a lot
		if i < 2*people {
			c = who[i%people]
		}
		o.people.Say(c, fmt.Sprint("meanwhile ", i))
	}
	o.tell()
	o.heard(people + 1 + most)
	o.mend()
	w.sees(1 + most)

	o.end()
	o.begin()
	o.people.Say(who[2], "again")
	o.tell()
	w.sees(2 + most)
	o.people.Say(who[2], "last")
	o.tell()
	w.sees(3 + most)
	if code := w.stop(); code != exitInterrupted {
		t.Errorf("it ended with code %d", code)
	}
	for range w.lines {
		t.Error("it prints something more")
	}
	for text, times := range w.told {
		if times != 1 || text == "before" {
			t.Errorf("%q is printed %d times", text, times)
		}
	}
}

// An error that passes ends no watch, and costs no message.
func TestAWatchReadsAgainWhatItCouldNot(t *testing.T) {
	t.Parallel()
	o := newOutpost(t)
	meena := o.people.Person("Meena", "919840000001")
	w := o.watch()
	o.busy.Store(2)
	for i := range 3 {
		o.people.Say(meena, fmt.Sprint(i))
		o.tell()
		w.sees(i + 1)
	}
	for text, times := range w.told {
		if times != 1 {
			t.Errorf("%q is printed %d times", text, times)
		}
	}
}

// Nothing is asked for in turns: a message is read when the daemon tells of it, and only then.
func TestAWatchAsksForWhatItIsToldOf(t *testing.T) {
	t.Parallel()
	o := newOutpost(t)
	meena := o.people.Person("Meena", "919840000001")
	w := o.watch()
	for i := range 3 {
		o.people.Say(meena, fmt.Sprint(i))
		o.tell()
		m := w.sees(i + 1)
		if before := o.until("messages/" + string(m.ID)); i > 0 && len(before) > 0 {
			t.Errorf("it asks for %q before message %d", before, i)
		}
	}
}

// A watch ends when the daemon will never let it go on.
func TestAWatchEndsWithItsToken(t *testing.T) {
	t.Parallel()
	o := newOutpost(t)
	w := o.watch()
	id := strings.TrimSpace(o.run(programName, "user", "token", "list", "meena", "--jq", ".data[].id"))
	o.run(programName, "user", "token", "revoke", id, "--yes")
	if line := <-w.lines; !strings.Contains(line, `"code":"unauthenticated"`) {
		t.Errorf("it prints %q", line)
	}
	if code := w.stop(); code != exitDenied {
		t.Errorf("it ended with code %d, want %d", code, exitDenied)
	}
}
