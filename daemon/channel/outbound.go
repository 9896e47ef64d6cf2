package channel

import (
	"context"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// What an account can do besides sending, found by type assertion.

// Dispatcher tells more of what it sends than its id.
type Dispatcher interface {
	// Dispatch is Send.
	Dispatch(context.Context, Message) (Dispatched, error)
}

// Dispatched is what the provider answered to a message that it took.
type Dispatched struct {
	Ref    ngo.Ref
	Person Person // what the provider knows the recipient by; empty when it does not say
	// Held says, for people, that the provider took the message and lets it wait.
	Held string
	// Aliases are other ids by which answers and reports will speak of it: the provider put its own in the place of ours.
	Aliases []ngo.Ref
}

// Returner has addresses for answers that tell which conversation they belong to.
type Returner interface {
	// ReturnAddress gives the address for Message.ReplyAddress; empty when the line can have none. A token of letters and digits
	// comes back in Incoming.Tokens, in lower case. Pure.
	ReturnAddress(line ngo.Ref, token string) string
}

// Fitter tells before it is tried whether a message can be sent.
type Fitter interface {
	// Fits fails as Send does for a message that is not of a form that the provider takes: with Invalid, or TooLarge. Pure.
	Fits(Message) error
}

// Marker tells the provider that messages were seen. Safe to repeat.
type Marker interface {
	// MarkRead marks the message, and with it those before it in the same conversation. line is whose it is; empty for the usual one.
	// It fails as Send does.
	MarkRead(ctx context.Context, line, ref ngo.Ref) error
}

// Liner tells which numbers, pages or mailboxes are the account's own.
type Liner interface {
	// Lines gives at least one, the usual one first. Pure.
	Lines() []ngo.Ref
}

// Windowed has a limited time after a person's message in which they may be written to freely.
type Windowed interface {
	Window() Window
}

// Window is how long after a person's message they may be written to.
type Window struct {
	Free  time.Duration // with anything
	Human time.Duration // with what a person wrote; 0 when that is no longer
}

// Templater has templates, the messages that may be sent outside the window.
type Templater interface {
	// Templates gives all of them, in any state. It fails with Unavailable, Limited, Unauthenticated or Denied; with Invalid when the
	// account's settings do not say whose templates.
	Templates(context.Context) ([]Template, error)
}

// Template is a message that the provider has approved, or not.
type Template struct {
	Ref      ngo.Ref
	Name     string
	Language string // as the provider writes it: hi, en_US
	State    TemplateState
	Category string // marketing, utility, authentication: it sets the price
	Quality  string
	Reason   string // why it was rejected
	Header   Part
	Body     Part
	Footer   string
	Buttons  []Button
	// Problem says, for people, why ngoctl cannot send it; empty when it can.
	Problem string
}

// TemplateState is where a template stands. Only an approved one can be sent.
type TemplateState string

// The states that are told apart; a provider's other words stay as they are, in lower case.
const (
	TemplateApproved TemplateState = "approved"
	TemplatePending  TemplateState = "pending"
	TemplateRejected TemplateState = "rejected"
	TemplatePaused   TemplateState = "paused"
	TemplateDisabled TemplateState = "disabled"
	TemplateDeleted  TemplateState = "deleted"
)

// Part is a part of a template.
type Part struct {
	Kind string // text; for a header also image, video, document, location; empty when there is none
	Text string // with its parameters as {{1}} or {{name}}
	// Parameters are the names in the text, in their order; positional ones are 1, 2, ….
	Parameters []string
	Examples   []string // as many, when the provider has them
}

// Button is a button of a template.
type Button struct {
	Kind      string // quick_reply, url, phone_number, copy_code, …
	Text      string
	URL       string
	Parameter bool // needs a value
}

// Filled is a template with values, as it is sent.
type Filled struct {
	Name     string
	Language string
	Category string            // as last heard: it sets the price
	Header   map[string]string // by parameter
	Body     map[string]string
	Buttons  []Pressed
}

// Pressed is the value that a button of a template is sent with.
type Pressed struct {
	Place int    // from 0, as in Template.Buttons
	Kind  string // as in Button
	Value string // the end of a link, a quick reply's payload, a code
}
