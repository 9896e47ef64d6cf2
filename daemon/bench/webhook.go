package bench

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/sign"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// deliveries makes the requests of a load: signed payment.captured webhooks, spread over the organisations.
func (f *field) deliveries() func(buf []byte, n int64) []byte {
	gateway := sim.NewRazorpay(1, secret)
	gateway.Plain = true // every gift gets its receipt at once: none waits for facts
	key := []byte(secret)
	return func(buf []byte, n int64) []byte {
		body := gateway.AppendBody(make([]byte, 0, 1800), int(n)/len(f.orgs))
		buf = append(buf, "POST /hooks/"...)
		buf = append(buf, f.orgs[int(n)%len(f.orgs)]...)
		buf = append(buf, "/razorpay HTTP/1.1\r\nHost: "...)
		buf = append(buf, f.addr...)
		buf = append(buf, "\r\nContent-Type: application/json\r\nX-Razorpay-Event-Id: bench"...)
		buf = strconv.AppendInt(buf, n, 10)
		buf = append(buf, "\r\nX-Razorpay-Signature: "...)
		buf = append(buf, sign.HMAC(key, body)...)
		buf = append(buf, "\r\nContent-Length: "...)
		buf = strconv.AppendInt(buf, int64(len(body)), 10)
		buf = append(buf, "\r\n\r\n"...)
		return append(buf, body...)
	}
}

// Webhook measures durable acknowledgements: signed webhooks over TLS, answered after the commit, while the workers make
// payments, gifts and receipts of them on the same cores.
func Webhook(ctx context.Context, o Options) (r Report, err error) {
	o = o.defaults()
	f, err := newField(ctx, o, "")
	if err != nil {
		return Report{}, err
	}
	defer func() { err = joinErr(err, f.remove()) }()
	if _, err := f.start(ctx); err != nil {
		return Report{}, err
	}
	r = newReport("webhook", "durable acknowledgements of signed webhooks, workers running, load generator on the same cores")
	r.Given = Figures{{"orgs", float64(o.Orgs)}, {"clients", float64(o.Clients)}, {"tls", flag(!o.Plain)}, {"seconds", o.For.Seconds()}}
	if err := f.addRest(ctx, &r); err != nil {
		return Report{}, err
	}
	before, err := f.daemon.usage()
	if err != nil {
		return Report{}, err
	}
	o.say("sending for %s over %d connections to %d organisations", o.For, o.Clients, o.Orgs)
	l, err := generator{Addr: f.addr, Secure: !o.Plain, Clients: o.Clients, For: o.For, Request: f.deliveries()}.run(ctx)
	if err != nil {
		return Report{}, err
	}
	after, err := f.daemon.usage()
	if err != nil {
		return Report{}, err
	}
	c, err := f.local()
	if err != nil {
		return Report{}, err
	}
	meanwhile, err := f.sum(ctx, c)
	if err != nil {
		return Report{}, err
	}
	r.Measured.addLoad("acks", l)
	r.Measured.add("receipts_meanwhile", float64(meanwhile.ReceiptsIssued))
	r.Measured.add("loaded_mb", mb(after.Resident))
	r.Measured.add("peak_mb", mb(after.Peak))
	r.Measured.add("daemon_cpu_cores", (after.CPU-before.CPU).Seconds()/l.Took.Seconds())
	r.Measured.add("daemon_cpu_us_per_ack", each(after.CPU-before.CPU, l.OK))
	return r, nil
}

// Ingest measures the whole way: from the first webhook sent to the last receipt row.
func Ingest(ctx context.Context, o Options) (r Report, err error) {
	o = o.defaults()
	if o.Gifts == 0 {
		o.Gifts = 20_000
	}
	f, err := newField(ctx, o, "")
	if err != nil {
		return Report{}, err
	}
	defer func() { err = joinErr(err, f.remove()) }()
	if _, err := f.start(ctx); err != nil {
		return Report{}, err
	}
	before, err := f.daemon.usage()
	if err != nil {
		return Report{}, err
	}
	o.say("sending %d gifts over %d connections", o.Gifts, o.Clients)
	begin := time.Now()
	l, err := generator{Addr: f.addr, Secure: !o.Plain, Clients: o.Clients, Count: int64(o.Gifts), Request: f.deliveries()}.run(ctx)
	if err != nil {
		return Report{}, err
	}
	o.say("all acknowledged after %s; waiting for the last receipt", l.Took.Round(time.Millisecond))
	receipts, err := f.settled(ctx, l.OK)
	if err != nil {
		return Report{}, err
	}
	took := time.Since(begin)
	u, err := f.daemon.usage()
	if err != nil {
		return Report{}, err
	}
	r = newReport("ingest", "from the first webhook sent to the last receipt row written, load generator on the same cores")
	r.Given = Figures{{"gifts", float64(o.Gifts)}, {"clients", float64(o.Clients)}, {"tls", flag(!o.Plain)}, {"orgs", float64(o.Orgs)}}
	r.Measured.add("gifts_per_second", float64(l.OK)/took.Seconds())
	r.Measured.addLoad("acks", l)
	r.Measured.add("receipts", float64(receipts))
	r.Measured.add("seconds", took.Seconds())
	r.Measured.add("loaded_mb", mb(u.Resident))
	r.Measured.add("peak_mb", mb(u.Peak))
	r.Measured.add("daemon_cpu_us_per_gift", each(u.CPU-before.CPU, l.OK))
	return r, nil
}

// settled waits until each of so many gifts has its receipt, or waits for facts or for a person, and gives the number of
// receipts. It asks for the summary, which costs the daemon little.
func (f *field) settled(ctx context.Context, gifts int64) (int64, error) {
	c, err := f.local()
	if err != nil {
		return 0, err
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		s, err := f.sum(ctx, c)
		if err != nil || s.ReceiptsIssued+s.Waiting+s.Held >= gifts {
			return s.ReceiptsIssued, err
		}
		if s.JobsParked > 0 {
			return 0, &ngo.Error{Code: ngo.Internal, Message: fmt.Sprintf("%d jobs were parked while measuring", s.JobsParked), Hint: "see the daemon's log: " + f.dir + ".log"}
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-tick.C:
		}
	}
}

// sum adds up the summaries of all organisations.
func (f *field) sum(ctx context.Context, c *api.Client) (all api.Summary, err error) {
	for _, org := range f.orgs {
		s, err := c.Summary(ctx, org)
		if err != nil {
			return all, err
		}
		all.ReceiptsIssued += s.ReceiptsIssued
		all.Waiting += s.Waiting
		all.Held += s.Held
		all.JobsParked += s.JobsParked
	}
	return all, nil
}

func flag(set bool) float64 {
	if set {
		return 1
	}
	return 0
}

func joinErr(err, other error) error {
	if err != nil {
		return err
	}
	if other != nil {
		return fmt.Errorf("clear up after measuring: %w", other)
	}
	return nil
}
