package webhook

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// How long a delivery may take to become durable. Providers give up after five seconds.
const storeTime = 4 * time.Second

// Bodies up to this length are checked even for a client that failed too often: net/http reads that much in any case,
// and the check costs less than the request did. So nobody shuts a provider out by failing from an address they share.
const cheapBody = 64 << 10

const (
	firstBuffer   = 2 << 10   // grows with what arrives, never with what is announced
	keptBuffer    = 128 << 10 // larger ones are left to the collector
	longAtOnce    = 16        // bodies longer than cheapBody that are in memory at once
	lessonsAtOnce = 4         // answers to deliveries that wait for something to be learned
)

// visit is one request on its way through.
type visit struct {
	h       *Handler
	r       *http.Request
	client  string
	blocked bool // the client failed too often
	desk    *desk
	account Account
	buf     *[]byte
	placed  bool // holds a place for a long body
}

func (v *visit) answer() *answer {
	if v.r.Method != http.MethodPost && v.r.Method != http.MethodGet {
		return notAllowed
	}
	if enc, ok := v.r.Header["Content-Encoding"]; ok && !(len(enc) == 1 && strings.EqualFold(enc[0], "identity")) {
		return encoded
	}
	v.client = v.h.o.Source(v.r)
	v.blocked = v.h.o.Failures.Blocked(v.client)
	if v.blocked && (v.r.ContentLength < 0 || v.r.ContentLength > cheapBody) {
		return limitedUnread
	}
	if a := v.find(); a != nil {
		return a
	}
	if v.r.Method == http.MethodGet {
		return v.handshake()
	}
	limit := v.account.Source.Limit()
	if v.r.ContentLength > limit {
		return tooLarge
	}
	return v.take(limit)
}

// find looks up the account that the URL names. A client that failed too often may not make us look for more than those
// that are known to exist.
func (v *visit) find() *answer {
	key := strings.TrimPrefix(v.r.URL.Path, Prefix)
	org, name, ok := strings.Cut(key, "/")
	if !ok || !isName(org) || !isName(name) {
		return v.failed(unknown)
	}
	if _, known := v.h.desks.Load(key); v.blocked && !known {
		return limited
	}
	account, err := v.h.o.Find(v.r.Context(), org, name)
	switch {
	case ngo.CodeOf(err) == ngo.NotFound:
		return v.failed(unknown)
	case err != nil:
		v.h.faults.say(v.h, slog.LevelError, "account cannot be used", v.r,
			slog.String("org", org), slog.String("account", name), slog.Any("err", err))
		return unavailable
	}
	v.account, v.desk = account, v.h.deskOf(key, org, name)
	return nil
}

// failed counts a failure of the client and gives the answer for it.
func (v *visit) failed(a *answer) *answer {
	v.h.o.Failures.Fail(v.client)
	if v.blocked {
		return limited
	}
	return a
}

// take reads, checks and stores the body.
func (v *visit) take(limit int64) *answer {
	v.buf = v.h.buffers.Get().(*[]byte)
	defer v.leave()
	body, a := v.read(limit)
	if a != nil {
		return a
	}
	// Whether the provider waits for the answer makes no difference to the delivery from here on.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.r.Context()), storeTime)
	defer cancel()
	if a := v.verify(ctx, body); a != nil {
		return a
	}
	if !v.spend(body) {
		v.desk.rationed.Inc()
		v.desk.tooMany.say(v.h, slog.LevelWarn, "too many deliveries that are not wholly signed", v.r, v.attrs(nil)...)
		return limited
	}
	added, err := v.store(ctx, body)
	if err != nil {
		v.desk.unstored.say(v.h, slog.LevelError, "delivery not stored", v.r, slog.String("org", v.desk.org),
			slog.String("account", v.desk.account), slog.Any("err", err))
		return unavailable
	}
	if added {
		v.desk.accepted.Inc()
	} else {
		v.desk.repeated.Inc()
	}
	return accepted
}

// refuse logs, once a minute, what somebody was refused for, and keeps how often that happened. The answer does not depend on it.
func (v *visit) refuse(message string, err error) {
	n := v.desk.unsigned.say(v.h, slog.LevelWarn, message, v.r, v.attrs(err)...)
	if n == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.r.Context()), storeTime)
	defer cancel()
	if err := v.h.o.Refused(ctx, v.account, n); err != nil {
		v.h.faults.say(v.h, slog.LevelWarn, "refusal not kept", v.r, v.attrs(err)...)
	}
}

// attrs says in the log whom a visit concerns.
func (v *visit) attrs(err error) []slog.Attr {
	out := []slog.Attr{slog.String("org", v.desk.org), slog.String("account", v.desk.account), slog.String("address", v.client)}
	if err != nil {
		out = append(out, slog.Any("err", err))
	}
	return out
}

// spend tells whether the delivery may still be taken, if it draws on a ration: each one that is new costs a row, and questions
// to the provider.
func (v *visit) spend(body []byte) bool {
	source, ok := v.account.Source.(Rationed)
	if !ok {
		return true
	}
	name := source.Ration(v.r.Header, body)
	if name == "" {
		return true
	}
	key := v.desk.org + "/" + v.desk.account + " " + name
	if v.h.o.Rations.Blocked(key) {
		return false
	}
	v.h.o.Rations.Fail(key)
	return true
}

// read reads the whole body into the buffer, which grows with what arrives. A long body takes one of few places.
func (v *visit) read(limit int64) ([]byte, *answer) {
	b := *v.buf
	for n := 0; ; {
		m, err := v.r.Body.Read(b[n:])
		n += m
		switch {
		case int64(n) > limit:
			return nil, tooLarge
		case err == io.EOF:
			return b[:n], nil
		case err != nil:
			return nil, unread(err)
		case n < len(b):
			continue
		}
		if !v.placed && 2*n > cheapBody {
			if v.placed = v.h.places.TryAcquire(1); !v.placed {
				return nil, busyUnread
			}
		}
		b = append(b, make([]byte, n)...)
		*v.buf = b
	}
}

// unread says why a body did not come to its end.
func unread(err error) *answer {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge // for the door
	}
	return incomplete
}

// leave gives back what the visit held.
func (v *visit) leave() {
	if v.placed {
		v.h.places.Release(1)
	}
	if v.buf != nil && len(*v.buf) <= keptBuffer {
		v.h.buffers.Put(v.buf)
	}
}

// store makes the delivery durable with the job that reads it, and tells whether it is new. The body is not used after it
// returns.
func (v *visit) store(ctx context.Context, body []byte) (added bool, err error) {
	org := v.account.Org
	d := org.NewDelivery(v.account.ID, v.account.Source.Hint(v.r.Header), body)
	if v.account.Heard {
		d = d.Heard()
	}
	var blob store.Blob
	if len(body) > store.MostInline {
		if blob, err = v.h.o.Keep(ctx, org, ngo.NewID[ngo.BlobID](v.h.o.Now()), body); err != nil {
			return false, err
		}
		d = d.InBlob(blob.ID)
	}
	err = org.Write(ctx, store.Ack, v.desk.actor, func(tx *store.Tx) error {
		var err error
		if added, err = tx.AddDelivery(d); err != nil || !added || blob.ID == "" {
			return err // the file of a repeat is nobody's, and is swept
		}
		return tx.AddBlob(blob.ID, blob.Size, blob.SHA, blob.Key)
	})
	return added, err
}

// isName tells whether s can be a short name; nothing else is worth a look.
func isName(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		if b := s[i]; !('a' <= b && b <= 'z' || '0' <= b && b <= '9' || b == '-' || b == '_' || b == '.') {
			return false
		}
	}
	return true
}
