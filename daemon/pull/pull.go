// Package pull asks the gateways what happened, for what they could not deliver: at start, every quarter of an hour, each
// night, and when somebody wants it. What is missing here goes down the road of every delivery, marked as found by asking.
// It also notices when webhooks do not arrive, and tries the way in.
//
// Channels that need nobody to send them anything are listened to all the time. What is heard is kept together with how far that
// is, so that nothing is missed and nothing is kept twice.
//
// It promises that what it finds is recorded once, however often it asks and wherever it was interrupted; that one gateway's
// trouble is no other's; and that each gateway is asked by one at a time. It reads nothing of what a gateway says but which
// payment, refund, dispute or settlement it is about. A Puller is safe for concurrent use.
package pull

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/daemon/egress"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Options is what New needs. Book and Keep are required.
type Options struct {
	Book *org.Book
	// Keep makes a body that is too long for a row durable elsewhere, under this id.
	Keep func(ctx context.Context, org *store.Org, id ngo.BlobID, body []byte) (store.Blob, error)
	// KeepFrom is Keep for a body that is read while it is kept; nil is by way of memory.
	KeepFrom func(ctx context.Context, org *store.Org, id ngo.BlobID, body io.Reader) (store.Blob, error)
	BaseURL  string           // under which providers reach the daemon, for Try
	HTTP     *egress.Client   // for Try; nil is one that may reach this box and its network
	Log      *slog.Logger     // nil discards
	Now      func() time.Time // nil is time.Now
}

// Puller asks. Make one with New.
type Puller struct {
	o       Options
	started time.Time

	mu    sync.Mutex
	lines map[ngo.AccountID]*line
}

// line is what is remembered of one gateway between two askings.
type line struct {
	turn chan struct{} // who holds its one token asks

	// Under Puller.mu.
	next    time.Time // when it is asked again
	night   time.Time // from when on it is asked far back again
	asking  bool
	failed  int       // askings that failed, in a row
	failing time.Time // since when they do; zero when they do not
	missed  time.Time // when gifts were found that webhooks should have brought, the first time since a webhook came
}

// New makes a puller that asks nobody yet. It fails with Invalid, naming what is missing.
func New(o Options) (*Puller, error) {
	if o.Book == nil || o.Keep == nil {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "a puller needs Book and Keep"}
	}
	if o.HTTP == nil {
		o.HTTP = egress.NewClient(egress.Options{Near: true, Timeout: tryTimeout, MaxBody: 64 << 10})
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Puller{o: o, started: o.Now(), lines: map[ngo.AccountID]*line{}}, nil
}

// Close lets go of the connections that wait for a next call. It is called after Run has ended.
func (p *Puller) Close() { p.o.HTTP.CloseIdle() }

// When gateways are asked, and how far back.
const (
	firstAfter  = 2 * time.Second // after the start
	apart       = time.Second     // between the organisations at the start, on average
	look        = time.Minute
	every       = 15 * time.Minute // where webhooks come
	everyAlone  = 5 * time.Minute  // where asking is all there is
	back        = time.Hour
	backAtNight = 4 * 24 * time.Hour  // a payment may still turn out well three days after it was begun
	farthest    = 90 * 24 * time.Hour // what a schedule asks for at most
	nightHour   = 3                   // in the organisation's zone
	nightSpread = time.Hour
	atOnce      = 4 // gateways asked at the same time
	retryFirst  = time.Minute

	// patience is how long a webhook may take: what is younger is left to it, and to the next asking, so that what is on its
	// way is not taken for missed.
	patience = 5 * time.Minute

	askFor = time.Hour // how long one asking may take
)

// Run asks by the clock and listens until ctx ends, and returns once nobody is asked or listened to any more.
func (p *Puller) Run(ctx context.Context) error {
	places := make(chan struct{}, atOnce)
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { p.watch(ctx) })
	work.Go(func() { p.tend(ctx) })
	timer := time.NewTimer(firstAfter)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		for _, d := range p.due(ctx) {
			work.Go(func() {
				defer p.rest(d)
				select {
				case <-ctx.Done():
					return
				case places <- struct{}{}:
				}
				defer func() { <-places }()
				p.serve(ctx, d)
			})
		}
		timer.Reset(p.pause())
	}
}

// due is a gateway whose time has come.
type due struct {
	org     *org.Org
	gateway org.Gateway
	line    *line
}

// due gives the gateways whose time has come, and marks them as being asked.
func (p *Puller) due(ctx context.Context) []due {
	infos, err := p.o.Book.Orgs(ctx)
	if err != nil {
		p.o.Log.Warn("asking gateways put off", "err", err)
		return nil
	}
	var out []due
	for _, info := range infos {
		o, err := p.o.Book.Org(ctx, info.Slug)
		var gateways []org.Gateway
		if err == nil {
			gateways, err = o.Gateways(ctx)
		}
		if err != nil {
			p.o.Log.Warn("asking gateways put off", "org", info.Slug, "err", err)
			continue
		}
		for _, g := range gateways {
			if l := p.begin(g.Info.ID, time.Duration(len(infos)-1)*apart); l != nil {
				out = append(out, due{o, g, l})
			}
		}
	}
	return out
}

// begin gives the line of a gateway if its time has come. A gateway seen for the first time has its turn within spread, so that
// a hundred organisations do not all ask at the same moment.
func (p *Puller) begin(id ngo.AccountID, spread time.Duration) *line {
	now := p.o.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.line(id)
	if l.next.IsZero() {
		l.next = now.Add(upTo(spread))
	}
	if l.asking || now.Before(l.next) {
		return nil
	}
	l.asking = true
	return l
}

// line gives what is remembered of a gateway. The caller holds the lock.
func (p *Puller) line(id ngo.AccountID) *line {
	l := p.lines[id]
	if l == nil {
		l = &line{turn: make(chan struct{}, 1)}
		p.lines[id] = l
	}
	return l
}

// rest ends a turn and says when the next one is: the usual time after this one, or sooner after a failure.
func (p *Puller) rest(d due) {
	pace := paceOf(d.gateway.Info)
	p.mu.Lock()
	defer p.mu.Unlock()
	d.line.asking = false
	if d.line.failed > 0 {
		pace = min(pace, retryFirst<<min(d.line.failed-1, 10))
	}
	d.line.next = p.o.Now().Add(pace - pace/10 + upTo(pace/5))
}

// pause is how long there is nothing to do. New gateways are looked for now and then.
func (p *Puller) pause() time.Duration {
	now := p.o.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	wait := look
	for _, l := range p.lines {
		if !l.asking && l.next.After(now) { // else it is a gateway that is gone: the others were begun just now
			wait = min(wait, l.next.Sub(now))
		}
	}
	return max(wait, time.Second)
}

// serve asks a gateway, or listens for its webhooks where it cannot be asked.
func (p *Puller) serve(ctx context.Context, d due) {
	poller, ok := d.gateway.Account.(payment.Poller)
	if !ok {
		p.listen(ctx, d)
		return
	}
	release, err := d.line.take(ctx)
	if err != nil {
		return // it ends
	}
	defer release()
	h, err := health(ctx, d.org, d.gateway.Info.ID)
	if err != nil {
		p.o.Log.Warn("asking a gateway put off", "org", d.org.Info().Slug, "account", d.gateway.Info.Name, "err", err)
		return
	}
	w, far := p.window(d, h)
	a := p.ask(ctx, d.org, d.gateway, poller, w)
	if ctx.Err() != nil {
		return // a stop is not the gateway's fault; the next start asks again from where the last success ended
	}
	if far && a.err == nil {
		p.nightOver(d)
	}
	p.judge(ctx, d, h, a)
}

// take waits for the turn to ask.
func (l *line) take(ctx context.Context) (release func(), err error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case l.turn <- struct{}{}:
		return func() { <-l.turn }, nil
	}
}

// window says what is asked for, and whether that is far back: the last hour, or four days once a night and at the start; and
// in any case all since the last success.
func (p *Puller) window(d due, h ngo.Health) (w payment.Window, far bool) {
	now := p.o.Now()
	p.mu.Lock()
	far = !now.Before(d.line.night)
	p.mu.Unlock()
	w.To = now
	if hooked(d.gateway.Info) {
		w.To = now.Add(-patience)
	}
	w.From = w.To.Add(-back)
	if far || h.PolledTo == nil {
		w.From = w.To.Add(-backAtNight)
	}
	if h.PolledTo != nil && h.PolledTo.Add(-back).Before(w.From) {
		w.From = h.PolledTo.Add(-back)
	}
	if earliest := now.Add(-farthest); w.From.Before(earliest) {
		w.From = earliest
	}
	return w, far
}

// nightOver puts the next asking far back off to the next night.
func (p *Puller) nightOver(d due) {
	night := nextNight(p.o.Now(), d.org.Zone()).Add(upTo(nightSpread))
	p.mu.Lock()
	defer p.mu.Unlock()
	d.line.night = night
}

func nextNight(now time.Time, zone *time.Location) time.Time {
	y, m, day := now.In(zone).Date()
	night := time.Date(y, m, day, nightHour, 0, 0, 0, zone)
	if !night.After(now) {
		night = time.Date(y, m, day+1, nightHour, 0, 0, 0, zone)
	}
	return night
}

// Asking tells whether a gateway is being asked right now.
func (p *Puller) Asking(id ngo.AccountID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lines[id]
	return l != nil && len(l.turn) > 0
}

// hooked tells whether webhooks of the gateway reach this box, as far as the organisation knows.
func hooked(a ngo.Account) bool { return a.Settings["webhook"] != "no" }

func paceOf(a ngo.Account) time.Duration {
	if hooked(a) {
		return every
	}
	return everyAlone
}

// upTo gives a random time below most, for what should not all happen at once.
func upTo(most time.Duration) time.Duration {
	if most <= 0 {
		return 0
	}
	return rand.N(most)
}
