package ngo

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// Conversation is a thread with one person on one of the organisation's own lines: everything of a chat, or what belongs
// together of their mail.
type Conversation struct {
	ID      ConversationID    `json:"id"`
	Account AccountID         `json:"account_id"`
	Line    Ref               `json:"line,omitempty"` // which of the account's numbers or mailboxes
	Kind    ConversationKind  `json:"kind"`
	Person  PersonID          `json:"person_id,omitempty"` // as they were known when it began, whoever they were joined with since
	Address Identity          `json:"address"`             // to whom an answer goes
	Name    string            `json:"name"`                // as they call themselves there
	Subject string            `json:"subject,omitempty"`   // of mail
	State   ConversationState `json:"state"`
	Token   string            `json:"-"`               // in the address for replies: who has it can write into the thread, and reads nothing
	Doubt   string            `json:"doubt,omitempty"` // why the other side may be somebody else, in plain words

	Opened  time.Time  `json:"opened_at"`
	Last    time.Time  `json:"last_at"`                 // of the newest message, as the provider dates it
	LastIn  *time.Time `json:"last_in_at,omitempty"`    // of the newest that came and renews the window
	Waiting *time.Time `json:"waiting_since,omitempty"` // of the oldest that nobody has answered
	Unread  int        `json:"unread"`
	Snippet string     `json:"snippet"` // the beginning of the newest message, one line
	Mine    bool       `json:"mine"`    // the newest message is ours
	Failed  int        `json:"failed"`  // messages of ours that did not go, or of which nobody knows

	Uncertain int `json:"uncertain"` // those of them of which nobody knows
}

// ConversationKind tells how a conversation is kept together.
type ConversationKind string

// The kinds of conversation.
const (
	Chat  ConversationKind = "chat"  // all that is said with a person on a line
	Mail  ConversationKind = "mail"  // mail that answers mail
	Group ConversationKind = "group" // all that is said in a group
)

// ConversationState tells whether somebody has to look at a conversation.
type ConversationState string

// States of a conversation.
const (
	ConversationOpen    ConversationState = "open"
	ConversationSnoozed ConversationState = "snoozed"
	ConversationClosed  ConversationState = "closed"
)

// CanBecome tells whether a conversation may move from s to to.
func (s ConversationState) CanBecome(to ConversationState) bool {
	return slices.Contains(conversationMoves[s], to)
}

var conversationMoves = map[ConversationState][]ConversationState{
	ConversationOpen:    {ConversationSnoozed, ConversationClosed},
	ConversationSnoozed: {ConversationOpen, ConversationClosed},
	ConversationClosed:  {ConversationOpen},
}

// Direction tells which way a message goes.
type Direction string

// The directions.
const (
	In   Direction = "in"
	Out  Direction = "out"
	Note Direction = "note" // among ourselves: it goes nowhere
)

// Attachment is a file that came with a message, or goes with one.
type Attachment struct {
	ID      AttachmentID    `json:"id"`
	Message MessageID       `json:"message_id"`
	Place   int             `json:"place"` // from 0
	Kind    string          `json:"kind"`  // image, video, audio, voice, sticker, file, story, post, link, page (the mail as it was laid out)
	Name    string          `json:"name"`
	Type    string          `json:"type"` // media type by its content once kept; before, as claimed
	Size    int64           `json:"size"`
	State   AttachmentState `json:"state"`
	Reason  string          `json:"reason,omitempty"` // why it was refused or lost, in plain words
	Blob    BlobID          `json:"blob_id,omitempty"`
	Width   int             `json:"width,omitempty"` // pixels, of a picture
	Height  int             `json:"height,omitempty"`
	Inline  bool            `json:"inline"`
	URL     string          `json:"url,omitempty"` // of a link: to be shown, not to be fetched
}

// AttachmentState tells whether an attachment can be had.
type AttachmentState string

// States of an attachment.
const (
	AttachmentWanted  AttachmentState = "wanted"  // to be fetched
	AttachmentKept    AttachmentState = "kept"    // checked, sealed, here
	AttachmentRefused AttachmentState = "refused" // not what it claims to be, or too much of it
	AttachmentLost    AttachmentState = "lost"    // the provider has it no longer
)

// Template is a message that the provider has approved, or not, as last heard.
type Template struct {
	Account  AccountID       `json:"account_id"`
	Ref      Ref             `json:"ref"`
	Name     string          `json:"name"`
	Language string          `json:"language"` // as the provider writes it: hi, en_US
	State    string          `json:"state"`    // approved, pending, rejected, paused, disabled, deleted, or the provider's own word
	Category string          `json:"category"` // marketing, utility, authentication: it sets the price
	Quality  string          `json:"quality,omitempty"`
	Reason   string          `json:"reason,omitempty"`
	Problem  string          `json:"problem,omitempty"` // why it cannot be sent from here, in plain words
	Parts    json.RawMessage `json:"parts"`             // the channel's own description: header, body, footer, buttons
	Synced   time.Time       `json:"synced_at"`
}

// Topic is what a consent is about.
type Topic string

// The topics. A stop of all is stronger than any other consent given before it.
const (
	TopicAll       Topic = "all"       // whatever they did not ask for
	TopicMarketing Topic = "marketing" // appeals, invitations, greetings
	TopicReceipt   Topic = "receipt"   // receipts by a messenger
)

// Consent is one thing that somebody said about what they wish to get. None is ever changed; the newest counts.
type Consent struct {
	ID       ConsentID `json:"id"`
	Person   PersonID  `json:"person_id"`
	Topic    Topic     `json:"topic"`
	Given    bool      `json:"given"`              // else they stopped it
	Identity Identity  `json:"identity"`           // by which they were known when they said it; empty for all
	Words    string    `json:"words"`              // in which they were asked or said it
	Language string    `json:"language,omitempty"` // of the words: en, ta, hi
	Source   string    `json:"source"`             // the message, the provider, or how staff heard it
	Actor    string    `json:"actor"`              // who recorded it
	At       time.Time `json:"at"`
}

// Joining says that two persons are one.
type Joining struct {
	ID       JoiningID  `json:"id"`
	Kept     PersonID   `json:"kept"`   // whom the other was joined to
	Gone     PersonID   `json:"gone"`   // who is shown as part of them; nothing of theirs moves
	Reason   string     `json:"reason"` // in plain words
	Actor    string     `json:"actor"`
	At       time.Time  `json:"at"`
	Parted   *time.Time `json:"parted_at,omitempty"`
	PartedBy string     `json:"parted_by,omitempty"`

	PartedWhy string `json:"parted_why,omitempty"`
}

// Likeness is a guess that two persons are one, with what speaks for it and against.
type Likeness struct {
	Person  Person   `json:"person"`
	Reasons []string `json:"reasons"` // plain sentences, the strongest first
	Doubts  []string `json:"doubts"`
	Score   int      `json:"score"` // 0 to 100
}

// Beginning gives what a message carries besides text and files, or the first of it, in a line.
func (e Extra) Beginning() string {
	switch {
	case e.Choice != "":
		return e.Choice
	case e.Place != nil:
		return cmp.Or(e.Place.Name, e.Place.Address)
	case len(e.Cards) > 0:
		return e.Cards[0].Name
	case len(e.Order) > 0:
		return e.Order[0]
	case len(e.Form) > 0:
		return e.Form[0].Value
	}
	return e.Template
}
