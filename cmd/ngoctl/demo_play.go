package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/bench"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	restBetween = 1500 * time.Millisecond // between two moments in the desk: slow enough to watch, quick enough not to be bored
	takenWithin = 30 * time.Second        // how long a webhook may need until it is taken
	restWithin  = 10 * time.Second        // how long the desk's day waits for work before the gateways are asked
	questions   = time.Hour               // donors are asked within it, and reminded much later
)

// A play is one run of the day, and of the gifts after it.
type play struct {
	*stage
	http  *http.Client
	count counter
	seen  played
	wrong []string // what went wrong on the way
	told  [][]byte // webhooks that were sent
	last  time.Time

	threads map[string]ngo.ConversationID // by their names in the morning's script
}

// counter counts the requests that pass.
type counter struct{ n atomic.Int64 }

// RoundTrip passes a request on.
func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return http.DefaultTransport.RoundTrip(r)
}

func (s *stage) newPlay() *play {
	p := &play{stage: s, threads: map[string]ngo.ConversationID{}}
	p.http = &http.Client{Transport: &p.count}
	return p
}

func (p *play) find(format string, args ...any) {
	p.wrong = append(p.wrong, fmt.Sprintf(format, args...))
}

// playSlowly plays at a pace that can be watched.
func (s *stage) playSlowly(ctx context.Context, gifts int) error {
	p := s.newPlay()
	tick := time.NewTicker(restBetween)
	defer tick.Stop()
	rest := func() error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			return nil
		}
	}
	if err := p.wholeDay(ctx, func(string) error { return rest() }); err != nil {
		return err
	}
	_, err := p.more(ctx, gifts, sim.DeliverOptions{Window: 2}, rest)
	return err
}

// playFast plays as fast as the daemon works, and holds the ledger against what happened.
func (s *stage) playFast(ctx context.Context, c *call) error {
	begun, told, p := time.Now(), c.progress(), s.newPlay()
	told.say("a day begins")
	err := p.wholeDay(ctx, func(title string) error {
		told.say(title)
		return p.settled(ctx, 0, nil)
	})
	if err != nil {
		return err
	}
	acked, err := p.more(ctx, c.flags.Int("gifts"), sim.DeliverOptions{Workers: 8, Window: 8}, nil)
	if err != nil {
		return err
	}
	if err := p.settled(ctx, questions, told); err != nil {
		return err
	}
	if err := p.askAgain(ctx); err != nil {
		return err
	}
	if err := p.heard(ctx, heardIn); err != nil {
		return err
	}
	if err := p.settled(ctx, questions, told); err != nil { // a list tells fees and phones that no webhook told
		return err
	}
	err = p.check(ctx, acked)
	told.end()
	if err != nil {
		return err
	}
	p.seen.OK, p.seen.Requests = len(p.seen.Findings) == 0, p.count.n.Load()
	p.seen.Seconds = time.Since(begun).Round(time.Millisecond).Seconds()
	return c.played(p.seen)
}

// wholeDay plays the day, and the morning beside it. Rest is called before each moment, with what happened last.
func (p *play) wholeDay(ctx context.Context, rest func(title string) error) error {
	if err := p.asked(ctx); err != nil {
		return err
	}
	if _, err := p.client.SyncTemplates(ctx, demoOrg); err != nil {
		return err
	}
	m, ok := p.day.Next()
	for ; ok; m, ok = p.day.Next() {
		p.seen.Moments++
		p.last = m.At
		for _, sent := range m.Sends {
			if err := p.bring(ctx, sent); err != nil {
				return err
			}
		}
		if m.CatchUp {
			if err := p.catchUp(ctx, m.Since); err != nil {
				return err
			}
		}
		if err := rest(m.Title); err != nil {
			return err
		}
		if err := p.reports(ctx); err != nil {
			return err
		}
		if _, _, err := p.turn(ctx, rest); err != nil {
			return err
		}
	}
	return p.restOfMorning(ctx, rest)
}

// asked waits until the daemon has asked both gateways what there is, as it does at its start: what happens from now on it
// has to be told.
func (p *play) asked(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, takenWithin, &ngo.Error{Code: ngo.Internal, Message: "the daemon does not ask its gateways"})
	defer cancel()
	err := eventually(ctx, 50*time.Millisecond, func() (bool, error) {
		all, err := p.client.Gateways(ctx, demoOrg)
		return !slices.ContainsFunc(all, func(a api.Account) bool { return a.Health == nil || a.Health.LastPoll == nil }), err
	})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// bring posts a webhook until it is taken.
func (p *play) bring(ctx context.Context, s sim.Sent) error {
	fresh := !slices.ContainsFunc(p.told, func(body []byte) bool { return bytes.Equal(body, s.Webhook.Body) })
	if fresh {
		p.told = append(p.told, s.Webhook.Body)
		p.seen.Sent++
	}
	enough, cancel := context.WithTimeout(ctx, takenWithin)
	defer cancel()
	err := s.Webhook.Deliver(enough, p.http, p.hooks[s.Gateway])
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		p.find("%s of %s at %s was not taken", s.Webhook.Name, s.Webhook.Ref, s.Gateway)
	case fresh:
		p.seen.Acknowledged++
	}
	return nil
}

// catchUp has both gateways asked for what webhooks did not tell, once what they told is written down.
func (p *play) catchUp(ctx context.Context, since time.Time) error {
	done, cancel := context.WithTimeout(ctx, restWithin)
	defer cancel()
	if err := p.settled(done, 0, nil); err != nil && done.Err() == nil {
		return err
	}
	found, err := p.ask(ctx, since)
	p.seen.Found += found
	return err
}

// ask has both gateways asked, and tells how much was missing.
func (p *play) ask(ctx context.Context, since time.Time) (found int64, err error) {
	for _, gateway := range []string{sim.AtRazorpay, sim.AtPayU} {
		r, err := p.client.CatchUp(ctx, demoOrg, gateway, api.CatchUpRequest{Since: since})
		if err != nil {
			return found, err
		}
		if r.Problem != "" {
			p.find("%s could not be asked: %s", gateway, r.Problem)
		}
		found += r.Found
	}
	return found, nil
}

// askAgain asks for the whole day, of which nothing may be missing any more.
func (p *play) askAgain(ctx context.Context) error {
	found, err := p.ask(ctx, p.last.Add(-24*time.Hour))
	if found > 0 {
		p.find("of what the gateways tell %d things are still missing", found)
	}
	return err
}

// more sends ordinary gifts as a gateway does at its worst: out of order, some twice and under other ids, each until it is
// taken. Their times are those since the day, and rest is called before each, if it is set.
func (p *play) more(ctx context.Context, gifts int, o sim.DeliverOptions, rest func() error) ([]sim.Event, error) {
	if gifts <= 0 {
		return nil, nil
	}
	values := p.day.Razorpay.Values()
	g := sim.NewRazorpay(uint64(p.last.UnixNano()), values["webhook-secret"])
	g.Account, g.Start = values["account-id"], p.last.Add(time.Minute)
	g.Every = min(time.Since(g.Start)/time.Duration(gifts), 30*time.Second)
	var sent []sim.Event
	o.Repeat, o.NewIDs = 0.1, true
	report, err := sim.Deliver(ctx, p.http, p.hooks[sim.AtRazorpay], func(yield func(sim.Event) bool) {
		for e := range g.Events(0, gifts) {
			if rest != nil && rest() != nil {
				return
			}
			sent = append(sent, e)
			if !yield(e) {
				return
			}
		}
	}, o)
	p.seen.Sent += report.Events
	p.seen.Acknowledged += report.Acknowledged
	return sent, err
}

// settled waits until the work is done: questions to donors are waited for if they are due within that time.
func (p *play) settled(ctx context.Context, within time.Duration, told *progress) error {
	return eventually(ctx, 10*time.Millisecond, func() (bool, error) {
		left, err := bench.Left(ctx, p.client, demoOrg, within)
		if told != nil && left > 0 {
			told.say(fmt.Sprintf("%d jobs left", left))
		}
		return left == 0, err
	})
}
