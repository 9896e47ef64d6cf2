package payu

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
)

// maxFields is how many fields one message may have; the largest published one has 61.
const maxFields = 400

// fields are what a form or one level of JSON says, by name: texts decoded, numbers as written, null as "", and what is
// nested as its JSON.
type fields map[string]string

var (
	errNotForm = errors.New("it is neither a form nor JSON")
	errTwice   = errors.New("a field comes twice")
	errMany    = errors.New("it has too many fields")
)

// readMessage reads a form or a JSON object. PayU's content type is not looked at: an account can be switched from one to
// the other.
func readMessage(body []byte) (fields, error) {
	if isObject(body) {
		return readObject(body)
	}
	return readForm(string(body))
}

func isObject(b []byte) bool { return bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n"), []byte("{")) }

// readForm refuses a form in which a field that something hangs on comes twice: two readers could see two values. Of any
// other field the first counts.
func readForm(body string) (fields, error) {
	pairs := strings.Split(body, "&")
	if len(pairs) > maxFields {
		return nil, errMany
	}
	f := make(fields, len(pairs))
	for _, pair := range pairs {
		if pair == "" {
			continue
		}
		name, text, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return nil, errNotForm
		}
		if text, err = url.QueryUnescape(text); err != nil {
			return nil, errNotForm
		}
		if _, twice := f[name]; !twice {
			f[name] = text
		} else if !free(name) {
			return nil, errTwice
		}
	}
	return f, f.spelledTwice()
}

// free tells whether a field decides nothing and may come twice.
func free(name string) bool {
	return !slices.Contains(hashed[:], name) && !slices.Contains(deciding[:], name)
}

// deciding are the fields besides the hashed ones that say what a message is, or that the hash may take in.
var deciding = [...]string{
	"hash", "additionalCharges", "additional_charges", "splitInfo", "mihpayid", "cardCategory", "ngoctl", "action", "event",
	"request_id", "token", "txn_id", "cb_id", "cb_amount", "cb_type", "cb_status",
}

func (f fields) spelledTwice() error {
	if a, b := f["additionalCharges"], f["additional_charges"]; a != "" && b != "" && a != b {
		return errTwice
	}
	return nil
}

// readObject reads one level of a JSON object, and refuses one in which a name comes twice.
func readObject(body []byte) (fields, error) {
	f := fields{}
	err := eachMember(body, func(name string, raw json.RawMessage) error {
		if _, twice := f[name]; twice {
			return errTwice
		}
		f[name] = scalar(raw)
		if len(f) > maxFields {
			return errMany
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f, f.spelledTwice()
}

// eachMember goes through the members of an object in their order.
func eachMember(body []byte, do func(name string, raw json.RawMessage) error) error {
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errNotForm
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return errNotForm
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return errNotForm
		}
		if err := do(name.(string), raw); err != nil { // a name in an object is a string, or Token had failed
			return err
		}
	}
	if t, err := d.Token(); err != nil || t != json.Delim('}') {
		return errNotForm
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errNotForm
	}
	return nil
}

// scalar gives a string's text and anything else as it is written, null as nothing.
func scalar(raw json.RawMessage) string {
	if bytes.Equal(raw, []byte("null")) {
		return ""
	}
	var s string
	if raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// objects gives the objects in an array, or those that are the members of an object, as PayU lists things both ways.
func objects(text string) ([]json.RawMessage, error) {
	if !isObject([]byte(text)) {
		var all []json.RawMessage
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			return nil, errNotForm
		}
		return slices.DeleteFunc(all, func(raw json.RawMessage) bool { return !isObject(raw) }), nil
	}
	var out []json.RawMessage
	err := eachMember([]byte(text), func(_ string, raw json.RawMessage) error {
		if isObject(raw) {
			out = append(out, raw)
		}
		return nil
	})
	return out, err
}

// first gives the first of the fields that says anything.
func (f fields) first(names ...string) string {
	for _, name := range names {
		if s := strings.TrimSpace(f[name]); s != "" {
			return s
		}
	}
	return ""
}

type about int

const (
	aboutNothing about = iota
	aboutPayment
	aboutRefund
	aboutDispute
	aboutAnswer // not a message of PayU's: what Confirm or Poll put together from its answers
)

// about tells what a body is. A body that calls itself an answer is nothing else, so that Verify lets none in.
func (f fields) about() about {
	_, answer := f["ngoctl"]
	switch {
	case answer:
		return aboutAnswer
	case strings.EqualFold(f.first("action"), "refund"):
		return aboutRefund
	case strings.EqualFold(f.first("event"), "dispute"):
		return aboutDispute
	case f["txnid"] != "" && f["status"] != "":
		return aboutPayment
	}
	return aboutNothing
}
