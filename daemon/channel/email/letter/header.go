package letter

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// header is the fields of a block, in their order.
type header []field

type field struct {
	name  string // in lower case
	value []byte // unfolded, else as it came
}

const maxFields = 2000

func (h header) find(name string) (string, bool) {
	for _, f := range h {
		if f.name == name {
			return string(f.value), true
		}
	}
	return "", false
}

func (h header) get(name string) string {
	v, _ := h.find(name)
	return v
}

func (h header) has(name string) bool {
	_, ok := h.find(name)
	return ok
}

func (h header) all(name string) []string {
	var all []string
	for _, f := range h {
		if f.name == name {
			all = append(all, string(f.value))
		}
	}
	return all
}

// header reads a block of fields and the empty line after it. A line that cannot be one is the end of the block, unless
// what follows shows that it only lacks its indent.
func (w *walk) header() header {
	var h header
	left := w.o.Limits.Header
	keep := func(line []byte) bool {
		left -= len(line)
		if left < 0 || len(h) > maxFields {
			w.fault("its header is too long")
			return false
		}
		return true
	}
	for w.src.next() {
		w.src.line = bytes.Clone(w.src.line) // a look at what follows moves the reader's buffer
		line := bytes.TrimRight(w.src.line, "\r\n")
		if w.src.start && len(line) == 0 || w.src.start && blank(line) && !indented(w.src.follows()) {
			return h
		}
		name, value, ok := bytes.Cut(bytes.TrimLeft(line, " \t"), []byte(":"))
		ok = ok && fieldName(name)
		switch {
		case !w.src.start || len(h) > 0 && indented(line):
			if len(h) > 0 && keep(line) {
				h[len(h)-1].value = append(h[len(h)-1].value, unfolded(line)...)
			}
		case ok:
			if keep(line) {
				h = append(h, field{strings.ToLower(string(bytes.TrimSpace(name))), bytes.TrimSpace(unfolded(value))})
			}
		case len(h) == 0 && (bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))): // of a mailbox file
		case len(h) > 0 && unindented(w.src.follows()):
			w.fault("its header has a line that is not one")
			if keep(line) {
				h[len(h)-1].value = append(append(h[len(h)-1].value, ' '), line...)
			}
		default:
			w.fault("its header has a line that is not one")
			w.src.again = true
			return h
		}
	}
	w.ended = true
	return h
}

func blank(line []byte) bool    { return len(bytes.TrimSpace(line)) == 0 }
func indented(line []byte) bool { return len(line) > 0 && (line[0] == ' ' || line[0] == '\t') }

// unindented tells from the line after it whether a broken line still stands in the header.
func unindented(next []byte) bool {
	name, _, ok := bytes.Cut(next, []byte(":"))
	return blank(next) || indented(next) || ok && fieldName(name)
}

func fieldName(b []byte) bool {
	b = bytes.TrimRight(b, " \t")
	return len(b) > 0 && len(b) < 200 && !bytes.ContainsFunc(b, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ':' })
}

func unfolded(line []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if r == '\r' || r == '\t' || r == 0 {
			return ' '
		}
		return r
	}, onlyIfText(line))
}

// onlyIfText keeps bytes.Map from replacing what is not UTF-8: such a line is decoded here.
func onlyIfText(line []byte) []byte {
	if utf8.Valid(line) {
		return line
	}
	return []byte(guess(line))
}

// media is a Content-Type or Content-Disposition.
type media struct {
	kind   string
	params map[string]string
}

const maxParams = 200

// readMedia reads such a field, also where semicolons or quotes are missing.
func readMedia(raw string) media {
	end := strings.IndexAny(raw, "; \t")
	if end < 0 {
		end = len(raw)
	}
	m := media{kind: strings.ToLower(ngo.Printable(raw[:end])), params: map[string]string{}}
	pieces := map[string][]piece{}
	for rest, n := raw[end:], 0; n < maxParams; n++ {
		rest = strings.TrimLeft(rest, "; \t")
		if rest == "" {
			break
		}
		name, after := paramName(rest)
		if after == "" || after[0] != '=' {
			rest = after
			continue
		}
		var value string
		value, rest = paramValue(strings.TrimLeft(after[1:], " \t"))
		base, p := numbered(name)
		p.value = value
		pieces[base] = append(pieces[base], p)
	}
	for name, all := range pieces {
		m.params[name] = joined(all)
	}
	return m
}

func paramName(s string) (name, after string) {
	end := strings.IndexAny(s, "=; \t")
	if end < 0 {
		return s, ""
	}
	return strings.ToLower(s[:end]), strings.TrimLeft(s[end:], " \t")
}

// paramValue reads a value. One without quotes may have blanks in it, unless the next parameter begins there.
func paramValue(s string) (value, rest string) {
	if strings.HasPrefix(s, `"`) {
		return quoted(s[1:])
	}
	end := strings.IndexByte(s, ';')
	if end < 0 {
		end = len(s)
	}
	value = s[:end]
	for i := 0; i < len(value); i++ {
		if value[i] == ' ' {
			name, _, ok := strings.Cut(strings.TrimLeft(value[i:], " "), "=")
			if ok && name != "" && fieldName([]byte(name)) {
				return value[:i], s[i:]
			}
		}
	}
	return strings.TrimSpace(value), s[end:]
}

// quoted reads a string after its opening quote. A backslash only escapes what needs it: names of files from Windows have them bare.
func quoted(s string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), ""
}

// piece is a part of a parameter that was cut into several (RFC 2231).
type piece struct {
	number   int
	extended bool // its bytes are written %XX
	star     bool // either
	value    string
}

func numbered(name string) (string, piece) {
	base, tail, ok := strings.Cut(name, "*")
	if !ok {
		return name, piece{}
	}
	digits, extended := strings.CutSuffix(tail, "*")
	extended = extended || tail == ""
	n, err := strconv.Atoi(digits)
	if err != nil {
		n = 0
	}
	return base, piece{number: n, extended: extended, star: true}
}

// joined gives a parameter's value. The form of RFC 2231 is believed before the plain one, the first before a second.
func joined(all []piece) string {
	stars := slices.DeleteFunc(slices.Clone(all), func(p piece) bool { return !p.star })
	if len(stars) == 0 {
		return plain(all[0].value)
	}
	slices.SortStableFunc(stars, func(a, b piece) int { return a.number - b.number })
	var b []byte
	label := ""
	for i, p := range stars {
		if i > 0 && p.number == stars[i-1].number {
			continue
		}
		v := p.value
		if p.extended && i == 0 {
			if cs, after, ok := strings.Cut(v, "'"); ok {
				if _, text, ok := strings.Cut(after, "'"); ok {
					label, v = cs, text
				}
			}
		}
		if p.extended {
			b = append(b, percent(v)...)
			continue
		}
		b = append(b, v...)
	}
	if label == "" && bytes.Contains(b, []byte("=?")) {
		return plain(string(b))
	}
	return oneLine(decode(b, label))
}

func percent(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				out = append(out, byte(n))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return out
}

// contentType picks the type of a part: where there are several, the one that can be worked with.
func (h header) contentType() (media, bool) {
	all := h.all("content-type")
	for _, raw := range all {
		if m := readMedia(raw); m.params["boundary"] != "" {
			return m, true
		}
	}
	if len(all) == 0 {
		return media{params: map[string]string{}}, false
	}
	return readMedia(all[0]), true
}

func (h header) disposition() media {
	all := h.all("content-disposition")
	for _, raw := range all {
		if m := readMedia(raw); m.params["filename"] != "" {
			return m
		}
	}
	if len(all) == 0 {
		return media{params: map[string]string{}}
	}
	return readMedia(all[0])
}

// fields reads the blocks of a report: name: value, an empty line, and again.
func fields(text string) []map[string]string {
	var all []map[string]string
	var block map[string]string
	last := ""
	for line := range strings.SplitSeq(text, "\n") {
		name, value, ok := strings.Cut(line, ":")
		switch {
		case strings.TrimSpace(line) == "":
			block = nil
		case indented([]byte(line)) && block != nil && last != "":
			block[last] += " " + strings.TrimSpace(line)
		case ok && fieldName([]byte(name)):
			if block == nil {
				block = map[string]string{}
				all = append(all, block)
			}
			last = strings.ToLower(strings.TrimSpace(name))
			if _, twice := block[last]; !twice {
				block[last] = strings.TrimSpace(value)
			}
		}
	}
	return slices.DeleteFunc(all, func(m map[string]string) bool { return len(slices.Collect(maps.Keys(m))) == 0 })
}
