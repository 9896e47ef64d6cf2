package meta

import (
	"bytes"
	"encoding/json"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// MaxItems is far above the 1,000 that Meta puts into one delivery.
const MaxItems = 5000

// Item is one thing in a delivery: a change, or an event of a conversation.
type Item struct {
	Entry   ngo.Ref // the id of what Meta sends it for: a WhatsApp Business account, a page, an Instagram account
	Sent    Text    // when Meta sent it, not when it happened
	Field   string  // of a change; empty for an event of a conversation
	Standby bool    // an event of a conversation that another program has
	Value   json.RawMessage
	Batch   int // of which entry in the delivery
}

type entry struct {
	ID        Text            `json:"id"`
	Time      Text            `json:"time"`
	Changes   Items           `json:"changes"`
	Messaging Items           `json:"messaging"`
	Standby   Items           `json:"standby"`
	Field     Text            `json:"field"` // Instagram puts a change right into the entry
	Value     json.RawMessage `json:"value"`
}

type change struct {
	Field Text            `json:"field"`
	Value json.RawMessage `json:"value"`
}

// Read takes a delivery about an object of that name apart. What is broken inside comes back as an item without a Field and
// with a Value of whatever stood there. It fails with Invalid when the body is not such a delivery.
func Read(body []byte, object string) ([]Item, error) {
	var deliveries Items
	if err := json.Unmarshal(body, &deliveries); err != nil {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "the delivery cannot be read", Err: err}
	}
	if len(deliveries) == 0 {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "the delivery has nothing in it"}
	}
	var out []Item
	for _, raw := range deliveries {
		var d struct {
			Object Text  `json:"object"`
			Entry  Items `json:"entry"`
		}
		if err := json.Unmarshal(raw, &d); err != nil || d.Object != Text(object) {
			return nil, &ngo.Error{Code: ngo.Invalid, Message: "the delivery is about something else: " + d.Object.Line(40)}
		}
		if err := Enough(len(d.Entry)); err != nil {
			return nil, err
		}
		for n, raw := range d.Entry {
			items, err := read(raw, n)
			if err == nil {
				err = Enough(len(out) + len(items))
			}
			if err != nil {
				return nil, err
			}
			out = append(out, items...)
		}
	}
	return out, nil
}

// Enough fails with Invalid when n things are more than Meta puts into one delivery.
func Enough(n int) error {
	if n <= MaxItems {
		return nil
	}
	return &ngo.Error{Code: ngo.Invalid, Message: "the delivery has more in it than Meta sends"}
}

func read(raw json.RawMessage, batch int) ([]Item, error) {
	var e entry
	if json.Unmarshal(raw, &e) != nil {
		return []Item{{Value: raw, Batch: batch}}, nil
	}
	if err := Enough(len(e.Changes) + len(e.Messaging) + len(e.Standby)); err != nil {
		return nil, err
	}
	base := Item{Entry: e.ID.Ref(), Sent: e.Time, Batch: batch}
	var out []Item
	put := func(field Text, standby bool, value json.RawMessage) {
		i := base
		i.Field, i.Standby, i.Value = field.Line(60), standby, bytes.TrimSpace(value)
		out = append(out, i)
	}
	for _, raw := range e.Changes {
		var c change
		if json.Unmarshal(raw, &c) != nil || c.Field == "" || c.Value == nil {
			c.Value = raw
		}
		put(c.Field, false, c.Value)
	}
	for _, raw := range e.Messaging {
		put("", false, raw)
	}
	for _, raw := range e.Standby {
		put("", true, raw)
	}
	if e.Field != "" {
		put(e.Field, false, e.Value)
	}
	if out == nil {
		put("", false, raw)
	}
	return out, nil
}
