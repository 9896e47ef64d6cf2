package razorpay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// pageSize is the most that Razorpay gives at once.
const pageSize = 100

// lists are what Razorpay is asked for, in the order in which Poll gives it. What changes long after it was made is asked for
// further back: a bank takes days to pay a refund out, and months over a dispute.
var lists = [...]struct {
	path, kind string
	before     time.Duration
	dear       bool // without it nothing further is told: a gift that went back would be receipted
}{
	{"/refunds", "refund", 10 * 24 * time.Hour, true},
	{"/disputes", "dispute", 180 * 24 * time.Hour, false},
	{"/settlements", "settlement", 4 * 24 * time.Hour, false},
	{"/payments", "payment", 0, true},
}

// Poll gives what Razorpay knows of a window. Payments of which it does not know yet whether they come to anything are left
// out: no webhook tells of them either. That Razorpay refuses to list disputes or settlements is told once the rest was: it
// will not be otherwise the next time.
func (a asked) Poll(ctx context.Context, w payment.Window, yield func(body []byte) error) error {
	var refused error
	for _, l := range lists {
		from, to := max(unixCeil(w.From.Add(-l.before)), earliest), min(unixCeil(w.To)-1, latest)
		if from > to {
			continue
		}
		query := url.Values{"from": {strconv.FormatInt(from, 10)}, "to": {strconv.FormatInt(to, 10)}}
		err := list(ctx, a.api.get, l.path, query, func(item json.RawMessage) error {
			if l.kind == "payment" && unborn(item) {
				return nil
			}
			body, err := a.wrap(l.kind, item)
			if err != nil {
				return err
			}
			return yield(body)
		})
		switch {
		case err == nil:
		case l.dear || !errors.Is(err, errRefused):
			return err
		case refused == nil:
			refused = err
		}
	}
	return refused
}

// unixCeil gives the first whole second that is not before at: Razorpay's times have no parts of seconds.
func unixCeil(at time.Time) int64 {
	if at.Nanosecond() > 0 {
		return at.Unix() + 1
	}
	return at.Unix()
}

// question is api.get or api.ask.
type question func(ctx context.Context, path string, query url.Values) ([]byte, error)

// list goes through a collection page by page, up to an empty page: one that is not full may only mean that fewer are given at
// once than were asked for. What comes to be meanwhile shifts the pages, so that an item may come twice; none is left out.
func list(ctx context.Context, ask question, path string, query url.Values, each func(json.RawMessage) error) error {
	query.Set("count", strconv.Itoa(pageSize))
	var before []json.RawMessage
	for skip := 0; ; skip += len(before) {
		query.Set("skip", strconv.Itoa(skip))
		body, err := ask(ctx, path, query)
		if err != nil {
			return err
		}
		items, err := readPage(body)
		if err != nil {
			return fmt.Errorf("read a page of %s: %w", path, err)
		}
		if len(items) == 0 {
			return nil
		}
		if len(before) == len(items) && bytes.Equal(before[0], items[0]) {
			return &ngo.Error{Code: ngo.Internal, Message: "Razorpay gives one page of " + path + " again and again"}
		}
		for _, item := range items {
			if err := each(item); err != nil {
				return err
			}
		}
		before = items
	}
}

// readPage takes a collection apart, and nothing in it: one item that cannot be understood is put aside by itself.
func readPage(body []byte) ([]json.RawMessage, error) {
	var page struct {
		Entity string             `json:"entity"`
		Items  *[]json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(body, &page); err != nil || page.Entity != "collection" || page.Items == nil {
		return nil, &ngo.Error{Code: ngo.Internal, Message: "Razorpay's answer is not a collection", Err: err}
	}
	return *page.Items, nil
}

// unborn tells whether a payment has been begun and nothing more is known.
func unborn(item json.RawMessage) bool {
	var p struct {
		Status string `json:"status"`
	}
	return json.Unmarshal(item, &p) == nil && p.Status == "created"
}

// wrap makes of an item a body as a webhook would bring it. The same item always makes the same body.
func (a *account) wrap(kind string, item json.RawMessage) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`{"entity":"event",`)
	if a.id != "" {
		fmt.Fprintf(&b, `"account_id":%s,`, quote(a.id))
	}
	fmt.Fprintf(&b, `"event":%q,"contains":[%q],"payload":{%q:{"entity":`, polled, kind, kind)
	if err := json.Compact(&b, item); err != nil {
		return nil, fmt.Errorf("write a %s as an event: %w", kind, err)
	}
	b.WriteString(`}}}`)
	if b.Len() > maxBody {
		return nil, &ngo.Error{Code: ngo.Internal, Message: "Razorpay tells of a " + kind + " at a length that makes no sense"}
	}
	return b.Bytes(), nil
}
