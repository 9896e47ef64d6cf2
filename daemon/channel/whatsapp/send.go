package whatsapp

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/meta"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	maxText  = 4096 // signs
	maxValue = 1024 // signs of a value: the longest body that a template may have
)

// outgoing is a message as the API takes it.
type outgoing struct {
	Product   string      `json:"messaging_product"`
	Kind      string      `json:"recipient_type"`
	To        string      `json:"to,omitempty"`        // a phone number with +
	Recipient string      `json:"recipient,omitempty"` // a business-scoped id
	Type      string      `json:"type"`
	Text      *outText    `json:"text,omitempty"`
	Image     *outFile    `json:"image,omitempty"`
	Video     *outFile    `json:"video,omitempty"`
	Audio     *outFile    `json:"audio,omitempty"`
	Document  *outFile    `json:"document,omitempty"`
	Template  *outFilled  `json:"template,omitempty"`
	Context   *outContext `json:"context,omitempty"`
	Token     string      `json:"biz_opaque_callback_data"`

	file *outFile // the one that is still to be handed over, somewhere above; nil when there is none
	data channel.Attachment
}

type outText struct {
	Body    string `json:"body"`
	Preview bool   `json:"preview_url"`
}

type outContext struct {
	ID ngo.Ref `json:"message_id"`
}

// Send hands the message to WhatsApp. It fails as channel.Account says.
func (a *account) Send(ctx context.Context, m channel.Message) (ngo.Ref, error) {
	d, err := a.Dispatch(ctx, m)
	return d.Ref, err
}

// Dispatch is Send that tells more. What became of the message comes later, as a Status.
func (a *account) Dispatch(ctx context.Context, m channel.Message) (channel.Dispatched, error) {
	out, err := a.write(m)
	if err != nil {
		return channel.Dispatched{}, err
	}
	if err := ctx.Err(); err != nil {
		return channel.Dispatched{}, &ngo.Error{Code: ngo.Unavailable, Message: "the message was called back before it went", Err: err}
	}
	if err := a.handOver(ctx, m, out); err != nil {
		return channel.Dispatched{}, err
	}
	body, err := a.api.Post(ctx, "/"+string(a.from(m))+"/messages", out)
	if err != nil {
		return channel.Dispatched{}, err
	}
	return taken(body)
}

// taken reads what WhatsApp answers to a message that it took. One without an id may be anywhere.
func taken(body []byte) (channel.Dispatched, error) {
	var said struct {
		Contacts meta.List[contact] `json:"contacts"`
		Messages meta.List[struct {
			ID     meta.Text `json:"id"`
			Status meta.Text `json:"message_status"`
		}] `json:"messages"`
	}
	if err := json.Unmarshal(body, &said); err != nil {
		return channel.Dispatched{}, fmt.Errorf("read what WhatsApp answers: %w", err)
	}
	if len(said.Messages) != 1 || said.Messages[0].ID.Ref() == "" {
		return channel.Dispatched{}, fmt.Errorf("read what WhatsApp answers: there is no id of the message")
	}
	d := channel.Dispatched{Ref: said.Messages[0].ID.Ref()}
	if len(said.Contacts) == 1 {
		c := said.Contacts[0]
		d.Person.Identities = who{c.WAID, c.UserID, c.Parent}.identities()
	}
	switch said.Messages[0].Status {
	case "held_for_quality_assessment":
		d.Held = "WhatsApp holds it back until it has seen how others like the template."
	case "paused":
		d.Held = "WhatsApp has paused the template; the message waits."
	}
	return d, nil
}

// Fits tells whether WhatsApp takes a message of this form. It fails with Invalid or TooLarge.
func (a *account) Fits(m channel.Message) error {
	_, err := a.write(m)
	return err
}

func (a *account) from(m channel.Message) ngo.Ref { return cmp.Or(m.Line, a.numbers[0]) }

func (a *account) has(number ngo.Ref) bool { return slices.Contains(a.numbers, number) }

// write makes the message as the API takes it. It fails with Invalid or TooLarge.
func (a *account) write(m channel.Message) (outgoing, error) {
	out := outgoing{Product: "whatsapp", Kind: "individual", Token: string(m.ID)}
	if _, err := ngo.ParseID[ngo.MessageID](string(m.ID)); err != nil {
		return out, misfit("the message has no id")
	}
	if !a.has(a.from(m)) {
		return out, misfit("the number that it is to go from is not one of this account's")
	}
	if err := out.address(m.To); err != nil {
		return out, err
	}
	if m.ReplyTo != "" {
		if meta.Text(m.ReplyTo).Ref() == "" {
			return out, misfit("what it answers has an id that cannot be one")
		}
		out.Context = &outContext{m.ReplyTo}
	}
	return out, out.say(m)
}

// say puts what the message says into out. It fails with Invalid or TooLarge.
func (o *outgoing) say(m channel.Message) (err error) {
	if m.Template != nil && m.Template.Category == "authentication" && o.To == "" {
		return misfit("a template with a code needs the person's phone number")
	}
	if m.Template != nil {
		o.Type = "template"
		if o.Template, err = fill(*m.Template); err != nil {
			return err
		}
	}
	if len(m.Attachments) > 0 {
		return o.attach(m)
	}
	if m.Template != nil {
		return nil
	}
	o.Type, o.Text = "text", &outText{Body: m.Text}
	return checkText(m.Text)
}

func checkText(s string) error {
	switch n := utf8.RuneCountInString(s); {
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return misfit("the message has signs in it that cannot be sent")
	case strings.TrimSpace(s) == "":
		return misfit("the message is empty")
	case n > maxText:
		return &ngo.Error{Code: ngo.TooLarge, Message: fmt.Sprintf("the message has %d signs, and WhatsApp takes %d", n, maxText), Hint: "send it in parts"}
	}
	return nil
}

var userID = regexp.MustCompile(`^[A-Z]{2}\.[A-Za-z0-9]{1,128}$`)

// address says to whom it goes. A number goes with + and its country: without, the sender's own country is put before it.
func (o *outgoing) address(to ngo.Identity) error {
	number := to.Value
	switch to.Kind {
	case ngo.WhatsAppUser:
		if !userID.MatchString(to.Value) {
			return misfit("the recipient's id is not one of WhatsApp's")
		}
		o.Recipient = to.Value
		return nil
	case ngo.WhatsApp:
		number = "+" + number
	case ngo.Phone:
	default:
		return misfit("WhatsApp does not reach this kind of address")
	}
	rest, plus := strings.CutPrefix(number, "+")
	if !plus || !digits(rest) || len(rest) < 7 || len(rest) > 15 {
		return misfit("the recipient's number is not one with its country")
	}
	o.To = number
	return nil
}

func misfit(what string) error { return &ngo.Error{Code: ngo.Invalid, Message: what} }

// outFilled is a template with its values.
type outFilled struct {
	Name     string `json:"name"`
	Language struct {
		Code string `json:"code"`
	} `json:"language"`
	Components []outComponent `json:"components,omitempty"`
}

type outComponent struct {
	Type       string         `json:"type"`
	SubType    string         `json:"sub_type,omitempty"`
	Index      string         `json:"index,omitempty"`
	Parameters []outParameter `json:"parameters"`
}

type outParameter struct {
	Type    string `json:"type"`
	Name    string `json:"parameter_name,omitempty"`
	Text    string `json:"text,omitempty"`
	Payload string `json:"payload,omitempty"`
	Coupon  string `json:"coupon_code,omitempty"`

	Image    *outFile `json:"image,omitempty"`
	Video    *outFile `json:"video,omitempty"`
	Document *outFile `json:"document,omitempty"`
}

var (
	templateName = regexp.MustCompile(`^[a-z0-9_]{1,512}$`)
	languageCode = regexp.MustCompile(`^[a-z]{2,3}(_[A-Z]{2,3})?$`)
	valueName    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,99}$`)
)

// fill writes a template with its values. It fails with Invalid.
func fill(f channel.Filled) (*outFilled, error) {
	out := &outFilled{Name: f.Name}
	out.Language.Code = f.Language
	if !templateName.MatchString(f.Name) || !languageCode.MatchString(f.Language) {
		return nil, misfit("the template's name or language is not one of WhatsApp's")
	}
	for _, part := range []struct {
		kind   string
		values map[string]string
	}{{"header", f.Header}, {"body", f.Body}} {
		parameters, err := texts(part.values)
		if err != nil {
			return nil, err
		}
		if len(parameters) > 0 {
			out.Components = append(out.Components, outComponent{Type: part.kind, Parameters: parameters})
		}
	}
	for _, b := range f.Buttons {
		c, err := press(b)
		if err != nil {
			return nil, err
		}
		out.Components = append(out.Components, c)
	}
	return out, nil
}

// texts writes values: by place, which are 1, 2, … without a gap, or by name.
func texts(values map[string]string) ([]outParameter, error) {
	out := make([]outParameter, 0, len(values))
	for n := range len(values) {
		value, ok := values[strconv.Itoa(n+1)]
		if !ok {
			return named(values)
		}
		if err := checkValue(strconv.Itoa(n+1), value); err != nil {
			return nil, err
		}
		out = append(out, outParameter{Type: "text", Text: value})
	}
	return out, nil
}

func named(values map[string]string) ([]outParameter, error) {
	out := make([]outParameter, 0, len(values))
	for name, value := range values {
		if !valueName.MatchString(name) {
			return nil, misfit("the template's values are neither by name nor 1, 2, … without a gap")
		}
		if err := checkValue(name, value); err != nil {
			return nil, err
		}
		out = append(out, outParameter{Type: "text", Name: name, Text: value})
	}
	slices.SortFunc(out, func(a, b outParameter) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// checkValue refuses what WhatsApp does not take as a value: nothing, line breaks, tabs, and more than four blanks in a row.
func checkValue(name, value string) error {
	switch {
	case strings.TrimSpace(value) == "":
		return misfit("the template's value " + name + " is empty")
	case !utf8.ValidString(value) || strings.ContainsAny(value, "\x00\n\r\t") || strings.Contains(value, "     "):
		return misfit("the template's value " + name + " has line breaks, tabs or many blanks in it")
	case utf8.RuneCountInString(value) > maxValue:
		return misfit("the template's value " + name + " is too long")
	}
	return nil
}

// maxButtons is how many a template may have.
const maxButtons = 10

func press(b channel.Pressed) (outComponent, error) {
	c := outComponent{Type: "button", SubType: b.Kind, Index: strconv.Itoa(b.Place)}
	if b.Place < 0 || b.Place >= maxButtons {
		return c, misfit("the template has no button in that place")
	}
	if err := checkValue("of button "+strconv.Itoa(b.Place+1), b.Value); err != nil {
		return c, err
	}
	switch b.Kind {
	case "quick_reply":
		c.Parameters = []outParameter{{Type: "payload", Payload: b.Value}}
	case "url":
		c.Parameters = []outParameter{{Type: "text", Text: b.Value}}
	case "copy_code":
		c.Parameters = []outParameter{{Type: "coupon_code", Coupon: b.Value}}
	default:
		return c, misfit("ngoctl sends no value with this kind of button")
	}
	return c, nil
}
