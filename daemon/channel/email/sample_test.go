package email_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/channeltest"
	"github.com/ngoctl/ngoctl/daemon/channel/email"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// say puts an event on one line.
func say(e channel.Event) string {
	var s []string
	put := func(name string, v any) {
		if text := fmt.Sprint(v); text != "" && text != "0" && text != "false" && text != "[]" {
			s = append(s, name+"="+text)
		}
	}
	if !e.At.IsZero() {
		put("at", e.At.Unix())
	}
	switch {
	case e.Incoming != nil:
		sayIncoming(*e.Incoming, put)
	case e.Status != nil:
		put("status", e.Status.State)
		put("soft", e.Status.Soft)
		put("of", e.Status.Ref)
		put("to", channeltest.People(e.Status.Person))
		if f := e.Status.Fault; f != nil {
			put("fault", f.Code+" "+string(f.Class))
		}
	case e.Preference != nil:
		put("wish", fmt.Sprint(e.Preference.Topic, " stop ", e.Preference.Stop))
		put("of", channeltest.People(e.Preference.Person))
		put("about", e.Preference.About)
	case e.Problem != nil:
		put("problem", e.Problem.Text)
	case e.Errand != nil:
		put("errand", e.Errand.Kind)
		put("for", e.Errand.Ref)
		put("more", e.Errand.More)
	case e.Refused != nil:
		put("refused", e.Refused.Why)
	case e.Unknown != nil:
		put("unknown", e.Unknown.Why)
	}
	return e.Name + ": " + strings.Join(s, "; ")
}

func sayIncoming(in channel.Incoming, put func(string, any)) {
	put("kind", in.Kind)
	put("from", channeltest.People(in.Person))
	put("name", in.Person.Name)
	put("subject", fmt.Sprintf("%.60q", in.Mail.Subject))
	put("text", fmt.Sprintf("%.40q", in.Text))
	for _, m := range in.Media {
		put("media", fmt.Sprint(m.Kind, " ", m.Type, " ", m.Name, " ", m.Size, m.Problem))
	}
	put("reply-to", in.ReplyTo)
	put("tokens", in.Tokens)
	put("auto", in.Mail.Auto)
	put("answerable", in.Mail.Answerable)
	put("list", in.Mail.List)
	put("elsewhere", channeltest.People(channel.Person{Identities: in.Mail.ReplyTo}))
	put("page", in.Mail.HTML != nil)
	put("doubt", strings.ReplaceAll(in.Mail.Doubt, "Nobody has checked whether it comes from this address.", "unchecked"))
	put("broken", in.Problem != "")
}

// With NGOCTL_FIXTURES set, every sample mail is read where it lies, as the driver is given it: what it must say is in the
// table, and a sample without a row fails.
func TestSamples(t *testing.T) {
	t.Parallel()
	root := os.Getenv("NGOCTL_FIXTURES")
	if root == "" {
		t.Skip("NGOCTL_FIXTURES is not set: the samples are not here")
	}
	dir := filepath.Join(root, "channels", "email")
	m := listener(t, email.Options{}, values("127.0.0.1:143", "from", "help@ngo.example.org", "checks", "mx.ngo.example.org"))
	channeltest.Samples(t, dir, ".eml", samples(), func(t *testing.T, body []byte) []string { return heardIn(t, m, body) })
}

// kept is an attachment as a sink keeps it.
type kept struct {
	bytes.Buffer
	closed bool
}

func (k *kept) Close() error {
	k.closed = true
	return nil
}

// heardIn reads a mail both ways, and gives what it says.
func heardIn(t testing.TB, m *email.Mailbox, body []byte) []string {
	t.Helper()
	events, err := m.Normalise(body)
	if err != nil {
		t.Fatal(err)
	}
	if err := channeltest.Sound(events); err != nil {
		t.Error(err)
	}
	checkStream(t, m, body, events)
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = say(e)
		if in := e.Incoming; in != nil && (ngo.Printable(in.Mail.Subject) != in.Mail.Subject || ngo.PrintableText(in.Text) != in.Text || ngo.PrintableText(in.Mail.Quoted) != in.Mail.Quoted) {
			t.Errorf("a mail says what cannot be shown: %q %q %q", in.Mail.Subject, in.Text, in.Mail.Quoted)
		}
	}
	return out
}

// checkStream holds NormaliseFrom to what Normalise gives.
func checkStream(t testing.TB, m channel.Streamer, body []byte, whole []channel.Event) {
	t.Helper()
	var files []*kept
	parts, err := m.NormaliseFrom(bytes.NewReader(body), func(channel.Media) (io.WriteCloser, error) {
		files = append(files, &kept{})
		return files[len(files)-1], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range parts {
		if e.Incoming == nil {
			continue
		}
		for i := range e.Incoming.Media {
			f := &e.Incoming.Media[i]
			if f.Data != nil || f.Size != int64(files[n].Len()) || !files[n].closed {
				t.Errorf("the attachment %s is %+v; the sink has %d bytes", f.Name, f, files[n].Len())
			}
			f.Data = append([]byte{}, files[n].Bytes()...)
			n++
		}
	}
	if !reflect.DeepEqual(parts, whole) {
		t.Errorf("read in one piece it says %+v, as it comes %+v", whole, parts)
	}
}
