package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// readTurns is how often each thing is asked for, in turn with the others.
const readTurns = 20

// lookups are what people look for in a folder that Seed filled: frequent words and rare ones, two of them, beginnings, names in each
// script, ends of numbers.
var lookups = [...]string{
	"meena", "மீனா", "मीना", "Lakshmi Raman", "லட்சுமி ராமன்", "kumar priya", "thank", "thank you", "please certificate", "receipt name", "m", "ra", "rec", "rece", "registered",
	"பள்", "நன்றி", "धन्यवाद रसीद", "रसी", "12345", "5678", "9710000123", "000123", "SEED/2026-27/D/000123", "karbur", "karbur camp", "donat", "office open", "s", "வ", "नहीं मिला",
	"meena.0000123@example.org", "example", "pay_seed00000042", "ration officer tomorrow", "no such words", "UTR 6",
}

// Read measures what somebody at a desk waits for, on a folder that Seed filled: the list of conversations in each order, a thread, and a
// search, one after the other over the socket.
func Read(ctx context.Context, dir string, o Options) (r Report, err error) {
	o = o.defaults()
	p, err := start(o.Self, dir)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = joinErr(err, p.stop()) }()
	c, err := api.New(api.Options{Socket: filepath.Join(dir, "ngoctl.sock")})
	if err != nil {
		return Report{}, err
	}
	if err := answering(ctx, c); err != nil {
		return Report{}, err
	}
	took := map[string][]time.Duration{}
	slowest := map[string]time.Duration{}
	for turn := range readTurns {
		o.say("turn %d of %d", turn+1, readTurns)
		if err := readTurn(ctx, c, took, slowest); err != nil {
			return Report{}, err
		}
	}
	u, err := p.usage()
	if err != nil {
		return Report{}, err
	}
	r = newReport("read", "lists, threads and searches in a folder that bench seed filled, one after the other over the socket")
	r.Given = Figures{{"turns", readTurns}, {"searches", float64(len(lookups) * readTurns)}}
	for _, what := range []string{"list", "thread", "search"} {
		all := took[what]
		slices.Sort(all)
		r.Measured.add(what+"_p50_ms", ms(all[len(all)/2]))
		r.Measured.add(what+"_p99_ms", ms(all[len(all)*99/100]))
		r.Measured.add(what+"_max_ms", ms(all[len(all)-1]))
	}
	r.Measured.add("resident_mb", mb(u.Resident))
	r.Measured.add("peak_mb", mb(u.Peak))
	for _, words := range lookups {
		o.say("%q took %s at most", words, slowest[words].Round(time.Millisecond))
	}
	return r, nil
}

// answering waits until the daemon answers.
func answering(ctx context.Context, c *api.Client) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	for {
		_, err := c.Conversations(ctx, talkOrg, api.ConversationQuery{ListQuery: api.ListQuery{Limit: 1}})
		if err == nil || ngo.CodeOf(err) == ngo.NotFound {
			return err
		}
		if err := sleep(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

// readTurn asks for each thing once, and notes how long it took.
func readTurn(ctx context.Context, c *api.Client, took map[string][]time.Duration, slowest map[string]time.Duration) error {
	note := func(what string, do func() error) (time.Duration, error) {
		begin := time.Now()
		err := do()
		d := time.Since(begin)
		took[what] = append(took[what], d)
		return d, err
	}
	for _, q := range []api.ConversationQuery{{}, {Sort: "waiting"}, {Sort: "window"}, {Waiting: true}, {State: "snoozed", Waiting: true}, {State: "closed"}} {
		var page api.Page[api.Conversation]
		_, err := note("list", func() (err error) { page, err = c.Conversations(ctx, talkOrg, q); return err })
		if err != nil {
			return fmt.Errorf("list conversations: %w", err)
		}
		for i := 0; i < len(page.Items); i += 10 {
			id := page.Items[i].ID
			if _, err := note("thread", func() error { _, err := c.Thread(ctx, talkOrg, id, api.ListQuery{}); return err }); err != nil {
				return fmt.Errorf("read thread: %w", err)
			}
		}
	}
	for _, words := range lookups {
		d, err := note("search", func() error { _, err := c.Search(ctx, talkOrg, words, "", 50); return err })
		if err != nil {
			return fmt.Errorf("search %q: %w", words, err)
		}
		slowest[words] = max(slowest[words], d)
	}
	return nil
}
