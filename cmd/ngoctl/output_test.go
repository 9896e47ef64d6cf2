package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// golden compares with a file that "go test ./cmd/ngoctl -update" rewrites. The flag is teatest's.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
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

// newTestCall makes a call whose answer lands in the buffers.
func newTestCall(t *testing.T, f format, args ...string) (c *call, out, errs *bytes.Buffer) {
	t.Helper()
	out, errs = &bytes.Buffer{}, &bytes.Buffer{}
	term := quiet()
	term.out, term.err = out, errs
	set := flag.NewFlagSet("test", flag.ContinueOnError)
	for _, fl := range append(globalFlags(), pageFlags()...) {
		if err := fl.Apply(set); err != nil {
			t.Fatal(err)
		}
	}
	if err := set.Parse(args); err != nil {
		t.Fatal(err)
	}
	flags := cli.NewContext(&cli.App{}, set, nil)
	flags.Command = &cli.Command{}
	return &call{printer: printer{term: term, format: f, zone: time.UTC}, flags: flags, path: "ngoctl donation list"}, out, errs
}

func gifts() []ngo.Donation {
	return []ngo.Donation{
		{ID: "don_1", Given: "2026-11-22", State: ngo.DonationReceived, Amount: ngo.Paise(12_500_000), Donor: ngo.Donor{Name: "கோபாலகிருஷ்ணன்"}, Purpose: "School"},
		{ID: "don_2", Given: "2026-11-21", State: ngo.DonationHeld, Amount: ngo.Money{Minor: 5000, Currency: "USD"}, Donor: ngo.Donor{Name: "श्री शर्मा\t\x1b]52;c;aGk=\a"}, Reason: "the gift is in USD, and only rupees are receipted so far"},
		{ID: "don_3", Given: "2026-11-20", State: ngo.DonationWaiting, Amount: ngo.Paise(1), Donor: ngo.Donor{EMail: "a@example.org"}},
	}
}

func TestSheet(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		format format
		width  int
	}{{"people", forPeople, 0}, {"people-80", forPeople, 80}, {"people-40", forPeople, 40}, {"pipes", forPipes, 80}, {"machines", forMachines, 0}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, out, errs := newTestCall(t, tt.format)
			c.term.width = tt.width
			if err := printPage(c, donationColumns(), api.Page[ngo.Donation]{Items: gifts(), Next: "don_3"}); err != nil {
				t.Fatal(err)
			}
			golden(t, "donations-"+tt.name, out.String())
			if told := strings.Contains(errs.String(), "--after don_3"); told == (tt.format == forMachines) {
				t.Errorf("on standard error: %q; want the next page told to all but programs", errs)
			}
			for line := range strings.Lines(out.String()) {
				if tt.width == 80 && tt.format == forPeople && width(strings.TrimSuffix(line, "\n")) > 80 {
					t.Errorf("line is %d cells wide, want at most 80: %s", width(line), line)
				}
			}
			if strings.ContainsRune(out.String(), 0x1b) {
				t.Errorf("a donor's escape sequence reached the output: %q", out)
			}
		})
	}
}

// paged serves items in pages of two and fails after failAfter of them, unless that is negative.
func paged(items []ngo.Donation, failAfter int) fetch[ngo.Donation] {
	return func(_ context.Context, q api.ListQuery) (api.Page[ngo.Donation], error) {
		at := 0
		for i, d := range items {
			if string(d.ID) == q.After {
				at = i + 1
			}
		}
		if failAfter >= 0 && at >= failAfter {
			return api.Page[ngo.Donation]{}, &ngo.Error{Code: ngo.Unavailable, Message: "the disk is full", Hint: "make room"}
		}
		page := api.Page[ngo.Donation]{Items: items[at:min(at+2, len(items))]}
		if at+2 < len(items) {
			page.Next = string(page.Items[1].ID)
		}
		return page, nil
	}
}

// answered is the envelope as a program reads it.
type answered struct {
	OK    bool           `json:"ok"`
	Data  []ngo.Donation `json:"data"`
	Meta  meta           `json:"meta"`
	Error fault          `json:"error"`
}

func TestAllStreamsOneDocument(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		items     []ngo.Donation
		failAfter int
		want      string
		code      int
	}{
		{"every row", gifts(), -1, "ok 3 rows", exitDone},
		{"none", nil, -1, "ok 0 rows", exitDone},
		{"fails midway", gifts(), 2, "unavailable after 2 rows", exitLater},
		{"fails at once", gifts(), 0, "nothing", exitLater},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, out, _ := newTestCall(t, forMachines, "--all")
			err := printPages(t.Context(), c, donationColumns(), paged(tt.items, tt.failAfter))
			if code := exitCode(err); code != tt.code {
				t.Errorf("exit code %d of %v, want %d", code, err, tt.code)
			}
			if got := describe(t, out.Bytes()); got != tt.want {
				t.Errorf("got %s, want %s: %s", got, tt.want, out)
			}
		})
	}
}

func describe(t *testing.T, document []byte) string {
	t.Helper()
	if len(document) == 0 {
		return "nothing"
	}
	var a answered
	if err := json.Unmarshal(document, &a); err != nil {
		t.Fatalf("%v in %s", err, document)
	}
	if !a.OK {
		return fmt.Sprintf("%s after %d rows", a.Error.Code, len(a.Data))
	}
	if a.Meta.Count != len(a.Data) {
		return fmt.Sprintf("meta counts %d of %d rows", a.Meta.Count, len(a.Data))
	}
	return fmt.Sprintf("ok %d rows", len(a.Data))
}

func TestJQ(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, filter, want string }{
		{"bare strings", ".data[].id", "don_1\ndon_2\ndon_3\n"},
		{"whole paise", ".data[0].amount.amount_minor + 1", "12500001\n"},
		{"meta", ".meta", `{"count":3}` + "\n"},
		{"tsv", `.data[2] | [.given, .amount.currency] | @tsv`, "2026-11-20\tINR\n"},
		{"nothing", "empty", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, out, _ := newTestCall(t, forMachines)
			code, err := compileFilter(tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			c.filter = code
			if err := printItems(c, donationColumns(), gifts()); err != nil || out.String() != tt.want {
				t.Errorf("%s gives %q, %v; want %q", tt.filter, out, err, tt.want)
			}
		})
	}
	if _, err := compileFilter(".data["); exitCode(err) != exitUsage {
		t.Errorf("a broken filter gives %v, want a usage error", err)
	}
}

func TestJSONCannotSteerATerminal(t *testing.T) {
	t.Parallel()
	stranger := "a\u009b31m\u202e\u200b😀\U000E0041 \u200d"
	text, err := encode(stranger, false)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.ContainsFunc(text, steers) {
		t.Errorf("encode(%q) = %s holds signs that steer a terminal", stranger, text)
	}
	var back string
	if err := json.Unmarshal(text, &back); err != nil || back != stranger {
		t.Errorf("%s reads back as %q, %v; want %q", text, back, err, stranger)
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	coded := func(c ngo.Code) error { return fmt.Errorf("list gifts: %w", &ngo.Error{Code: c}) }
	for _, tt := range []struct {
		err  error
		want int
	}{
		{nil, 0}, {errors.New("unknown"), 1}, {coded(ngo.Internal), 1}, {coded(ngo.TooLarge), 1}, {coded(ngo.Invalid), 2}, {coded(ngo.NotFound), 3},
		{coded(ngo.Unauthenticated), 4}, {coded(ngo.Denied), 4}, {coded(ngo.Conflict), 5}, {coded(ngo.Limited), 75}, {coded(ngo.Unavailable), 75},
		{&ngo.Error{Code: ngo.Unavailable, Err: api.ErrUnreachable}, 6}, {outcome(exitPartly), 7}, {errors.Join(outcome(exitFindings), nil), 8},
		{fmt.Errorf("wait: %w", context.Canceled), 130},
	} {
		if got := exitCode(tt.err); got != tt.want {
			t.Errorf("exitCode(%v) = %d, want %d", tt.err, got, tt.want)
		}
	}
}

// TestErrorsGoWhereTheyAreRead holds usage errors to: a line and a hint for people and no page of help; the envelope for
// programs, also when --json stands after what is wrong.
func TestErrorsGoWhereTheyAreRead(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"donatoin list", "donation lst", "donation list --sate x", "donation list --limit many", "donation list --limit 0", "donation", "donation show", "status extra", "donation show a b"} {
		var out, errs bytes.Buffer
		term := quiet()
		term.out, term.err = &out, &errs
		if code := run(t.Context(), strings.Fields(line+" --data /nonexistent"), term); code != exitUsage || out.Len() > 0 {
			t.Errorf("%s: code %d, standard output %q; want 2 and nothing", line, code, &out)
		}
		if n := strings.Count(errs.String(), "\n"); n != 2 {
			t.Errorf("%s: standard error has %d lines, want a message and a hint: %s", line, n, &errs)
		}
		out.Reset()
		errs.Reset()
		code := run(t.Context(), strings.Fields(line+" --data /nonexistent --json"), term)
		var a answered
		if err := json.Unmarshal(out.Bytes(), &a); err != nil || code != exitUsage || a.OK || a.Error.Code != "invalid" || a.Error.Message == "" || errs.Len() > 0 {
			t.Errorf("%s --json: code %d, %s, on standard error %q; want 2 and the envelope alone", line, code, &out, &errs)
		}
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	var out, errs bytes.Buffer
	term := quiet()
	term.out, term.err = &out, &errs
	term.configDir = func() (string, error) { return t.TempDir(), nil }
	if code := run(ctx, []string{"status", "--json", "--server", server.URL}, term); code != exitInterrupted {
		t.Errorf("code %d, want %d: %s%s", code, exitInterrupted, &out, &errs)
	}
	if !strings.Contains(out.String(), `"code":"interrupted"`) {
		t.Errorf("got %s; want the code interrupted", &out)
	}
}

// What a daemon elsewhere says is a stranger's word in titles, names and notes too.
func TestNothingThatADaemonSaysSteersTheTerminal(t *testing.T) {
	t.Parallel()
	const evil = "\x1b[2J\u202e\tx"
	for _, f := range []format{forPeople, forPipes} {
		c, out, errs := newTestCall(t, f)
		account := api.Account{Account: ngo.Account{Name: evil, Settings: map[string]string{evil: evil}}, URL: evil}
		r := accountRecord(account)
		r.title, r.sections = "Account "+evil, []section{{title: "list", rows: [][]any{{evil}}}}
		if err := c.record(account, r); err != nil {
			t.Fatal(err)
		}
		c.note("enter %s", evil)
		c.next("ngoctl gateway show " + evil)
		if err := printPage(c, donationColumns(), api.Page[ngo.Donation]{Items: gifts(), Next: evil}); err != nil {
			t.Fatal(err)
		}
		if got := out.String() + errs.String(); strings.ContainsAny(got, "\x1b\u202e") || strings.Contains(got, "\tx") {
			t.Errorf("format %d: %q", f, got)
		}
	}
}
