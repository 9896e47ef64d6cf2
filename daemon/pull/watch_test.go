package pull

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// pond is a channel without a network: what lies in it is heard. Every account of it is the same one.
type pond struct {
	mu     sync.Mutex
	lies   []string
	err    error // what listening ends with at once
	cut    bool  // bodies break off
	news   chan struct{}
	marks  []string // that listening began with
	active int
	most   int
}

func newPond() *pond { return &pond{news: make(chan struct{}, 1)} }

func (p *pond) Name() string                                           { return "pond" }
func (p *pond) Settings() setting.Form                                 { return setting.Form{{Name: "x", Kind: setting.Text}} }
func (p *pond) Open(setting.Values) (channel.Account, error)           { return p, nil }
func (p *pond) Reaches(ngo.IdentityKind) bool                          { return false }
func (p *pond) Send(context.Context, channel.Message) (ngo.Ref, error) { return "", nil }
func (p *pond) Check(context.Context) error                            { return nil }
func (p *pond) Limit() int64                                           { return 1 << 20 }
func (p *pond) Hint(http.Header) string                                { return "" }
func (p *pond) Verify(http.Header, []byte) error                       { return errors.New("no") }
func (p *pond) Normalise(body []byte) ([]channel.Event, error)         { return nil, nil }
func (p *pond) put(s ...string)                                        { p.change(func() { p.lies = append(p.lies, s...) }) }
func (p *pond) fail(err error)                                         { p.change(func() { p.err = err }) }
func (p *pond) seen(f func())                                          { p.mu.Lock(); defer p.mu.Unlock(); f() }
func (p *pond) change(f func()) {
	p.seen(f)
	select {
	case p.news <- struct{}{}:
	default:
	}
}

// Listen gives what lies there after the mark, which is how many came before.
func (p *pond) Listen(ctx context.Context, mark string, take func(context.Context, channel.Heard) error) error {
	n := 0
	fmt.Sscan(mark, &n)
	p.seen(func() {
		p.marks = append(p.marks, mark)
		p.active++
		p.most = max(p.most, p.active)
	})
	defer p.seen(func() { p.active-- })
	for {
		var body string
		var err error
		var cut, more bool
		p.seen(func() {
			err, cut, more = p.err, p.cut, n < len(p.lies)
			if more {
				body = p.lies[n]
			}
		})
		if err != nil {
			return err
		}
		if !more {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-p.news:
			}
			continue
		}
		n++
		r := io.Reader(strings.NewReader(body))
		if cut {
			r = io.MultiReader(io.LimitReader(r, int64(len(body)/2)), broken{})
		}
		if err := take(ctx, channel.Heard{Mark: fmt.Sprint(n), Hint: fmt.Sprint("n ", n), Size: -1, Body: r}); err != nil {
			return err
		}
	}
}

var errCut = &ngo.Error{Code: ngo.Unavailable, Message: "the line broke in the middle"}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errCut }

// shore is a house with a pond.
type shore struct {
	*house
	pond    *pond
	account ngo.Account
}

func newShore(t *testing.T, edit ...func(*Options)) *shore {
	t.Helper()
	st := storetest.Open(t)
	storetest.AddOrg(t, st, "sevai")
	s := &shore{pond: newPond(), house: &house{t: t, log: &journal{}, kept: map[ngo.BlobID][]byte{}}}
	book, err := org.New(org.Options{Store: st, Channels: []channel.Driver{s.pond}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(book.Close)
	if s.org, err = book.Org(t.Context(), "sevai"); err != nil {
		t.Fatal(err)
	}
	o := Options{Book: book, Log: slog.New(slog.NewTextHandler(s.log, nil)),
		Keep: func(_ context.Context, _ *store.Org, id ngo.BlobID, body []byte) (store.Blob, error) {
			s.kept[id] = body
			return store.Blob{ID: id, Size: int64(len(body)), Key: []byte("key")}, nil
		}}
	for _, e := range edit {
		e(&o)
	}
	if s.Puller, err = New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.account = s.add("mail")
	return s
}

func (s *shore) add(name string) ngo.Account {
	s.t.Helper()
	n := s.org.Store.NewAccount(ngo.Channel, "pond", name, nil, nil)
	storetest.Write(s.t, s.org.Store, func(tx *store.Tx) error { return tx.AddAccount(n) })
	return n.Account
}

func (s *shore) mark() (mark string) {
	s.t.Helper()
	storetest.Read(s.t, s.org.Store, func(rx *store.Rx) (err error) {
		mark, err = rx.Mark(s.account.ID, markName)
		return err
	})
	return mark
}

func TestWhatIsHeardIsKeptOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShore(t)
		s.pond.put("one", "two", "one")
		stop := s.run()
		time.Sleep(time.Second)
		synctest.Wait()
		s.pond.put("three")
		synctest.Wait()
		all := s.deliveries()
		if len(all) != 3 || s.mark() != "4" {
			t.Errorf("%d deliveries up to %q; want three up to 4: one came twice", len(all), s.mark())
		}
		for _, d := range all {
			if d.Source != ngo.SourcePoll || !strings.HasPrefix(d.Hint, "n ") || d.Account != s.account.ID {
				t.Errorf("a delivery is %+v", d)
			}
		}
		var jobs []ngo.Job
		storetest.Read(t, s.org.Store, func(rx *store.Rx) (err error) {
			jobs, _, err = rx.Jobs(store.JobQuery{ListQuery: store.ListQuery{Limit: 100}})
			return err
		})
		for _, j := range jobs {
			if j.Kind != ngo.JobHear || j.Lane != ngo.LaneMessage {
				t.Errorf("a job is %+v", j)
			}
		}
		if len(jobs) != 3 {
			t.Errorf("%d jobs are left; want one for each", len(jobs))
		}
		stop()
		if s.pond.active != 0 || s.pond.most != 1 {
			t.Errorf("%d listen after the end, %d did at most", s.pond.active, s.pond.most)
		}
		s.restart()
		s.pond.put("four")
		stop = s.run()
		time.Sleep(time.Second)
		synctest.Wait()
		stop()
		if len(s.deliveries()) != 4 || s.pond.marks[len(s.pond.marks)-1] != "4" {
			t.Errorf("after a restart: %d deliveries, begun at %v", len(s.deliveries()), s.pond.marks)
		}
	})
}

func TestALongBodyIsStreamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		long := strings.Repeat("long ", 100_000)
		var streamed []byte
		s := newShore(t, func(o *Options) {
			o.KeepFrom = func(_ context.Context, _ *store.Org, id ngo.BlobID, r io.Reader) (store.Blob, error) {
				b, err := io.ReadAll(r)
				streamed = b
				return store.Blob{ID: id, Size: int64(len(b)), Key: []byte("key")}, err
			}
		})
		s.pond.put(long)
		stop := s.run()
		time.Sleep(time.Second)
		synctest.Wait()
		stop()
		all := s.deliveries()
		if len(all) != 1 || all[0].Size != int64(len(long)) || string(streamed) != long {
			t.Fatalf("%+v, %d bytes streamed", all, len(streamed))
		}
		if want := s.org.Store.NewDelivery(s.account.ID, "", []byte(long)); all[0].Digest != deliveryDigest(t, s, want, long) {
			t.Errorf("its digest is not that of the same body in one piece")
		}
	})
}

// deliveryDigest adds the same body in one piece, and finds that it is there already.
func deliveryDigest(t *testing.T, s *shore, d store.NewDelivery, body string) [32]byte {
	t.Helper()
	storetest.Write(t, s.org.Store, func(tx *store.Tx) error {
		added, err := tx.AddDelivery(d.InBlob(ngo.NewID[ngo.BlobID](time.Now())))
		if added {
			t.Errorf("the same body of %d bytes was added twice", len(body))
		}
		return err
	})
	return s.deliveries()[0].Digest
}

func TestNothingIsMarkedBeforeItIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("disk full")
		var fail atomic.Bool
		fail.Store(true)
		s := newShore(t, func(o *Options) {
			keep := o.Keep
			o.Keep = func(ctx context.Context, og *store.Org, id ngo.BlobID, body []byte) (store.Blob, error) {
				if fail.Load() {
					return store.Blob{}, full
				}
				return keep(ctx, og, id, body)
			}
		})
		s.pond.put("small", string(bytes.Repeat([]byte("x"), 100<<10)))
		stop := s.run()
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := s.mark(); got != "1" || len(s.deliveries()) != 1 {
			t.Errorf("up to %q with %d deliveries; want it to stand before what could not be kept", got, len(s.deliveries()))
		}
		fail.Store(false)
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		stop()
		if got := s.mark(); got != "2" || len(s.deliveries()) != 2 {
			t.Errorf("up to %q with %d deliveries; want all", got, len(s.deliveries()))
		}
		s.pond.seen(func() { s.pond.cut = true })
		s.pond.put("this breaks off")
		s.restart()
		stop = s.run()
		time.Sleep(time.Minute)
		synctest.Wait()
		stop()
		if len(s.deliveries()) != 2 || s.mark() != "2" {
			t.Error("half a body was kept")
		}
	})
}

func TestABrokenLineIsTriedAgainAndTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShore(t)
		s.pond.fail(&ngo.Error{Code: ngo.Unavailable, Message: "the mail server took too long to answer", Hint: "wait"})
		stop := s.run()
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		early := len(s.pond.marks)
		if h := s.health(s.account.ID); h.Alarm != "" || !strings.Contains(h.PollError, "too long") {
			t.Errorf("after five minutes: %+v; want the reason and no alarm yet", h)
		}
		if early < 4 || early > 12 {
			t.Errorf("it was tried %d times in five minutes", early)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if h := s.health(s.account.ID); !strings.HasPrefix(h.Alarm, deafAlarm) || !strings.Contains(h.Alarm, "took too long") || h.AlarmSince == nil {
			t.Errorf("after an hour: %+v; want an alarm in plain words", h)
		}
		if n := len(s.pond.marks) - early; n < 8 || n > 20 {
			t.Errorf("it was tried %d times in the hour after", n)
		}
		s.pond.fail(nil)
		time.Sleep(15 * time.Minute)
		synctest.Wait()
		stop()
		if h := s.health(s.account.ID); h.Alarm != "" || h.PollError != "" || h.LastPoll == nil {
			t.Errorf("once it works: %+v; want no alarm", h)
		}
	})
}

func TestAWrongPasswordIsToldSoonAndTriedSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShore(t)
		s.pond.fail(&ngo.Error{Code: ngo.Unauthenticated, Message: "the mail server refuses the user or the password"})
		stop := s.run()
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if h := s.health(s.account.ID); !strings.Contains(h.Alarm, "refuses the user") {
			t.Errorf("after three minutes: %+v; want an alarm", h)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		stop()
		if n := len(s.pond.marks); n > 12 {
			t.Errorf("a password that is refused was tried %d times in an hour: providers lock such accounts", n)
		}
	})
}

func TestChannelsComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShore(t)
		stop := s.run()
		time.Sleep(time.Second)
		synctest.Wait()
		second := s.add("mail-two")
		time.Sleep(2 * notice)
		synctest.Wait()
		if s.pond.active != 2 {
			t.Errorf("%d channels are listened to; want the new one too", s.pond.active)
		}
		storetest.Write(t, s.org.Store, func(tx *store.Tx) error { _, err := tx.RemoveAccount(second.ID); return err })
		time.Sleep(2 * notice)
		synctest.Wait()
		if s.pond.active != 1 {
			t.Errorf("%d channels are listened to; want the removed one left alone", s.pond.active)
		}
		stop()
	})
}
