package channel

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// kept is the form in which the parts of a template are stored. Fields are only ever added.
type kept struct {
	Header  keptPart     `json:"header,omitzero"`
	Body    keptPart     `json:"body,omitzero"`
	Footer  string       `json:"footer,omitempty"`
	Buttons []keptButton `json:"buttons,omitempty"`
}

type keptPart struct {
	Kind       string   `json:"kind,omitempty"`
	Text       string   `json:"text,omitempty"`
	Parameters []string `json:"parameters,omitempty"`
	Examples   []string `json:"examples,omitempty"`
}

type keptButton struct {
	Kind      string `json:"kind"`
	Text      string `json:"text,omitempty"`
	URL       string `json:"url,omitempty"`
	Parameter bool   `json:"parameter,omitempty"`
}

// Keep gives the template as it is stored, as heard at a moment.
func (t Template) Keep(account ngo.AccountID, heard time.Time) (ngo.Template, error) {
	k := kept{Header: keptPart(t.Header), Body: keptPart(t.Body), Footer: t.Footer}
	for _, b := range t.Buttons {
		k.Buttons = append(k.Buttons, keptButton(b))
	}
	parts, err := json.Marshal(k)
	if err != nil {
		return ngo.Template{}, fmt.Errorf("write template %s: %w", t.Name, err)
	}
	return ngo.Template{
		Account: account, Ref: t.Ref, Name: t.Name, Language: t.Language, State: string(t.State), Category: t.Category,
		Quality: t.Quality, Reason: t.Reason, Problem: t.Problem, Parts: parts, Synced: heard,
	}, nil
}

// Kept is the inverse of Keep.
func Kept(t ngo.Template) (Template, error) {
	var k kept
	if len(t.Parts) > 0 {
		if err := json.Unmarshal(t.Parts, &k); err != nil {
			return Template{}, fmt.Errorf("read template %s: %w", t.Name, err)
		}
	}
	out := Template{
		Ref: t.Ref, Name: t.Name, Language: t.Language, State: TemplateState(t.State), Category: t.Category, Quality: t.Quality, Reason: t.Reason,
		Header: Part(k.Header), Body: Part(k.Body), Footer: k.Footer, Problem: t.Problem,
	}
	for _, b := range k.Buttons {
		out.Buttons = append(out.Buttons, Button(b))
	}
	return out, nil
}

// Values is how many buttons of the template need one.
func (t Template) Values() int {
	n := 0
	for _, b := range t.Buttons {
		if b.Parameter {
			n++
		}
	}
	return n
}

// Text is what the template says, with its parameters as {{1}} or {{name}}.
func (t Template) Text() string { return t.reads(nil, nil) }

func (t Template) reads(header, body map[string]string) string {
	var lines []string
	if t.Header.Text != "" {
		lines = append(lines, insert(t.Header.Text, header))
	}
	if t.Body.Text != "" {
		lines = append(lines, insert(t.Body.Text, body))
	}
	if t.Footer != "" {
		lines = append(lines, t.Footer)
	}
	for _, b := range t.Buttons {
		lines = append(lines, "["+b.Text+"]")
	}
	return strings.Join(lines, "\n")
}

var placeholder = regexp.MustCompile(`\{\{\s*([a-z0-9_]+)\s*\}\}`)

// insert puts values where their parameters stand. A value is never read for parameters itself.
func insert(text string, values map[string]string) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		if value, ok := values[placeholder.FindStringSubmatch(found)[1]]; ok {
			return value
		}
		return found
	})
}

// Fill puts values in: each parameter has to have one and there may be no others, and of buttons those that need a value get
// them in their order. It gives the template as it is sent, and what it then reads like. It fails with Invalid, naming all
// that is wrong.
func (t Template) Fill(header, body map[string]string, buttons []string) (Filled, string, error) {
	faults := append(faultsOf("header", t.Header, header), faultsOf("body", t.Body, body)...)
	out := Filled{Name: t.Name, Language: t.Language, Category: t.Category, Header: maps.Clone(header), Body: maps.Clone(body)}
	if need := t.Values(); len(buttons) != need {
		faults = append(faults, fmt.Sprintf("%d values are given for buttons, and it has %d that need one", len(buttons), need))
		buttons = nil
	}
	for place, b := range t.Buttons {
		if !b.Parameter || len(buttons) == 0 {
			continue
		}
		if fault := faultOf(buttons[0]); fault != "" {
			faults = append(faults, fmt.Sprintf("the value of button %d %s", place+1, fault))
		}
		out.Buttons = append(out.Buttons, Pressed{Place: place, Kind: b.Kind, Value: buttons[0]})
		buttons = buttons[1:]
	}
	if len(faults) > 0 {
		return Filled{}, "", &ngo.Error{
			Code: ngo.Invalid, Message: "the values do not fit the template " + t.Name + ": " + strings.Join(faults, "; "),
			Hint: "what it needs is told by: ngoctl template list",
		}
	}
	return out, t.reads(header, body), nil
}

func faultsOf(where string, p Part, values map[string]string) []string {
	var faults []string
	for _, name := range p.Parameters {
		value, ok := values[name]
		if !ok {
			faults = append(faults, fmt.Sprintf("the %s's {{%s}} is not given", where, name))
		} else if fault := faultOf(value); fault != "" {
			faults = append(faults, fmt.Sprintf("the %s's {{%s}} %s", where, name, fault))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(p.Parameters, name) {
			faults = append(faults, fmt.Sprintf("the %s has no {{%s}}", where, ngo.Printable(name)))
		}
	}
	return faults
}

// maxValue is how many signs a value may have: as many as the longest template.
const maxValue = 1024

// faultOf tells what is wrong with a value, which stands in the middle of a line; empty when nothing is.
func faultOf(value string) string {
	switch {
	case strings.TrimSpace(value) == "":
		return "is empty"
	case !utf8.ValidString(value) || strings.ContainsAny(value, "\x00\n\r\t"):
		return "has a line break, a tab or a sign in it that cannot be sent"
	case strings.Contains(value, "     "):
		return "has more than four blanks in a row"
	case utf8.RuneCountInString(value) > maxValue:
		return fmt.Sprintf("has more than %d signs", maxValue)
	}
	return ""
}
