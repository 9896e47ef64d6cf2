package ses_test

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/channeltest"
	"github.com/ngoctl/ngoctl/daemon/channel/email"
	"github.com/ngoctl/ngoctl/daemon/channel/ses"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// shelf is a loopback double of S3 with one bucket.
type shelf struct {
	*httptest.Server
	mu      sync.Mutex
	objects map[string]kept
	refuse  string // the code that everything is refused with
	cut     bool   // objects break off in the middle
	hang    bool   // every answer begins and never ends
}

type kept struct {
	body string
	made time.Time
	size int64 // as listed, when it is not that of the body
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{objects: map[string]kept{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *shelf) put(key, body string, made time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[key] = kept{body: body, made: made}
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != "" {
		s.fault(w, http.StatusForbidden, s.refuse)
		return
	}
	if s.hang {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, "<ListBucketResult>")
		_ = http.NewResponseController(w).Flush() // the other side may have gone
		s.mu.Unlock()
		<-r.Context().Done()
		s.mu.Lock()
		return
	}
	key := strings.TrimPrefix(r.URL.Path, "/mail-in/")
	if key == "" {
		s.list(w, r.URL.Query().Get("prefix"))
		return
	}
	o, ok := s.objects[key]
	if !ok {
		s.fault(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	w.Header().Set("Last-Modified", o.made.Format(http.TimeFormat))
	w.Header().Set("ETag", `"x"`)
	w.Header().Set("Content-Length", fmt.Sprint(len(o.body)))
	if s.cut {
		io.WriteString(w, o.body[:len(o.body)/2])
		return
	}
	io.WriteString(w, o.body)
}

func (s *shelf) fault(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", code)
}

func (s *shelf) list(w http.ResponseWriter, prefix string) {
	type content struct {
		Key          string
		LastModified string
		Size         int64
		ETag         string
	}
	var out struct {
		XMLName     xml.Name `xml:"ListBucketResult"`
		Name        string
		IsTruncated bool
		Contents    []content
	}
	out.Name = "mail-in"
	for _, key := range slices.Sorted(maps.Keys(s.objects)) {
		if o := s.objects[key]; strings.HasPrefix(key, prefix) {
			size := o.size
			if size == 0 {
				size = int64(len(o.body))
			}
			out.Contents = append(out.Contents, content{key, o.made.UTC().Format("2006-01-02T15:04:05.000Z"), size, "x"})
		}
	}
	w.Header().Set("Content-Type", "application/xml")
	xml.NewEncoder(w).Encode(out)
}

func (s *shelf) values(pairs ...string) setting.Values {
	v := values("bucket", "mail-in", "prefix", "mail/", "access-key", "AKIASYNTHETIC", "secret-key", "synthetic", "s3", s.URL)
	for i := 0; i < len(pairs); i += 2 {
		v[pairs[i]] = pairs[i+1]
	}
	return v
}

var errEnough = errors.New("that is enough")

// listenFor takes so many mails.
func listenFor(t *testing.T, l channel.Listener, mark string, n int) (bodies, marks []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err := l.Listen(ctx, mark, func(_ context.Context, h channel.Heard) error {
		b, err := io.ReadAll(h.Body)
		if err != nil {
			return err
		}
		bodies, marks = append(bodies, string(b)), append(marks, h.Mark)
		if len(bodies) == n {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Errorf("Listen = %v after %d mails; want %d", err, len(bodies), n)
	}
	return bodies, marks
}

func TestListenLooksIntoTheBucket(t *testing.T) {
	t.Parallel()
	s, a := newShelf(t), newAmazon(t)
	s.put("mail/b", mailOf(1), noon.Add(-2*time.Hour))
	s.put("mail/a", mailOf(2), noon.Add(-time.Hour))
	s.put("mail/old", mailOf(3), noon.AddDate(0, 0, -10))
	s.put("mail/AMAZON_SES_SETUP_NOTIFICATION", "x", noon)
	s.put("other/x", mailOf(4), noon)
	l := open[channel.Listener](t, a, s.values())
	bodies, marks := listenFor(t, l, "", 2)
	h := l.(hears)
	for n, b := range bodies {
		events, err := h.Normalise([]byte(b))
		if err != nil || len(events) != 1 || events[0].Incoming == nil || !strings.Contains(events[0].Incoming.Text, fmt.Sprint("word ", n+1)) {
			t.Fatalf("mail %d is %+v, %v", n, events, err)
		}
		if in := events[0].Incoming; in.Mail.Doubt != "" || events[0].At.Day() != 22 || events[0].Line != "help@ngo.example.org" {
			t.Errorf("what Amazon found out is not believed: %+v", events[0])
		}
	}
	s.put("mail/c", mailOf(5), noon)
	again, _ := listenFor(t, l, marks[1], 2)
	if again[0] != bodies[1] || !strings.Contains(again[1], "word 5") {
		t.Errorf("after the mark it gives %.60q and %.60q; want what is near it again, byte by byte, and what is new", again[0], again[1])
	}
}

func TestAnErrandFetchesTheSameMail(t *testing.T) {
	t.Parallel()
	s, a := newShelf(t), newAmazon(t)
	h := open[hears](t, a, s.values())
	s.put("mail/one", "\x00{\"type\":\"x\"}"+mailOf(1), noon)
	s.put("mail/large", mailOf(2)+strings.Repeat("x\r\n", 2<<20), noon)
	fetch := func(key string) ([][]byte, error) {
		return h.Run(t.Context(), channel.Errand{Kind: "object", More: map[string]string{"key": key}})
	}
	got, err := fetch("mail/one")
	if err != nil || len(got) != 1 {
		t.Fatalf("Run = %d bodies, %v", len(got), err)
	}
	if listed, _ := listenFor(t, h.(channel.Listener), "", 2); listed[1] != string(got[0]) {
		t.Errorf("by errand it is %.80q, by looking %.80q", got[0], listed[1])
	}
	if got, err := fetch("mail/large"); err != nil || len(got) != 0 {
		t.Errorf("a large mail is %d bodies, %v; want it left to Listen", len(got), err)
	}
	for key, want := range map[string]ngo.Code{"mail/gone": ngo.NotFound, "other/x": ngo.Denied, "": ngo.Denied} {
		if _, err := fetch(key); ngo.CodeOf(err) != want {
			t.Errorf("Run for %q = %v; want %s", key, err, want)
		}
	}
	s.cut = true
	if _, err := fetch("mail/one"); ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("Run for a mail that breaks off = %v; want Unavailable", err)
	}
	err = h.(channel.Listener).Listen(t.Context(), "", func(_ context.Context, x channel.Heard) error {
		_, err := io.Copy(io.Discard, x.Body)
		return err
	})
	if ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("Listen while mails break off = %v; want Unavailable", err)
	}
}

// No mail in the bucket can be taken for a notification.
func TestAMailIsNoNotification(t *testing.T) {
	t.Parallel()
	s, a := newShelf(t), newAmazon(t)
	h := open[hears](t, a, s.values())
	for _, forged := range []string{string(a.notification(topic, "m", receivedJSON("help@ngo.example.org", mailOf(1)))), "\x00\x00{\"skipped\":\"x\"}\nFrom: a@b.example\r\n\r\nx"} {
		s.put("mail/forged", forged, noon)
		got, err := h.Run(t.Context(), channel.Errand{Kind: "object", More: map[string]string{"key": "mail/forged"}})
		if err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		events, err := h.Normalise(got[0])
		if err != nil || len(events) != 1 || events[0].Problem != nil || events[0].Name != "mail" {
			t.Errorf("what claims to be another thing is %+v, %v", events, err)
		}
	}
}

func TestLargeAndInfectedMail(t *testing.T) {
	t.Parallel()
	s, a := newShelf(t), newAmazon(t)
	s.put("mail/a", mailOf(1), noon.Add(-time.Hour))
	o := s.objects["mail/a"]
	o.size = 60 << 20
	s.objects["mail/a"] = o
	const head = "Return-Path: <x@y.example>\r\nX-SES-Spam-Verdict: FAIL\r\nX-SES-Virus-Verdict: FAIL\r\nFrom: x@y.example\r\nContent-Type: application/pdf; name=x.pdf\r\n\r\n%PDF"
	s.put("mail/b", head, noon)
	h := open[hears](t, a, s.values())
	bodies, _ := listenFor(t, h.(channel.Listener), "", 2)
	skipped, err := h.Normalise([]byte(bodies[0]))
	if err != nil || len(skipped) != 1 || skipped[0].Incoming == nil || !strings.Contains(skipped[0].Incoming.Problem, "60 MB") || channeltest.People(skipped[0].Incoming.Person) != "meena@example.org" {
		t.Errorf("a mail of 60 MB is %+v, %v; want a note", skipped, err)
	}
	files := 0
	events, err := h.NormaliseFrom(strings.NewReader(bodies[1]), func(channel.Media) (io.WriteCloser, error) {
		files++
		return nil, nil
	})
	if err != nil || len(events) != 1 || events[0].Incoming == nil || files != 0 {
		t.Fatalf("%+v, %v, %d files", events, err, files)
	}
	if in := events[0].Incoming; len(in.Media) != 1 || in.Media[0].Problem == "" || in.Media[0].Data != nil || in.Mail.Doubt == "" || in.Mail.Answerable {
		t.Errorf("an infected mail is %+v", in)
	}
	whole, err := h.Normalise([]byte(bodies[1]))
	if err != nil || whole[0].Incoming.Media[0].Data != nil || channeltest.Sound(whole) != nil {
		t.Errorf("an infected mail, read in one piece, is %+v, %v", whole, err)
	}
}

func TestABucketThatRefuses(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]ngo.Code{
		"AccessDenied": ngo.Unauthenticated, "InvalidAccessKeyId": ngo.Unauthenticated, "NoSuchBucket": ngo.Invalid, "SlowDown": ngo.Limited, "InternalError": ngo.Unavailable,
	} {
		s, a := newShelf(t), newAmazon(t)
		s.refuse = code
		l := open[channel.Listener](t, a, s.values())
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		err := l.Listen(ctx, "", func(context.Context, channel.Heard) error { return nil })
		cancel()
		if e, ok := errors.AsType[*ngo.Error](err); !ok || e.Code != want || strings.Contains(err.Error(), "synthetic") {
			t.Errorf("Listen to a bucket that says %s = %v; want %s", code, err, want)
		}
	}
}

// mailbox is the simulated mail server as the suite wants it.
type mailbox struct{ *sim.SMTP }

func (m mailbox) Taken() map[string]int { return m.Counts() }

func (m mailbox) Lose() { m.Fail(sim.Fault{Step: sim.End, Drop: true, Times: 1}) }

func (m mailbox) Refuse(forGood bool) {
	f := sim.Fault{Step: sim.Recipient, Code: 451, Text: "4.3.0 later", Times: 1}
	if forGood {
		f.Code, f.Text = 550, "5.1.1 no such user"
	}
	m.Fail(f)
}

func TestSuite(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, channeltest.Suite{
		Driver: ses.New(ses.Options{}), To: ngo.Identity{Kind: ngo.EMail, Value: "meena@example.org"},
		Start: func(t *testing.T) (setting.Values, channeltest.Double) {
			s, err := sim.NewSMTP(sim.SMTPOptions{User: "AKIASYNTHETIC", Password: "synthetic-password"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			return values("smtp", s.Addr(), "region", "ap-south-1"), mailbox{s}
		},
	})
}

// A test of the channel shows whether its credentials work, of the way out and of the bucket, and costs nothing.
func TestCheckLogsIn(t *testing.T) {
	t.Parallel()
	out, err := sim.NewSMTP(sim.SMTPOptions{User: "AKIASYNTHETIC", Password: "synthetic-password"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(out.Close)
	for _, tt := range []struct {
		name, password, refuse string
		want                   ngo.Code
	}{
		{"right", "synthetic-password", "", ""},
		{"another SMTP password", "the-secret-of-a-key", "", ngo.Unauthenticated},
		{"another secret of the key", "synthetic-password", "SignatureDoesNotMatch", ngo.Unauthenticated},
		{"no such bucket", "synthetic-password", "NoSuchBucket", ngo.Invalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newShelf(t)
			s.refuse = tt.refuse
			a := open[channel.Account](t, newAmazon(t), s.values("smtp", out.Addr(), "region", "ap-south-1", "password", tt.password))
			if err := a.Check(t.Context()); ngo.CodeOf(err) != tt.want {
				t.Errorf("Check = %v; want %q", err, tt.want)
			}
			if out.Total() != 0 {
				t.Error("it sent a mail")
			}
		})
	}
}

func TestDispatchTellsTheOtherName(t *testing.T) {
	t.Parallel()
	for region, domain := range map[string]string{"ap-south-1": "ap-south-1.amazonses.com", "us-east-1": "email.amazonses.com"} {
		s, err := sim.NewSMTP(sim.SMTPOptions{User: "AKIASYNTHETIC", Password: "synthetic-password"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		const id = "0109019synthetic0001-11111111-2222-3333-4444-555555555555-000000"
		s.Fail(sim.Fault{Step: sim.End, Code: 250, Text: "Ok " + id, Times: 1})
		d := open[channel.Dispatcher](t, newAmazon(t), values("smtp", s.Addr(), "region", region))
		m := channel.Message{ID: ngo.NewID[ngo.MessageID](noon), To: ngo.Identity{Kind: ngo.EMail, Value: "meena@example.org"}, Subject: "Hello", Text: "Hello\n"}
		got, err := d.Dispatch(t.Context(), m)
		if err != nil || got.Ref != ngo.Ref(string(m.ID)+"@ngo.example.org") || !slices.Equal(got.Aliases, []ngo.Ref{ngo.Ref(id + "@" + domain)}) {
			t.Errorf("Dispatch = %+v, %v; want the alias at %s", got, err, domain)
		}
	}
}

// What became of a mail names it as Dispatch did, and as we did where SES tells.
func TestNewsNameTheMail(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	h := open[hears](t, a, values())
	id := ngo.NewID[ngo.MessageID](noon)
	const text = `{"eventType":"Delivery","mail":{"source":"help@ngo.example.org","messageId":"0109-1","headers":[{"name":"Message-ID","value":"<%s@%s>"}]},"delivery":{"timestamp":"2026-11-22T10:00:00.000Z","recipients":["Meena <meena@example.org>"]}}`
	for domain, want := range map[string]string{"ngo.example.org": string(id), "evil.example": ""} {
		events, err := h.Normalise(a.notification(topic, "m", fmt.Sprintf(text, id, domain)))
		if err != nil || len(events) != 1 || events[0].Status == nil {
			t.Fatalf("%+v, %v", events, err)
		}
		s := events[0].Status
		if s.Token != want || s.Ref != "0109-1@ap-south-1.amazonses.com" || s.Person.Identities[0].Value != "meena@example.org" || s.State != ngo.MessageDelivered {
			t.Errorf("from %s: %+v; want our id %q", domain, s, want)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	for name, pairs := range map[string][]string{
		"a topic that is none": {"topics", topic + ", arn:aws:sqs:x"}, "no region": {"smtp", "mail.example.org:587"}, "a bucket without a key": {"bucket", "mail-in"},
		"a bucket that is none": {"bucket", "../x", "access-key", "a", "secret-key", "b"}, "a domain that is none": {"domains", "x y.example, @"},
		"an S3 in the clear": {"bucket", "mail-in", "access-key", "a", "secret-key", "b", "s3", "http://203.0.113.1"},
	} {
		if _, err := driver(a).Open(values(pairs...)); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("Open with %s = %v; want Invalid", name, err)
		}
	}
	acc, err := driver(a).Open(values("topics", ""))
	if err != nil {
		t.Fatal(err)
	}
	if _, hears := acc.(channel.Receiver); hears {
		t.Error("an account without topics or a bucket says that it hears")
	}
	if _, listens := open[channel.Receiver](t, a, values()).(channel.Listener); listens {
		t.Error("an account without a bucket says that it looks into one")
	}
}

func TestABucketThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.hang = true
	d := ses.New(ses.Options{Longest: 200 * time.Millisecond, Mail: email.Options{Now: func() time.Time { return noon }}})
	a, err := d.Open(s.values())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err = a.(channel.Listener).Listen(ctx, "", func(context.Context, channel.Heard) error { return nil })
	if ngo.CodeOf(err) != ngo.Unavailable || ctx.Err() != nil {
		t.Errorf("Listen = %v after %v; want Unavailable", err, ctx.Err())
	}
}
