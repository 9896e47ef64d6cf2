package bench

import (
	"context"
	"strconv"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// restFor is how long a daemon is watched at rest, after a pause in which it may finish what it does.
const (
	restAfter = 3 * time.Second
	restFor   = 10 * time.Second
)

// rest watches the daemon doing nothing.
func (f *field) rest(ctx context.Context) (share float64, u usage, err error) {
	f.o.say("watching it rest for %s", restFor)
	if err := sleep(ctx, restAfter); err != nil {
		return 0, usage{}, err
	}
	before, err := f.daemon.usage()
	if err != nil {
		return 0, usage{}, err
	}
	if err := sleep(ctx, restFor); err != nil {
		return 0, usage{}, err
	}
	after, err := f.daemon.usage()
	if err != nil {
		return 0, usage{}, err
	}
	return (after.CPU - before.CPU).Seconds() / restFor.Seconds(), after, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// addRest adds what the daemon takes at rest.
func (f *field) addRest(ctx context.Context, r *Report) error {
	share, u, err := f.rest(ctx)
	if err != nil {
		return err
	}
	r.Measured.add("idle_cpu_percent", 100*share)
	r.Measured.add("idle_mb", mb(u.Resident))
	r.Measured.add("open_files", float64(u.Files))
	return nil
}

// Start measures what stands still: from process start to the first 200, and memory and processor at rest, on a folder
// that already holds gifts.
func Start(ctx context.Context, o Options) (r Report, err error) {
	o = o.defaults()
	f, err := newField(ctx, o, "")
	if err != nil {
		return Report{}, err
	}
	defer func() { err = joinErr(err, f.remove()) }()
	if err := f.seed(ctx); err != nil {
		return Report{}, err
	}
	r = newReport("start", "process start to the first 200, then rest")
	r.Given = Figures{{"gifts", float64(o.Gifts)}, {"jobs_parked", float64(o.Jobs)}, {"jobs_later", float64(o.Jobs)}, {"orgs", float64(o.Orgs)}}
	for range 5 {
		took, err := f.start(ctx)
		if err != nil {
			return Report{}, err
		}
		r.Measured.add("start_"+strconv.Itoa(len(r.Measured)+1)+"_ms", ms(took))
		if len(r.Measured) < 5 {
			if err := f.stop(); err != nil {
				return Report{}, err
			}
		}
	}
	return r, f.addRest(ctx, &r)
}

// Summary measures reads of an organisation's figures: cached, over TLS, with a token, as a dashboard would.
func Summary(ctx context.Context, o Options) (r Report, err error) {
	o = o.defaults()
	f, err := newField(ctx, o, "")
	if err != nil {
		return Report{}, err
	}
	defer func() { err = joinErr(err, f.remove()) }()
	if err := f.seed(ctx); err != nil {
		return Report{}, err
	}
	if _, err := f.start(ctx); err != nil {
		return Report{}, err
	}
	token, err := f.token(ctx)
	if err != nil {
		return Report{}, err
	}
	request := []byte("GET /api/v1/orgs/" + f.orgs[0] + "/summary HTTP/1.1\r\nHost: " + f.addr + "\r\nAuthorization: Bearer " + token + "\r\n\r\n")
	o.say("reading for %s over %d connections", o.For, o.Clients)
	l, err := generator{Addr: f.addr, Secure: !o.Plain, Clients: o.Clients, For: o.For,
		Request: func(buf []byte, _ int64) []byte { return append(buf, request...) }}.run(ctx)
	if err != nil {
		return Report{}, err
	}
	u, err := f.daemon.usage()
	if err != nil {
		return Report{}, err
	}
	r = newReport("summary", "cached reads of an organisation's figures with a token, load generator on the same cores")
	r.Given = Figures{{"gifts", float64(o.Gifts)}, {"clients", float64(o.Clients)}, {"tls", flag(!o.Plain)}, {"seconds", o.For.Seconds()}}
	r.Measured.addLoad("reads", l)
	r.Measured.add("loaded_mb", mb(u.Resident))
	return r, nil
}

// token gives a token that may read the first organisation.
func (f *field) token(ctx context.Context) (string, error) {
	c, err := f.local()
	if err != nil {
		return "", err
	}
	u, err := c.AddUser(ctx, api.NewUser{Name: "bench", Members: []ngo.Member{{Org: f.orgs[0], Role: ngo.Auditor}}})
	if err != nil {
		return "", err
	}
	t, err := c.AddToken(ctx, u.Name, "bench", time.Hour)
	return t.Secret, err
}
