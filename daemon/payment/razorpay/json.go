package razorpay

import (
	"encoding/json"
	"fmt"
	"iter"
	"strings"
)

const (
	maxDepth   = 32  // the deepest published event has 7
	maxMembers = 256 // of one object; the largest published one has 46
)

// document is JSON read in one pass and more strictly than encoding/json does: a name that comes twice in one object is an
// error, also when the two differ in capitals only, and so is nesting without end. Where two readers of one body could see
// two amounts, nobody reads an amount.
type document struct {
	src   string
	pos   int
	depth int
	nodes []node // in the order of the text: a value, then what it contains
}

// node is one value. The raw text of a string is without its quotes.
type node struct {
	raw  string
	key  string // decoded; empty outside objects
	hash uint32 // of key, the same for names that differ in ASCII capitals only; 0 when key is not ASCII
	size int32  // nodes in it, itself included
	kind kind
}

type kind byte

const (
	absent kind = iota
	object
	array
	text
	number
	truth // true or false
	null
)

// syntaxError says where and why a body is not such JSON.
type syntaxError struct {
	at     int
	reason string
}

func (e *syntaxError) Error() string { return fmt.Sprintf("%s (byte %d)", e.reason, e.at) }

// readJSON reads a whole body. Its error is a *syntaxError.
func readJSON(body []byte) (value, error) {
	d := &document{src: string(body), nodes: make([]node, 0, 96)}
	d.space()
	if err := d.value(node{}); err != nil {
		return value{}, err
	}
	d.space()
	if d.pos != len(d.src) {
		return value{}, d.fault("it goes on after its end")
	}
	return value{doc: d, at: 0, ok: true}, nil
}

func (d *document) fault(reason string) error { return &syntaxError{at: d.pos, reason: reason} }

func (d *document) space() {
	for d.pos < len(d.src) {
		switch d.src[d.pos] {
		case ' ', '\t', '\r', '\n':
			d.pos++
		default:
			return
		}
	}
}

// peek gives the next byte, 0 at the end.
func (d *document) peek() byte {
	if d.pos == len(d.src) {
		return 0
	}
	return d.src[d.pos]
}

// value reads one value into n, which already has the key.
func (d *document) value(n node) error {
	switch c := d.peek(); {
	case c == '{':
		return d.container(n, object, '}')
	case c == '[':
		return d.container(n, array, ']')
	case c == '"':
		raw, err := d.quoted()
		n.raw, n.kind, n.size = raw, text, 1
		d.nodes = append(d.nodes, n)
		return err
	case c == '-' || c >= '0' && c <= '9':
		return d.number(n)
	default:
		return d.word(n)
	}
}

func (d *document) word(n node) error {
	for _, w := range [...]struct {
		raw  string
		kind kind
	}{{"null", null}, {"true", truth}, {"false", truth}} {
		if strings.HasPrefix(d.src[d.pos:], w.raw) {
			d.pos += len(w.raw)
			n.raw, n.kind, n.size = w.raw, w.kind, 1
			d.nodes = append(d.nodes, n)
			return nil
		}
	}
	return d.fault("a value is missing")
}

func (d *document) number(n node) error {
	start := d.pos
	if d.peek() == '-' {
		d.pos++
	}
	whole := d.pos
	d.digits()
	ok := d.pos > whole && (d.src[whole] != '0' || d.pos == whole+1)
	if d.peek() == '.' {
		d.pos++
		ok = d.digits() && ok
	}
	if c := d.peek(); c == 'e' || c == 'E' {
		d.pos++
		if c := d.peek(); c == '+' || c == '-' {
			d.pos++
		}
		ok = d.digits() && ok
	}
	if !ok {
		return d.fault("a number is malformed")
	}
	n.raw, n.kind, n.size = d.src[start:d.pos], number, 1
	d.nodes = append(d.nodes, n)
	return nil
}

// digits passes over digits and tells whether there were any.
func (d *document) digits() bool {
	start := d.pos
	for c := d.peek(); c >= '0' && c <= '9'; c = d.peek() {
		d.pos++
	}
	return d.pos > start
}

// quoted reads a string and gives what stands between the quotes.
func (d *document) quoted() (string, error) {
	d.pos++
	start := d.pos
	for d.pos < len(d.src) {
		switch c := d.src[d.pos]; {
		case c == '"':
			d.pos++
			return d.src[start : d.pos-1], nil
		case c < ' ':
			return "", d.fault("a text has a control sign in it")
		case c == '\\':
			if err := d.escape(); err != nil {
				return "", err
			}
		default:
			d.pos++
		}
	}
	return "", d.fault("a text has no end")
}

func (d *document) escape() error {
	rest := d.src[d.pos+1:]
	switch {
	case rest != "" && strings.IndexByte(`"\/bfnrt`, rest[0]) >= 0:
		d.pos += 2
		return nil
	case len(rest) >= 5 && rest[0] == 'u' && strings.Trim(rest[1:5], "0123456789abcdefABCDEF") == "":
		d.pos += 6
		return nil
	}
	return d.fault("a text has a malformed escape")
}

// container reads an object or an array.
func (d *document) container(n node, k kind, end byte) error {
	if d.depth == maxDepth {
		return d.fault("it is nested too deeply")
	}
	d.depth++
	self, start := len(d.nodes), d.pos
	n.kind = k
	d.nodes = append(d.nodes, n)
	d.pos++
	if err := d.elements(k, end); err != nil {
		return err
	}
	d.depth--
	d.nodes[self].size = int32(len(d.nodes) - self)
	d.nodes[self].raw = d.src[start:d.pos]
	if k == object {
		return d.distinct(self)
	}
	return nil
}

func (d *document) elements(k kind, end byte) error {
	d.space()
	if d.peek() == end {
		d.pos++
		return nil
	}
	for {
		if err := d.element(k); err != nil {
			return err
		}
		d.space()
		switch d.peek() {
		case end:
			d.pos++
			return nil
		case ',':
			d.pos++
			d.space()
		default:
			return d.fault("a comma or a bracket is missing")
		}
	}
}

// element reads one value of an array, or a name and its value of an object.
func (d *document) element(k kind) error {
	var n node
	if k == object {
		if d.peek() != '"' {
			return d.fault("a name is missing")
		}
		raw, err := d.quoted()
		if err != nil {
			return err
		}
		n.key, n.hash = unescape(raw), foldHash(raw)
		d.space()
		if d.peek() != ':' {
			return d.fault("a colon is missing")
		}
		d.pos++
		d.space()
	}
	return d.value(n)
}

// distinct checks that no name in the object at self comes twice. In notes, whose names a merchant chooses, names may differ
// in capitals only.
func (d *document) distinct(self int) error {
	exact := d.nodes[self].key == "notes"
	var names [maxMembers]int32
	n := 0
	end := self + int(d.nodes[self].size)
	for i := self + 1; i < end; i += int(d.nodes[i].size) {
		if n == maxMembers {
			return d.fault("an object has too many names")
		}
		for _, j := range names[:n] {
			if sameKey(&d.nodes[i], &d.nodes[j], exact) {
				return d.fault("a name comes twice in one object")
			}
		}
		names[n] = int32(i)
		n++
	}
	return nil
}

func sameKey(a, b *node, exact bool) bool {
	if a.hash != b.hash && a.hash != 0 && b.hash != 0 {
		return false
	}
	return a.key == b.key || !exact && strings.EqualFold(a.key, b.key)
}

// foldHash is FNV-1a over the lower-case form of a plain ASCII name, 0 for any other.
func foldHash(raw string) uint32 {
	h := uint32(2166136261)
	for i := range len(raw) {
		c := raw[i]
		if c >= 0x80 || c == '\\' {
			return 0
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		h = (h ^ uint32(c)) * 16777619
	}
	return h | 1
}

// unescape gives the text that raw, checked already, stands for. Broken UTF-8 and lone surrogates become U+FFFD.
func unescape(raw string) string {
	if strings.IndexByte(raw, '\\') < 0 {
		return raw
	}
	var s string
	if err := json.Unmarshal([]byte(`"`+raw+`"`), &s); err != nil {
		return "" // not reached: quoted has accepted it
	}
	return s
}

// value is a place in a document; the zero value is one that is absent.
type value struct {
	doc *document
	at  int
	ok  bool
}

func (v value) node() node {
	if !v.ok {
		return node{}
	}
	return v.doc.nodes[v.at]
}

func (v value) kind() kind { return v.node().kind }

// get gives the member of that very name.
func (v value) get(name string) value {
	for key, m := range v.members() {
		if key == name {
			return m
		}
	}
	return value{}
}

// members goes through an object; through anything else it does not go.
func (v value) members() iter.Seq2[string, value] {
	return func(yield func(string, value) bool) {
		if v.kind() != object {
			return
		}
		nodes, end := v.doc.nodes, v.at+int(v.node().size)
		for i := v.at + 1; i < end; i += int(nodes[i].size) {
			if !yield(nodes[i].key, value{doc: v.doc, at: i, ok: true}) {
				return
			}
		}
	}
}

// text gives a string's text, and "" for anything else.
func (v value) text() string {
	if n := v.node(); n.kind == text {
		return unescape(n.raw)
	}
	return ""
}

// scalar gives the text of a string or the digits of a number, and "" for anything else.
func (v value) scalar() string {
	if n := v.node(); n.kind == number {
		return n.raw
	}
	return v.text()
}
