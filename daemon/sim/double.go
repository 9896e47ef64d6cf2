package sim

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Webhook is one request that a gateway sends, made at the moment of the change that it tells of.
type Webhook struct {
	Name    string      // the provider's name for it, such as payment.captured; for PayU payment.success, refund.failure, …
	Header  http.Header // with the signature, where the provider signs in a header
	Body    []byte      // as it goes over the wire
	Ref     ngo.Ref     // of what it is about: a payment, refund, dispute or settlement
	Payment ngo.Ref     // of the payment that it moves; PayU's txnid; empty for a settlement
	At      time.Time   // when it was made
}

// Post sends the webhook once, follows no redirect, and gives the status of the answer. It fails when there is none within
// the five seconds that a gateway waits.
func (w Webhook) Post(ctx context.Context, client *http.Client, url string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(w.Body))
	if err != nil {
		return 0, err
	}
	req.Header = w.Header.Clone()
	still := *client
	still.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := still.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)); err != nil {
		return 0, err
	}
	return res.StatusCode, nil
}

// Deliver sends the webhook until it is taken, as a gateway does, waiting 50 ms and then ever longer in between. It fails
// with ctx's error.
func (w Webhook) Deliver(ctx context.Context, client *http.Client, url string) error {
	for attempt := 1; ; attempt++ {
		status, err := w.Post(ctx, client, url)
		if err == nil && status >= 200 && status <= 299 {
			return nil
		}
		if waited := backOff(ctx, attempt); waited != nil {
			return fmt.Errorf("deliver %s: answer %d: %w", w.Name, status, waited)
		}
	}
}

// Trouble is something that goes wrong when a gateway is asked. The zero value does nothing. What has a Status or a Body is
// answered with that and not carried out; what is Lost or Cut is carried out, and only the answer suffers.
type Trouble struct {
	At     string        // which requests: the beginning of "GET /payments" or "POST /payments/pay_…", for PayU of the command; all when empty
	Status int           // the answer, such as 429; with an error body as the provider writes it, unless Body is set
	Header http.Header   // of that answer, such as Retry-After
	Body   string        // of that answer: garbage, for example; its status is 200 unless Status is set
	Empty  bool          // 200 without a body
	Hang   bool          // no answer, until the client gives up, or Heal, or Close
	Lost   bool          // carried out, then the connection is cut without an answer: the fate is open
	Cut    bool          // carried out, then the connection is cut in the middle of the answer
	Delay  time.Duration // before anything else; a refund asked for under a key is then in progress
	After  int           // that many requests pass unharmed first
	Times  int           // how often; without end when 0
}

// double is what the doubles of gateways share: a loopback server, its troubles, and the webhooks that were made.
type double struct {
	url    string
	server *http.Server
	done   chan struct{}
	served sync.WaitGroup
	close  sync.Once
	most   int64 // the largest body that is read; maxAsked when 0

	mu       sync.Mutex
	troubles []Trouble
	healed   chan struct{} // closed and replaced by Heal
	hooks    []Webhook
	silent   bool
	unsent   int
	asked    map[string]int
	came     chan struct{} // closed and replaced at each request
}

// reply is an answer of a double's.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// answerer carries out a request; pass waits out the trouble's delay, and is called once, at the place where a request is
// under way. what is the request's name, for Trouble.At.
type answerer interface {
	what(req *http.Request) string
	answer(req *http.Request, pass func()) reply
	trouble(status int) reply // the provider's error body for a status
}

// maxAsked is the largest body that a double reads which is given no files.
const maxAsked = 1 << 20

func (d *double) start(a answerer, base string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for a gateway's double: %w", err)
	}
	d.url = "http://" + listener.Addr().String() + base
	d.done, d.healed, d.came, d.asked = make(chan struct{}), make(chan struct{}), make(chan struct{}), map[string]int{}
	d.server = &http.Server{
		Handler:     http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { d.serve(a, w, req) }),
		ReadTimeout: 30 * time.Second, WriteTimeout: 5 * time.Minute, IdleTimeout: time.Minute,
		ErrorLog: log.New(io.Discard, "", 0),
	}
	d.served.Go(func() {
		if err := d.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			panic("a gateway's double ended by itself: " + err.Error())
		}
	})
	return nil
}

// URL is where the gateway is asked: the base-url of an account's settings.
func (d *double) URL() string { return d.url }

// Close ends the server, with every request that hangs.
func (d *double) Close() error {
	var err error
	d.close.Do(func() {
		close(d.done)
		err = d.server.Close()
		d.served.Wait()
	})
	return err
}

// Trouble makes something go wrong from now on. Several troubles strike one after the other, each as often as it says.
func (d *double) Trouble(t Trouble) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.troubles = append(d.troubles, t)
}

// Heal takes back every trouble and ends every hanging request, without an answer.
func (d *double) Heal() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.troubles = nil
	close(d.healed)
	d.healed = make(chan struct{})
}

// Asked tells how many requests came, refused ones too, whose name begins as given: "GET /payments", or for PayU a command.
func (d *double) Asked(what string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for name, times := range d.asked {
		if strings.HasPrefix(name, what) {
			n += times
		}
	}
	return n
}

// WaitAsked returns when n requests whose name begins as given have come, or with ctx's error.
func (d *double) WaitAsked(ctx context.Context, what string, n int) error {
	for {
		d.mu.Lock()
		came := d.came
		d.mu.Unlock()
		if d.Asked(what) >= n {
			return nil
		}
		select {
		case <-came:
		case <-ctx.Done():
			return fmt.Errorf("%d of %d requests came: %w", d.Asked(what), n, ctx.Err())
		}
	}
}

// Requests tells how often each request came.
func (d *double) Requests() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.asked)
}

// Webhooks gives the webhooks made since the last call, oldest first. It is the caller who sends them, in order or not,
// once or more often.
func (d *double) Webhooks() []Webhook {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := d.hooks
	d.hooks = nil
	return out
}

// SwitchOff makes no webhooks from now on, as after a day of failures: what happens is only to be found by asking.
func (d *double) SwitchOff() { d.silence(true) }

// SwitchOn makes webhooks again, of what happens from now on.
func (d *double) SwitchOn() { d.silence(false) }

func (d *double) silence(silent bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.silent = silent
}

// Unsent tells how many webhooks were not made while they were switched off.
func (d *double) Unsent() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.unsent
}

func (d *double) queue(hooks ...Webhook) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.silent {
		d.unsent += len(hooks)
		return
	}
	d.hooks = append(d.hooks, hooks...)
}

// strike counts a request and gives the trouble that it meets.
func (d *double) strike(what string) (Trouble, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked[what]++
	close(d.came)
	d.came = make(chan struct{})
	i := slices.IndexFunc(d.troubles, func(t Trouble) bool { return strings.HasPrefix(what, t.At) })
	if i < 0 {
		return Trouble{}, d.healed
	}
	t := &d.troubles[i]
	if t.After > 0 {
		t.After--
		return Trouble{}, d.healed
	}
	out := *t
	switch t.Times {
	case 0:
	case 1:
		d.troubles = slices.Delete(d.troubles, i, i+1)
	default:
		t.Times--
	}
	return out, d.healed
}

func (d *double) serve(a answerer, w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, cmp.Or(d.most, maxAsked)))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	what := a.what(req)
	req.Body = io.NopCloser(bytes.NewReader(body))
	t, healed := d.strike(what)
	pass := func() { d.wait(req.Context(), t.Delay) }
	if t.Hang {
		pass()
		select {
		case <-req.Context().Done():
		case <-d.done:
		case <-healed:
		}
		panic(http.ErrAbortHandler)
	}
	if t.Status != 0 || t.Body != "" || t.Empty {
		pass()
		t.reply(a).write(w)
		return
	}
	r := a.answer(req, pass)
	if t.Lost {
		panic(http.ErrAbortHandler)
	}
	if t.Cut {
		w.Header().Set("Content-Length", strconv.Itoa(len(r.body)))
		r.body = r.body[:len(r.body)/2]
		r.write(w)
		if err := http.NewResponseController(w).Flush(); err != nil {
			panic(err) // net/http's own writer can
		}
		panic(http.ErrAbortHandler)
	}
	r.write(w)
}

func (d *double) wait(ctx context.Context, delay time.Duration) {
	if delay <= 0 {
		return
	}
	t := time.NewTimer(delay)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	case <-d.done:
	}
}

func (t Trouble) reply(a answerer) reply {
	r := reply{status: http.StatusOK, body: []byte(t.Body)}
	if t.Status != 0 {
		r.status = t.Status
		if t.Body == "" && !t.Empty {
			r = a.trouble(t.Status)
		}
	}
	if r.header == nil {
		r.header = http.Header{}
	}
	maps.Copy(r.header, t.Header)
	return r
}

func (r reply) write(w http.ResponseWriter) {
	if r.header.Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	maps.Copy(w.Header(), r.header)
	w.WriteHeader(r.status)
	if _, err := w.Write(r.body); err != nil {
		panic(http.ErrAbortHandler) // nobody is there to be told
	}
}
