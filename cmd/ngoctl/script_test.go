package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ngoctl/ngoctl/daemon/sim"
)

func TestMain(m *testing.M) {
	lookAtFile() // for a daemon of a script, which starts the program that it is
	testscript.Main(m, map[string]func(){programName: main})
}

// TestScripts runs the program as people do; each script reads like a page of the manual. Besides what testscript knows:
//
//	until REGEXP ngoctl …          repeats the command until its output matches
//	ready                          waits until the daemon at $ADDR answers that it is ready
//	hook STATUS SECRET PATH FILE   posts FILE to the daemon, signed with SECRET, and wants STATUS
//	corrupt FILE OLD NEW           replaces bytes in a file, as somebody with a hex editor would
//	mails N                        waits until the mail server at $SMTP has taken N mails
//	keep NAME                      puts the last output, which is one word, into $NAME
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setUp,
		Condition:           condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"until": until, "ready": ready, "hook": hook, "corrupt": corrupt, "mails": mails,
			"pay": payCommand, "back": backCommand, "dispute": disputeCommand, "tell": tellCommand, "forget": forgetCommand,
			"chat": chatCommand, "post": postCommand, "keep": keep,
		},
	})
}

// patience is how long a script waits for something that should happen soon, on a machine that is busy.
const patience = 30 * time.Second

// mailServer is the key under which a script's mail server is kept.
type mailServer struct{}

func setUp(e *testscript.Env) error {
	addr, err := freeAddress()
	if err != nil {
		return err
	}
	post, err := sim.NewSMTP(sim.SMTPOptions{})
	if err != nil {
		return err
	}
	e.Defer(post.Close)
	if err := errors.Join(setUpGateways(e), setUpWhatsApp(e), setUpMailbox(e, post)); err != nil {
		return err
	}
	e.Values[mailServer{}] = post
	e.Setenv("ADDR", addr)
	e.Setenv("SMTP", post.Addr())
	e.Setenv("TZ", "Asia/Kolkata")
	e.Setenv("GORACE", "atexit_sleep_ms=0") // else each command, built with the race detector, sleeps a second at its end
	e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, "config"))
	e.Setenv("NGOCTL_DATA", filepath.Join(e.WorkDir, "D"))
	return nil
}

func condition(name string) (bool, error) {
	if name != "root" {
		return false, fmt.Errorf("unknown condition %s", name)
	}
	return os.Geteuid() == 0, nil
}

// freeAddress gives an address that nothing listened on a moment ago.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// again calls fn until it gives nil, and fails with its last error when that takes too long.
func again(ts *testscript.TestScript, fn func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := fn(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			ts.Fatalf("waited %s: %v", patience, err)
		case <-tick.C:
		}
	}
}

func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until REGEXP COMMAND…")
	}
	want, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	again(ts, func(context.Context) error {
		failed := ts.Exec(args[1], args[2:]...)
		if got := ts.ReadFile("stdout"); !want.MatchString(got) {
			return fmt.Errorf("%v gives %q, %v; want a match of %s", args[1:], got, failed, args[0])
		}
		return nil
	})
}

func keep(ts *testscript.TestScript, neg bool, args []string) {
	word := strings.TrimSpace(ts.ReadFile("stdout"))
	if neg || len(args) != 1 || word == "" || strings.ContainsAny(word, " \t\n") {
		ts.Fatalf("usage: keep NAME, after a command that answers with one word and not with %q", word)
	}
	ts.Setenv(args[0], word)
}

func ready(ts *testscript.TestScript, neg bool, _ []string) {
	if neg {
		ts.Fatalf("usage: ready")
	}
	again(ts, func(ctx context.Context) error {
		status, body, err := fetchURL(ctx, http.MethodGet, "http://"+ts.Getenv("ADDR")+"/readyz", nil, nil)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("status %d: %s", status, body)
		}
		return err
	})
}

func fetchURL(ctx context.Context, method, url string, header http.Header, body []byte) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header = header
	if req.Header == nil {
		req.Header = http.Header{}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	return res.StatusCode, string(text), err
}

// hook speaks the gateway's protocol itself, so that a mistake in our own signing does not cancel out.
func hook(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: hook STATUS SECRET PATH FILE")
	}
	body := []byte(ts.ReadFile(args[3]))
	mac := hmac.New(sha256.New, []byte(args[1]))
	mac.Write(body)
	header := http.Header{
		"X-Razorpay-Signature": {hex.EncodeToString(mac.Sum(nil))}, "Content-Type": {"application/json"},
		"Expect": {"100-continue"}, // a refusal is then read before the connection closes on what was still being sent
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	status, answer, err := fetchURL(ctx, http.MethodPost, "http://"+ts.Getenv("ADDR")+args[2], header, body)
	ts.Check(err)
	if got := fmt.Sprint(status); got != args[0] {
		ts.Fatalf("%s %s: status %s, want %s: %s", args[2], args[3], got, args[0], answer)
	}
}

func corrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 || len(args[1]) != len(args[2]) {
		ts.Fatalf("usage: corrupt FILE OLD NEW, both equally long")
	}
	path := ts.MkAbs(args[0])
	text, err := os.ReadFile(path)
	ts.Check(err)
	if !bytes.Contains(text, []byte(args[1])) {
		ts.Fatalf("%s does not contain %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(path, bytes.ReplaceAll(text, []byte(args[1]), []byte(args[2])), 0o600))
}

func mails(ts *testscript.TestScript, neg bool, args []string) {
	var n int
	if _, err := fmt.Sscan(strings.Join(args, " "), &n); neg || err != nil {
		ts.Fatalf("usage: mails N")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ts.Check(ts.Value(mailServer{}).(*sim.SMTP).Wait(ctx, n))
}
