package pull

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Report is what came of asking a gateway.
type Report struct {
	From, To    time.Time
	Seen, Found int64  // what it told of, and what of that was missing here
	Problem     string // why it ended early; what came before counts
}

// CatchUp asks a gateway for everything since then, and records what is missing. It waits for an asking under way. It fails with
// NotFound when there is no such gateway, and with Invalid when it cannot be asked or since lies ahead or more than 90 days ago.
func (p *Puller) CatchUp(ctx context.Context, o *org.Org, gateway string, since time.Time) (Report, error) {
	info, account, err := o.Gateway(ctx, gateway)
	if err != nil {
		return Report{}, err
	}
	poller, ok := account.(payment.Poller)
	if !ok {
		return Report{}, cannotBeAsked(info)
	}
	w := payment.Window{From: since, To: p.o.Now()}
	if !w.From.Before(w.To) || w.From.Before(w.To.Add(-farthest-time.Hour)) {
		return Report{}, &ngo.Error{Code: ngo.Invalid, Message: "a gateway is asked for what happened in the past, at most 90 days ago"}
	}
	p.mu.Lock()
	l := p.line(info.ID)
	p.mu.Unlock()
	release, err := l.take(ctx)
	if err != nil {
		return Report{}, err
	}
	defer release()
	h, err := health(ctx, o, info.ID)
	if err != nil {
		return Report{}, err
	}
	g := org.Gateway{Info: info, Account: account}
	a := p.ask(ctx, o, g, poller, w)
	switch {
	case ctx.Err() != nil:
		return Report{}, ctx.Err() // nobody waits for it any more, which is not the gateway's fault
	case a.err == nil:
		// What is found by hand is not found by the next asking of our own: it must not keep the alarm from rising.
		p.judge(ctx, due{o, g, l}, h, a)
	default:
		if err := saveHealth(ctx, o, info, a.health(h, p.o.Now())); err != nil {
			return Report{}, err
		}
	}
	return Report{From: w.From, To: w.To, Seen: a.seen, Found: a.found, Problem: a.problem()}, nil
}

func cannotBeAsked(a ngo.Account) error {
	return &ngo.Error{
		Code: ngo.Invalid, Message: "the gateway " + a.Name + " cannot be asked: it has no key for its API",
		Hint: "give it one: ngoctl gateway set " + a.Name + " (its settings: ngoctl gateway show " + a.Name + ")",
	}
}

// batchSize is how many bodies are compared, and recorded, at once.
const batchSize = 100

// recordFor is how long what was told may still take to be recorded once a stop has begun.
const recordFor = 4 * time.Second

// asking is one asking of one gateway.
type asking struct {
	p       *Puller
	org     *org.Org
	gateway org.Gateway
	window  payment.Window
	batch   []item

	seen, found int64
	missed      int64 // payments found that a webhook should have brought
	err         error // why it ended early
}

// item is one thing that the gateway told of.
type item struct {
	body []byte
	seen []store.Seen
	gift bool      // it is a payment that was captured
	made time.Time // at the gateway
	had  bool      // the ledger has it, and only a fee or a reference is new
}

// ask asks for a window and records what is missing. What was told before a failure is recorded all the same.
func (p *Puller) ask(ctx context.Context, o *org.Org, g org.Gateway, poller payment.Poller, w payment.Window) *asking {
	a := &asking{p: p, org: o, gateway: g, window: w}
	begun := p.o.Now()
	asked, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	var unkept error
	a.err = poller.Poll(asked, w, func(body []byte) error {
		unkept = a.take(asked, body)
		return unkept
	})
	if unkept == nil {
		late, done := context.WithTimeout(context.WithoutCancel(ctx), recordFor)
		defer done()
		a.err = errors.Join(a.err, a.record(late))
	}
	log := p.o.Log.With("org", o.Info().Slug, "account", g.Info.Name, "seen", a.seen, "found", a.found, "took", p.o.Now().Sub(begun))
	switch {
	case a.err != nil && ctx.Err() == nil:
		log.Warn("asking a gateway failed", "err", a.err)
	case a.found > 0:
		log.Info("gateway asked")
	default:
		log.Debug("gateway asked")
	}
	return a
}

// take adds a body, and records those so far when they are many.
func (a *asking) take(ctx context.Context, body []byte) error {
	a.seen++
	i := item{body: bytes.Clone(body)}
	event, err := a.gateway.Account.Normalise(body)
	if err == nil {
		i.read(event)
		if len(i.seen) == 0 {
			return nil // it means nothing to the ledger
		}
	}
	// What cannot be understood is recorded too: as a delivery it is put aside for a person.
	a.batch = append(a.batch, i)
	if len(a.batch) < batchSize {
		return nil
	}
	return a.record(ctx)
}

// read finds out what a body is about.
func (i *item) read(e payment.Event) {
	if f := e.Refund; f != nil {
		i.seen = append(i.seen, store.Seen{Refund: f.Ref, RefundState: f.State, Reference: f.Reference})
	}
	if d := e.Dispute; d != nil {
		i.seen = append(i.seen, store.Seen{Dispute: d.Ref, DisputeState: d.State})
	}
	if s := e.Settlement; s != nil {
		i.seen = append(i.seen, store.Seen{Settlement: s.Ref, SettlementState: s.State})
	}
	if p := e.Payment; p != nil {
		i.seen = append(i.seen, store.Seen{Payment: p.Ref, Alias: p.Alias, PaymentState: p.State, Fee: p.Fee})
		i.gift, i.made = !p.State.CanBecome(ngo.PaymentCaptured), p.Created
	}
}

// record compares the batch with the ledger and adds what is missing, each as a delivery with its job, all in one transaction.
func (a *asking) record(ctx context.Context) error {
	batch := a.batch
	a.batch = a.batch[:0]
	missing, err := a.missing(ctx, batch)
	if err != nil || len(missing) == 0 {
		return err
	}
	ready := make([]parcel, len(missing))
	for n, i := range missing {
		if ready[n], err = a.pack(ctx, i); err != nil {
			return err
		}
	}
	var added []bool
	err = a.org.Store.Write(ctx, store.Work, "poll:"+a.gateway.Info.Name, func(tx *store.Tx) error {
		added = make([]bool, len(ready))
		for n, d := range ready {
			var err error
			if added[n], err = d.add(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for n, i := range missing {
		if added[n] && !i.had {
			a.found++
			a.missed += a.overdue(i)
		}
	}
	return nil
}

// missing gives the items that the ledger lacks, in whole or in part.
func (a *asking) missing(ctx context.Context, batch []item) (out []item, err error) {
	var seen []store.Seen
	var of []int // the item that each is of
	lacks, fuller := make([]bool, len(batch)), make([]bool, len(batch))
	for n, i := range batch {
		lacks[n] = len(i.seen) == 0
		for _, s := range i.seen {
			seen, of = append(seen, s), append(of, n)
		}
	}
	err = a.org.Store.Read(ctx, func(rx *store.Rx) error {
		unknown, richer, err := rx.NotKnown(a.gateway.Info.ID, seen)
		for _, n := range unknown {
			lacks[of[n]] = true
		}
		for _, n := range richer {
			fuller[of[n]] = true
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for n, i := range batch {
		if i.had = !lacks[n]; lacks[n] || fuller[n] {
			out = append(out, i)
		}
	}
	return out, nil
}

// parcel is a delivery that is ready to be added.
type parcel struct {
	delivery store.NewDelivery
	blob     store.Blob // of a long body
}

func (a *asking) pack(ctx context.Context, i item) (parcel, error) {
	d := parcel{delivery: a.org.Store.NewDelivery(a.gateway.Info.ID, "", i.body).Polled()}
	if len(i.body) <= store.MostInline {
		return d, nil
	}
	blob, err := a.p.o.Keep(ctx, a.org.Store, ngo.NewID[ngo.BlobID](a.p.o.Now()), i.body)
	return parcel{d.delivery.InBlob(blob.ID), blob}, err
}

func (d parcel) add(tx *store.Tx) (bool, error) {
	added, err := tx.AddDelivery(d.delivery)
	if err != nil || !added || d.blob.ID == "" {
		return added, err // the file of a repeat is nobody's, and is swept
	}
	return added, tx.AddBlob(d.blob.ID, d.blob.Size, d.blob.SHA, d.blob.Key)
}

// overdue counts a gift that a webhook should have brought by now: one that was made while the gateway was connected and this
// box could be reached. While the box was off, nobody but the box is to blame.
func (a *asking) overdue(i item) int64 {
	reachable := a.p.started
	if c := a.gateway.Info.Created; c.After(reachable) {
		reachable = c
	}
	if !i.gift || !hooked(a.gateway.Info) || i.made.Before(reachable) || a.p.o.Now().Sub(i.made) < patience {
		return 0
	}
	return 1
}

// problem says in words for people why the asking ended early; empty when it did not.
func (a *asking) problem() string {
	if a.err == nil {
		return ""
	}
	e, ok := errors.AsType[*ngo.Error](a.err)
	switch {
	case !ok && errors.Is(a.err, context.DeadlineExceeded):
		return "the gateway took too long"
	case !ok:
		return "something went wrong here; the log says what"
	case e.Hint != "":
		return e.Message + " (" + e.Hint + ")"
	}
	return e.Message
}

// health is how the gateway is after the asking.
func (a *asking) health(h ngo.Health, now time.Time) ngo.Health {
	h.Seen, h.Found, h.PollError = a.seen, a.found, a.problem()
	if a.err != nil {
		return h
	}
	h.LastPoll = &now
	from, to := a.window.From, a.window.To
	if h.PolledTo == nil || !from.After(*h.PolledTo) { // else there is a gap that nobody asked for
		h.PolledFrom = &from
		if h.PolledTo == nil || to.After(*h.PolledTo) {
			h.PolledTo = &to
		}
	}
	return h
}

func health(ctx context.Context, o *org.Org, id ngo.AccountID) (h ngo.Health, err error) {
	err = o.Store.Read(ctx, func(rx *store.Rx) (err error) {
		h, err = rx.Health(id)
		return err
	})
	return h, err
}

// saveHealth keeps how a gateway is, also when a stop has begun: it was just found out.
func saveHealth(ctx context.Context, o *org.Org, a ngo.Account, h ngo.Health) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordFor)
	defer cancel()
	return o.Store.Write(ctx, store.Work, "poll:"+a.Name, func(tx *store.Tx) error { return tx.SaveHealth(a.ID, h) })
}
