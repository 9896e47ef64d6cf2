package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/itchyny/gojq"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// format is who an answer is for.
type format int

const (
	forPeople   format = iota // aligned, on a terminal
	forPipes                  // tab-separated, nothing cut short
	forMachines               // the JSON envelope
)

// A printer writes the answer of a command to standard output, and everything else to standard error.
type printer struct {
	term   terminal
	format format
	color  bool
	filter *gojq.Code // of --jq
	zone   *time.Location
}

// success and failure are the two forms of the envelope.
type success struct {
	OK   bool `json:"ok"`
	Data any  `json:"data"`
	Meta any  `json:"meta"`
}

type failure struct {
	OK    bool  `json:"ok"`
	Error fault `json:"error"`
}

type fault struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// record prints one thing: data for programs, r for everyone else.
func (p *printer) record(data any, r record) error {
	switch p.format {
	case forMachines:
		return p.envelope(success{OK: true, Data: data, Meta: struct{}{}})
	case forPipes:
		return r.writePiped(p.term.out)
	}
	return r.writePeople(p.term.out, p.zone, p.bold)
}

// envelope writes v as one JSON document, or what --jq makes of it.
func (p *printer) envelope(v any) error {
	if p.filter != nil {
		return p.filtered(v)
	}
	text, err := encode(v, p.term.outTTY)
	if err != nil {
		return err
	}
	_, err = p.term.out.Write(text)
	return err
}

// encode writes v in one line, or indented, with a line break at the end.
func encode(v any, indent bool) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if indent {
		e.SetIndent("", "  ")
	}
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return escaped(b.Bytes()), nil
}

// escaped writes as \u what would steer a terminal or hide in a text. The document means the same as before.
func escaped(document []byte) []byte {
	if !bytes.ContainsFunc(document, steers) {
		return document
	}
	out := make([]byte, 0, len(document)+16)
	for len(document) > 0 {
		r, n := utf8.DecodeRune(document)
		if steers(r) {
			for _, u := range utf16.AppendRune(nil, r) {
				out = fmt.Appendf(out, `\u%04x`, u)
			}
		} else {
			out = append(out, document[:n]...)
		}
		document = document[n:]
	}
	return out
}

func steers(r rune) bool {
	return r == 0x7f || r > 0x7f && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)
}

// filtered runs --jq over v. Strings come out bare, everything else as JSON, one per line.
func (p *printer) filtered(v any) error {
	input, err := plain(v)
	if err != nil {
		return err
	}
	results := p.filter.Run(input)
	for {
		result, more := results.Next()
		if !more {
			return nil
		}
		if err, failed := result.(error); failed {
			if halt, ok := errors.AsType[*gojq.HaltError](err); ok && halt.Value() == nil {
				return nil
			}
			return usage("--jq: "+ngo.Printable(err.Error()), "the filter gets the whole answer: .data holds what was asked for")
		}
		if err := p.result(result); err != nil {
			return err
		}
	}
}

func (p *printer) result(v any) error {
	if text, ok := v.(string); ok {
		if p.term.outTTY {
			text = ngo.PrintableText(text)
		}
		_, err := io.WriteString(p.term.out, text+"\n")
		return err
	}
	line, err := gojq.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode result: %w", err)
	}
	_, err = p.term.out.Write(append(escaped(line), '\n'))
	return err
}

// plain turns v into the few types gojq knows, through the very JSON that would be printed.
func plain(v any) (any, error) {
	text, err := encode(v, false)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var out any
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("read answer back: %w", err)
	}
	return out, nil
}

// compileFilter reads the expression of --jq. It fails with Invalid.
func compileFilter(expression string) (*gojq.Code, error) {
	query, err := gojq.Parse(expression)
	if err == nil {
		var code *gojq.Code
		if code, err = gojq.Compile(query); err == nil {
			return code, nil
		}
	}
	return nil, usage("--jq: "+ngo.Printable(err.Error()), "an example: --jq '.data[].id'")
}

// problem tells what went wrong: in the envelope for programs, in words and a hint on standard error for people.
func (p *printer) problem(err error) {
	f := explain(err)
	if p.format == forMachines {
		text, _ := encode(failure{Error: f}, p.term.outTTY) // three strings always encode
		p.term.out.Write(text)                              // there is nobody left to tell if this fails
		return
	}
	fmt.Fprintf(p.term.err, "%s\n", f.Message)
	if f.Hint != "" {
		fmt.Fprintf(p.term.err, "%s\n", f.Hint)
	}
}

// explain puts an error into words, and where it left a doubt, what to do about it.
func explain(err error) fault {
	f := inWords(err)
	if d, ok := errors.AsType[*doubt](err); ok {
		f.Message += "; nobody knows whether it was written"
		f.Hint = ngo.PrintableText(d.again)
	}
	return f
}

// inWords gives the words of an error. What has none of its own is ours to mend, so its cause is shown.
func inWords(err error) fault {
	if errors.Is(err, context.Canceled) {
		return fault{Code: "interrupted", Message: "interrupted", Hint: "what was done before stays done"}
	}
	e, ok := errors.AsType[*ngo.Error](err)
	if !ok {
		return fault{Code: string(ngo.Internal), Message: ngo.Printable(err.Error())}
	}
	message := e.Message
	if e.Code == ngo.Internal && e.Err != nil {
		message = e.Error()
	}
	return fault{Code: string(e.Code), Message: ngo.PrintableText(message), Hint: ngo.PrintableText(e.Hint)}
}

// note tells people something beside the answer. Programs and pipes are spared it.
func (p *printer) note(text string, args ...any) {
	if p.format == forPeople {
		fmt.Fprintln(p.term.err, ngo.PrintableText(fmt.Sprintf(text, args...)))
	}
}

// next suggests the commands that usually follow.
func (p *printer) next(commands ...string) {
	p.note("%s", "\nNext: "+strings.Join(commands, "\n      "))
}

func (p *printer) bold(s string) string {
	if !p.color {
		return s
	}
	return "\x1b[1m" + s + "\x1b[0m"
}
