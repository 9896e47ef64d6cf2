package letter_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/channel/email/letter"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// samples is the folder of sample mails.
func samples(t *testing.T) string {
	t.Helper()
	root := os.Getenv("NGOCTL_FIXTURES")
	if root == "" {
		t.Skip("NGOCTL_FIXTURES is not set: the sample mails are not here")
	}
	return filepath.Join(root, "channels", "email")
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(samples(t), pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("no files at %s: %v", pattern, err)
	}
	return names
}

// options are those of an organisation at ngo.example.org.
func options() letter.Options {
	return letter.Options{
		Ours:   func(a string) bool { return strings.HasSuffix(a, "@ngo.example.org") },
		Sent:   func(id string) bool { return strings.HasPrefix(id, "out") && strings.HasSuffix(id, "@ngo.example.org") },
		Server: "mx.ngo.example.org",
		Token: func(a string) string {
			_, token, ok := strings.Cut(strings.TrimSuffix(a, "@ngo.example.org"), "+c.")
			if !ok {
				return ""
			}
			return token
		},
	}
}

func read(t testing.TB, data []byte, o letter.Options) *letter.Letter {
	t.Helper()
	l, err := letter.Read(bytes.NewReader(data), o)
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	checkShown(t, l)
	return l
}

func readFile(t testing.TB, name string) *letter.Letter {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, data, options())
}

// checkShown holds every text to what a terminal may be given.
func checkShown(t testing.TB, l *letter.Letter) {
	t.Helper()
	for _, s := range []string{l.Text, l.Reply, l.Quote, l.Signature} {
		if p := ngo.PrintableText(s); p != s {
			t.Errorf("text %q is not printable", s)
		}
	}
	lines := []string{l.Subject, l.ID, l.Envelope, l.About, l.Proof.SPF, l.Proof.DKIM, l.Proof.DMARC}
	for _, a := range slices.Concat(l.From, l.To, l.Cc, l.ReplyTo, []letter.Address{l.Sender}) {
		lines = append(lines, a.Name, a.Address)
	}
	for _, a := range l.Attachments {
		lines = append(lines, a.Name, a.Label, a.Type, a.ID)
	}
	for _, b := range l.Bounces {
		lines = append(lines, b.Recipient, b.Said, b.Status, b.Reason())
	}
	lines = slices.Concat(lines, l.References, l.InReplyTo, l.Faults)
	for _, s := range lines {
		if p := ngo.Printable(s); p != s {
			t.Errorf("%q is not printable", s)
		}
	}
}

type expectation struct {
	Text      string    `json:"text_contains"`
	Absent    []string  `json:"text_absent"`
	Reply     *string   `json:"reply_text"`
	Files     []string  `json:"attachments"`
	Subject   *string   `json:"subject"`
	Auto      any       `json:"auto"`
	Kind      string    `json:"kind"`
	Original  string    `json:"original"`
	Recipient string    `json:"recipient"`
	Status    string    `json:"status"`
	To        *[]string `json:"to"`
	ReplyTo   *[]string `json:"reply_to"`
	DMARC     string    `json:"dmarc"`
	From      string    `json:"from_address"`
	Note      string    `json:"note"`
}

func TestAuthoredMailsReadAsExpected(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(samples(t), "authored", "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]expectation
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&all); err != nil {
		t.Fatalf("expected.json has something that is not checked here: %v", err)
	}
	seen := 0
	for _, name := range files(t, "authored/*.eml") {
		want, ok := all[filepath.Base(name)]
		if !ok {
			t.Errorf("%s is not in expected.json", filepath.Base(name))
			continue
		}
		seen++
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			checkExpected(t, readFile(t, name), want)
		})
	}
	if seen != len(all) {
		t.Errorf("%d mails for %d expectations", seen, len(all))
	}
}

func checkExpected(t *testing.T, l *letter.Letter, want expectation) {
	t.Helper()
	if !strings.Contains(l.Text, want.Text) {
		t.Errorf("text %q lacks %q", l.Text, want.Text)
	}
	for _, s := range want.Absent {
		if strings.Contains(l.Text, s) {
			t.Errorf("text %q has %q", l.Text, s)
		}
	}
	if want.Reply != nil && l.Reply != strings.ReplaceAll(*want.Reply, "\r\n", "\n") {
		t.Errorf("reply %q, want %q; quote %q", l.Reply, *want.Reply, l.Quote)
	}
	if want.Files != nil && !slices.Equal(names(l), want.Files) {
		t.Errorf("attachments %q, want %q", names(l), want.Files)
	}
	if want.Subject != nil && l.Subject != *want.Subject {
		t.Errorf("subject %q, want %q", l.Subject, *want.Subject)
	}
	if want.To != nil && !slices.Equal(bare(l.To), *want.To) {
		t.Errorf("to %q, want %q", bare(l.To), *want.To)
	}
	if want.ReplyTo != nil && !slices.Equal(bare(l.ReplyTo), *want.ReplyTo) {
		t.Errorf("reply-to %q, want %q", bare(l.ReplyTo), *want.ReplyTo)
	}
	if want.From != "" && (len(l.From) == 0 || l.From[0].Address != want.From) {
		t.Errorf("from %v, want %q", l.From, want.From)
	}
	if want.DMARC != "" && l.Proof.DMARC != want.DMARC {
		t.Errorf("dmarc %q, want %q", l.Proof.DMARC, want.DMARC)
	}
	checkKind(t, l, want)
}

func checkKind(t *testing.T, l *letter.Letter, want expectation) {
	t.Helper()
	kinds := map[any][]letter.Kind{
		nil: {letter.Person}, false: {letter.Person}, "weak": {letter.Perhaps}, "list": {letter.List}, "bulk": {letter.Bulk}, "loop": {letter.Own},
		true: {letter.Automatic},
	}[want.Auto]
	switch want.Kind {
	case "dsn":
		kinds = []letter.Kind{letter.Bounced}
	case "mdn":
		kinds = []letter.Kind{letter.Seen}
	}
	if !slices.Contains(kinds, l.Kind) {
		t.Errorf("kind %q, want one of %q", l.Kind, kinds)
	}
	if l.About != strings.Trim(want.Original, "<>") {
		t.Errorf("about %q, want %q", l.About, want.Original)
	}
	if want.Recipient == "" {
		return
	}
	if len(l.Bounces) != 1 || l.Bounces[0].Recipient != want.Recipient || l.Bounces[0].Status != want.Status || !l.Bounces[0].Permanent {
		t.Errorf("bounces %+v, want %s %s", l.Bounces, want.Recipient, want.Status)
	}
}

func names(l *letter.Letter) []string {
	var all []string
	for _, a := range l.Attachments {
		all = append(all, a.Name)
	}
	return all
}

func bare(all []letter.Address) []string {
	addresses := []string{}
	for _, a := range all {
		addresses = append(addresses, a.Address)
	}
	return addresses
}

// kept is a sink that keeps what it is given, by name.
type kept map[string]*bytes.Buffer

func (k kept) open(a letter.Attachment) (io.WriteCloser, error) {
	b := new(bytes.Buffer)
	k[a.Name] = b
	return closer{b}, nil
}

type closer struct{ io.Writer }

func (closer) Close() error { return nil }
