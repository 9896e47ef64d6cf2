// Package channel says what a messaging channel is. Each channel is a package below this one and a line in
// daemon/drivers.go; nothing else knows its name. A Driver and an Account are safe for concurrent use.
package channel

import (
	"context"

	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Driver makes accounts of one channel.
type Driver interface {
	Name() string // as in: ngoctl channel add NAME
	Settings() setting.Form
	// Open checks the values and makes an account. It does no I/O. It fails with Invalid, naming every faulty field.
	Open(setting.Values) (Account, error)
}

// Account sends through one account of a channel.
type Account interface {
	// Reaches tells whether the channel can carry a message to this kind of address.
	Reaches(ngo.IdentityKind) bool
	// Send hands the message to the provider and returns its id of it. The code of an error decides what follows:
	// Invalid, NotFound, Denied, TooLarge: it will never be accepted. Unauthenticated: the account needs a person.
	// Limited, Unavailable: try later. Whatever else: whether it was sent is unknown.
	Send(context.Context, Message) (ngo.Ref, error)
	// Check connects and authenticates without sending anything.
	Check(context.Context) error
}

// Message is what is to be sent.
type Message struct {
	ID          ngo.MessageID // a repeat carries the same; the mail's Message-ID is made from it
	To          ngo.Identity
	ToName      string
	FromName    string // the organisation, unless the account names another
	Subject     string
	Text        string // plain text, UTF-8
	HTML        string // the same as a page, for who would rather read that; empty for none. It loads nothing from elsewhere
	Attachments []Attachment
	// Unsubscribe is where, without more ado, the recipient ends what this message is one of. Empty on what is no reminder.
	Unsubscribe string
	Line        ngo.Ref // which of the account's own numbers, pages or mailboxes it goes from; empty for the usual one
	ReplyTo     ngo.Ref // the provider's id of the message that it answers; empty for none
	Template    *Filled // sent instead of Text, which then says what it reads like

	// What only mail has. Ids are without angle brackets.
	InReplyTo    ngo.Ref   // the Message-ID that it answers; empty for none
	References   []ngo.Ref // the thread's Message-IDs, oldest first
	ReplyAddress string    // where answers are to go, when elsewhere than to the sender
	Auto         bool      // no person wrote it: it answers by itself, and nothing is to answer it by itself
}

// Attachment is a file that goes with a message.
type Attachment struct {
	Name string
	Type string // media type
	Data []byte
}
