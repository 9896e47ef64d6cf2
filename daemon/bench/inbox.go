package bench

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sign"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	inboxNumber = 200_300_400_500_600 // the id of the first organisation's number
	inboxPeople = 2_000               // who write, in turn
)

// texts are what people write in a bench, so long as people write.
var texts = [...]string{
	`\u0bb5\u0ba3\u0b95\u0bcd\u0b95\u0bae\u0bcd, \u0bb0\u0b9a\u0bc0\u0ba4\u0bc1 \u0b87\u0ba9\u0bcd\u0ba9\u0bc1\u0bae\u0bcd \u0bb5\u0bb0\u0bb5\u0bbf\u0bb2\u0bcd\u0bb2\u0bc8.`,
	`\u0928\u092e\u0938\u094d\u0924\u0947, \u092e\u0941\u091d\u0947 \u0930\u0938\u0940\u0926 \u091a\u093e\u0939\u093f\u090f\u0964`,
	`Good morning, I have paid 500 rupees by UPI on Monday and the receipt did not come yet. Please look. Thank you!`,
	`ok`,
}

// messages makes the requests of a load: deliveries of WhatsApp, each with so many messages of different people.
func (f *field) messages(batch int) func(buf []byte, n int64) []byte {
	key, now := []byte(secret), strconv.FormatInt(time.Now().Unix(), 10)
	return func(buf []byte, n int64) []byte {
		body := make([]byte, 0, 200+900*batch)
		org := int(n) % len(f.orgs)
		number := numberOf(org)
		body = append(body, `{"object":"whatsapp_business_account","entry":[`...)
		for i := range int64(batch) {
			if i > 0 {
				body = append(body, ',')
			}
			body = appendMessage(body, number, n*int64(batch)+i, now)
		}
		body = append(body, `]}`...)
		buf = append(buf, "POST /hooks/"...)
		buf = append(buf, f.orgs[org]...)
		buf = append(buf, "/whatsapp HTTP/1.1\r\nHost: "...)
		buf = append(buf, f.addr...)
		buf = append(buf, "\r\nContent-Type: application/json\r\nX-Hub-Signature-256: sha256="...)
		buf = append(buf, sign.HMAC(key, body)...)
		buf = append(buf, "\r\nContent-Length: "...)
		buf = strconv.AppendInt(buf, int64(len(body)), 10)
		buf = append(buf, "\r\n\r\n"...)
		return append(buf, body...)
	}
}

// appendMessage writes one message as Meta delivers it.
func appendMessage(b []byte, number string, n int64, now string) []byte {
	phone := strconv.FormatInt(919_800_000_000+n%inboxPeople, 10)
	b = append(b, `{"id":"100200300400500","changes":[{"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"915550010001","phone_number_id":"`...)
	b = append(b, number...)
	b = append(b, `"},"contacts":[{"profile":{"name":"Bench `...)
	b = strconv.AppendInt(b, n%inboxPeople, 10)
	b = append(b, `"},"wa_id":"`...)
	b = append(b, phone...)
	b = append(b, `","user_id":"IN.13`...)
	b = append(b, phone...)
	b = append(b, `"}],"messages":[{"from":"`...)
	b = append(b, phone...)
	b = append(b, `","from_user_id":"IN.13`...)
	b = append(b, phone...)
	b = append(b, `","id":"wamid.HBgMOTE1NTUwMDIwMTE3FQIAEhgSQmVuY2g`...)
	b = strconv.AppendInt(b, n, 10)
	b = append(b, `","timestamp":"`...)
	b = append(b, now...)
	b = append(b, `","type":"text","text":{"body":"`...)
	b = append(b, texts[n%int64(len(texts))]...)
	b = append(b, ' ')
	b = strconv.AppendInt(b, n, 10)
	return append(b, `"}}]},"field":"messages"}]}`...)
}

// numberOf gives the id of an organisation's number: none is connected twice.
func numberOf(org int) string { return strconv.Itoa(inboxNumber + org) }

// connectWhatsApp gives every organisation a number.
func (f *field) connectWhatsApp(ctx context.Context) error {
	c, err := f.local()
	if err != nil {
		return err
	}
	for i, org := range f.orgs {
		_, err := c.AddChannel(ctx, org, api.AddAccount{Driver: "whatsapp", Values: setting.Values{
			"app-secret": secret, "verify-token": "bench", "token": "bench", "phone-number-id": numberOf(i), "base-url": "http://127.0.0.1:9",
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

// Inbox measures the way of messages: from the first signed delivery sent to the last message in its conversation.
func Inbox(ctx context.Context, o Options) (r Report, err error) {
	o = o.defaults()
	o.Messages, o.Batch = max(o.Messages, 1), max(o.Batch, 1)
	f, err := newField(ctx, o, "")
	if err != nil {
		return Report{}, err
	}
	defer func() { err = joinErr(err, f.remove()) }()
	if _, err := f.start(ctx); err != nil {
		return Report{}, err
	}
	if err := f.connectWhatsApp(ctx); err != nil {
		return Report{}, err
	}
	before, err := f.daemon.usage()
	if err != nil {
		return Report{}, err
	}
	deliveries := (o.Messages + o.Batch - 1) / o.Batch
	o.say("sending %d messages in %d deliveries over %d connections", deliveries*o.Batch, deliveries, o.Clients)
	begin := time.Now()
	l, err := generator{Addr: f.addr, Secure: !o.Plain, Clients: o.Clients, Count: int64(deliveries), Request: f.messages(o.Batch)}.run(ctx)
	if err != nil {
		return Report{}, err
	}
	o.say("all acknowledged after %s; waiting for the last message", l.Took.Round(time.Millisecond))
	if err := f.heard(ctx); err != nil {
		return Report{}, err
	}
	took := time.Since(begin)
	u, err := f.daemon.usage()
	if err != nil {
		return Report{}, err
	}
	stored, err := f.unread(ctx)
	if err != nil {
		return Report{}, err
	}
	if sent := l.OK * int64(o.Batch); stored != sent {
		return Report{}, &ngo.Error{Code: ngo.Internal, Message: fmt.Sprintf("%d messages were acknowledged and %d are in conversations", sent, stored)}
	}
	r = newReport("inbox", "from the first signed delivery sent to the last message in its conversation, load generator on the same cores")
	r.Given = Figures{{"messages", float64(o.Messages)}, {"per_delivery", float64(o.Batch)}, {"people", inboxPeople}, {"clients", float64(o.Clients)}, {"tls", flag(!o.Plain)}, {"orgs", float64(o.Orgs)}}
	r.Measured.add("messages_per_second", float64(stored)/took.Seconds())
	r.Measured.addLoad("acks", l)
	r.Measured.add("seconds", took.Seconds())
	r.Measured.add("loaded_mb", mb(u.Resident))
	r.Measured.add("peak_mb", mb(u.Peak))
	r.Measured.add("daemon_cpu_us_per_message", each(u.CPU-before.CPU, stored))
	return r, nil
}

// heard waits until no delivery waits to be heard.
func (f *field) heard(ctx context.Context) error {
	c, err := f.local()
	if err != nil {
		return err
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		ready := int64(0)
		for _, org := range f.orgs {
			s, err := c.Summary(ctx, org)
			if err != nil {
				return err
			}
			if s.JobsParked+s.Quarantined > 0 {
				return &ngo.Error{Code: ngo.Internal, Message: fmt.Sprintf("%d jobs were parked and %d deliveries not understood while measuring", s.JobsParked, s.Quarantined), Hint: "see the daemon's log: " + f.dir + ".log"}
			}
			ready += s.JobsReady
		}
		if ready == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// unread counts the messages in all conversations, of which nobody has read any.
func (f *field) unread(ctx context.Context) (n int64, err error) {
	c, err := f.local()
	if err != nil {
		return 0, err
	}
	for _, org := range f.orgs {
		q := api.ConversationQuery{ListQuery: api.ListQuery{Limit: api.MaxLimit}}
		for {
			page, err := c.Conversations(ctx, org, q)
			if err != nil {
				return 0, err
			}
			for _, v := range page.Items {
				n += int64(v.Unread)
			}
			if q.After = page.Next; q.After == "" {
				break
			}
		}
	}
	return n, nil
}
