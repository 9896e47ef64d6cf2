package webhook_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/webhook"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// messenger is a provider that asks first, and whose signatures are checked with what has to be learned.
type messenger struct {
	provider
	mu     sync.Mutex
	knows  bool
	fails  error // of Learn
	hollow bool  // what is learned does not help
	asked  int
}

func (m *messenger) Handshake(query url.Values) (string, error) {
	switch {
	case query.Get("word") != "open sesame":
		return "", &ngo.Error{Code: ngo.Denied, Message: "another word"}
	case query.Get("challenge") == "":
		return "", &ngo.Error{Code: ngo.Invalid, Message: "no challenge"}
	}
	return query.Get("challenge"), nil
}

func (m *messenger) Verify(header http.Header, body []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.knows {
		return &ngo.Error{Code: ngo.Unavailable, Message: "no certificate yet"}
	}
	return m.provider.Verify(header, body)
}

func (m *messenger) Learn(ctx context.Context, _ http.Header, _ []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	if _, limited := ctx.Deadline(); !limited {
		return &ngo.Error{Code: ngo.Internal, Message: "it may take for ever"}
	}
	if m.fails == nil && !m.hollow {
		m.knows = true
	}
	return m.fails
}

func (m *messenger) lessons() int { m.mu.Lock(); defer m.mu.Unlock(); return m.asked }

// withMessenger adds a channel "chat" of the organisation sevai.
func withMessenger(t *testing.T, m *messenger, change func(*webhook.Options)) *site {
	t.Helper()
	m.provider = provider{"secret of sevai"}
	account := webhook.Account{Source: m, Heard: true}
	s := newSite(t, func(o *webhook.Options) {
		find := o.Find
		o.Find = func(ctx context.Context, org, name string) (webhook.Account, error) {
			if org == "sevai" && name == "chat" {
				return account, nil
			}
			return find(ctx, org, name)
		}
		if change != nil {
			change(o)
		}
	})
	n := s.orgs["sevai"].NewAccount(ngo.Channel, "chat", "chat", nil, nil)
	storetest.Write(t, s.orgs["sevai"], func(tx *store.Tx) error { return tx.AddAccount(n) })
	account.ID, account.Org = n.Account.ID, s.orgs["sevai"]
	return s
}

func (s *site) get(path string) *http.Response {
	s.t.Helper()
	req, err := http.NewRequest("GET", s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.do(req)
}

func TestHandshake(t *testing.T) {
	t.Parallel()
	s := withMessenger(t, &messenger{}, nil)
	for _, tt := range []struct {
		name, path, body string
		want             int
	}{
		{"right", "/hooks/sevai/chat?word=open+sesame&challenge=1158201444", "1158201444", 200},
		{"a page for a challenge", "/hooks/sevai/chat?word=open+sesame&challenge=%3Cscript%3Ealert(1)%3C%2Fscript%3E", "<script>alert(1)</script>", 200},
		{"another word", "/hooks/sevai/chat?word=x&challenge=1", "", 403},
		{"no word", "/hooks/sevai/chat", "", 403},
		{"no challenge", "/hooks/sevai/chat?word=open+sesame", "", 400},
		{"of a gateway", "/hooks/sevai/razorpay?word=open+sesame&challenge=1", "", 405},
		{"of nobody", "/hooks/nobody/chat?word=open+sesame&challenge=1", "", 404},
		{"of another organisation", "/hooks/other/chat?word=open+sesame&challenge=1", "", 404},
	} {
		resp := s.get(tt.path)
		got := text(resp)
		if resp.StatusCode != tt.want || tt.body != "" && got != tt.body {
			t.Errorf("%s: %d %q, want %d %q", tt.name, resp.StatusCode, got, tt.want, tt.body)
		}
		if tt.want == 200 && (!strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") || resp.Header.Get("X-Content-Type-Options") != "nosniff") {
			t.Errorf("%s: a stranger's text goes out as %v", tt.name, resp.Header)
		}
		if tt.want != 200 && strings.Contains(got, "sesame") {
			t.Errorf("%s: %s tells what was sent", tt.name, got)
		}
	}
	if s.counted("sevai", "handshake") != 2 {
		t.Errorf("%v handshakes counted, want 2", s.counted("sevai", "handshake"))
	}
	if log := s.log.String(); strings.Contains(log, "sesame") || strings.Count(log, "handshake refused") != 1 {
		t.Errorf("log:\n%s\nwant one line, without the word", log)
	}
}

func TestGuessingTheWordIsLimited(t *testing.T) {
	t.Parallel()
	s := withMessenger(t, &messenger{}, func(o *webhook.Options) { o.Failures = &counted{n: map[string]int{}} })
	for i, want := range []int{403, 403, 403, 429, 429} {
		if resp := s.get("/hooks/sevai/chat?word=guess&challenge=1"); resp.StatusCode != want {
			t.Errorf("guess %d: %d, want %d", i, resp.StatusCode, want)
		}
	}
	if resp := s.get("/hooks/sevai/chat?word=open+sesame&challenge=7"); resp.StatusCode != 200 {
		t.Errorf("the right word from an address they share: %d, want 200", resp.StatusCode)
	}
}

func TestMessagesAreLeftToBeHeard(t *testing.T) {
	t.Parallel()
	s := withMessenger(t, &messenger{knows: true}, nil)
	for range 2 {
		if resp := s.post("/hooks/sevai/chat", []byte(`{"messages":1}`)); resp.StatusCode != 200 {
			t.Fatalf("%d %s, want 200", resp.StatusCode, text(resp))
		}
	}
	s.post("/hooks/sevai/razorpay", []byte(`{"messages":1}`))
	got := map[ngo.JobKind]ngo.Lane{}
	for _, j := range s.jobs("sevai") {
		got[j.Kind] = j.Lane
	}
	if len(s.jobs("sevai")) != 2 || got[ngo.JobHear] != ngo.LaneMessage || got[ngo.JobIngest] != ngo.LanePayment {
		t.Errorf("jobs %v, want one to hear and one to ingest", s.jobs("sevai"))
	}
}

func TestWhatLacksIsLearnedOnce(t *testing.T) {
	t.Parallel()
	m := &messenger{}
	s := withMessenger(t, m, nil)
	for n, want := range []int{200, 200, 401} {
		headers := []string{}
		if want == 401 {
			headers = []string{"X-Signature", "forged"}
		}
		if resp := s.post("/hooks/sevai/chat", []byte{'{', byte('0' + n), '}'}, headers...); resp.StatusCode != want {
			t.Errorf("delivery %d: %d %s, want %d", n, resp.StatusCode, text(resp), want)
		}
	}
	if m.lessons() != 1 || len(s.deliveries("sevai")) != 2 {
		t.Errorf("%d lessons and %d deliveries, want 1 and 2", m.lessons(), len(s.deliveries("sevai")))
	}
}

func TestWhatCannotBeLearned(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		m    *messenger
		want int
	}{
		"the provider is down":     {&messenger{fails: &ngo.Error{Code: ngo.Unavailable, Message: "down"}}, 503},
		"it wants fewer questions": {&messenger{fails: &ngo.Error{Code: ngo.Limited, Message: "less"}}, 503},
		"it helped nothing":        {&messenger{hollow: true}, 503},
		"nobody to be trusted":     {&messenger{fails: &ngo.Error{Code: ngo.Unauthenticated, Message: "a foreign certificate"}}, 401},
		"an address elsewhere":     {&messenger{fails: &ngo.Error{Code: ngo.Denied, Message: "a far host"}}, 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := withMessenger(t, tt.m, func(o *webhook.Options) { o.Failures = &counted{n: map[string]int{}} })
			if resp := s.post("/hooks/sevai/chat", []byte("{}")); resp.StatusCode != tt.want {
				t.Errorf("%d %s, want %d", resp.StatusCode, text(resp), tt.want)
			}
			if n := len(s.deliveries("sevai")); n != 0 {
				t.Errorf("%d deliveries stored, want none", n)
			}
		})
	}
}

// Whoever failed too often makes us ask nobody.
func TestTheBlockedTeachNothing(t *testing.T) {
	t.Parallel()
	m := &messenger{fails: &ngo.Error{Code: ngo.Unauthenticated, Message: "a foreign certificate"}}
	s := withMessenger(t, m, func(o *webhook.Options) { o.Failures = &counted{n: map[string]int{}} })
	for range 6 {
		s.post("/hooks/sevai/chat", []byte("{}"))
	}
	if m.lessons() != 3 {
		t.Errorf("%d lessons, want 3", m.lessons())
	}
}
