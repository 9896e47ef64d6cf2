package channel

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// What comes in. An account that hears has some of the interfaces below, found by type assertion; one that only sends has
// none of them. Each event is about one thing, so that each can be stored, repeated or refused by itself: a delivery that is
// half broken keeps its good half.
//
// Of strangers' text, Text and Emoji are as they were written (valid UTF-8 without NUL): whoever shows them uses ngo.Printable
// or ngo.PrintableText. All other text in an event is printable already and one line. None of it is to be believed.

// Receiver reads what the provider sends or what was fetched from it. Its methods are pure: bytes in, values out.
type Receiver interface {
	// Limit is the largest body in bytes that the provider sends.
	Limit() int64
	// Verify checks who sent the raw body, in constant time. It fails with Unauthenticated; with Unavailable when it lacks
	// something that a Learner can get.
	Verify(header http.Header, body []byte) error
	// Hint is the provider's own id of the delivery, unsigned and so never a key; empty when there is none.
	Hint(header http.Header) string
	// Normalise reads a verified body, or one that was fetched. Events are in the body's order, which promises nothing about
	// when they happened. It fails with Invalid when the body as a whole cannot be understood: the delivery is then kept for a
	// person. An item that cannot be understood is an Unknown among the events; one that is for others is Refused.
	Normalise(body []byte) ([]Event, error)
}

// Posted is a Receiver that may be one of those that nothing is sent to: what they read was fetched.
type Posted interface {
	// Posted tells whether the provider sends anything to the account's own address here. A Receiver that does not tell is sent
	// all that it hears.
	Posted() bool
}

// Handshaker answers the question by which a provider finds out whether an address is ours. Pure.
type Handshaker interface {
	// Handshake gives the whole answer, which is the provider's own text: to be sent as text/plain and not to be sniffed. It
	// fails with Denied when the word is wrong (403), and with Invalid when there is nothing to answer (400).
	Handshake(query url.Values) (answer string, err error)
}

// Learner gets what Verify needs and cannot know, such as the certificate that a message names. Safe to repeat.
type Learner interface {
	// Learn asks whom the account trusts, and nobody that the body names beyond that. Verify is then asked again. It fails with
	// Unauthenticated when there is nothing trustworthy to learn, and with Unavailable or Limited when it may be tried later.
	Learn(ctx context.Context, header http.Header, body []byte) error
}

// Fetcher gets the content of an attachment that came as a reference. Safe to repeat.
type Fetcher interface {
	// Fetch writes the content to w and tells what it is, at most limit bytes of it. It fails with NotFound when the provider
	// has it no longer, with TooLarge, with Denied when its address is not one to ask, with Invalid when the content is not
	// what was announced, with Unauthenticated when the account needs a person, and with Unavailable or Limited when it may be
	// tried later. After an error, what was written is worth nothing.
	Fetch(ctx context.Context, m Media, limit int64, w io.Writer) (Fetched, error)
}

// Fetched is what an attachment turned out to be.
type Fetched struct {
	Type string // media type as the provider claims; the content decides
	Size int64
}

// Runner runs the errands that events ask for. Safe to repeat.
type Runner interface {
	// Run does the errand and gives what came of it, as bodies for Normalise; none when nothing came. It fails as Fetch does.
	Run(ctx context.Context, e Errand) ([][]byte, error)
}

// Streamer reads a delivery that may be large, so that it need not lie in memory whole: a mail of 25 MB.
type Streamer interface {
	// NormaliseFrom is Normalise for a body that is read once. The content of attachments goes to what sink opens for each, one
	// after the other, and not into the events: their Media are those that sink was told, in that order, with Size and SHA256 of
	// what was written, and without Data or Ref. A nil sink, or one that gives nil, discards. It fails as Normalise does, and as
	// the reader or the sink fails; what was written is then worth nothing.
	NormaliseFrom(r io.Reader, sink func(Media) (io.WriteCloser, error)) ([]Event, error)
}

// Listener hears by itself: it keeps a line to where messages lie, such as a mailbox, and needs nobody to send them here.
type Listener interface {
	// Listen gives take whatever has come after the mark, and goes on until ctx ends or the line breaks; it never returns nil. The
	// mark is that of the last Heard that was taken; empty at first. When take fails, Listen ends with its error and has not
	// gone past what it gave. The same thing may be given again, also with another mark, after whatever went wrong.
	//
	// It fails with Unauthenticated or Invalid when the account needs a person, with Limited or Unavailable when it may be
	// tried later. Two that listen by one account at the same time do no harm, and no good.
	Listen(ctx context.Context, mark string, take func(context.Context, Heard) error) error
}

// Heard is a body for Normalise that a Listener has fetched, and where to go on after it.
type Heard struct {
	Mark string
	Hint string    // the provider's own id of it
	Size int64     // bytes of Body, as the provider claims; -1 when it does not say
	Body io.Reader // to be read before take returns. What comes of an error in it is not to be kept
}

// Event is one thing that a delivery says. Exactly one of the pointers is set.
type Event struct {
	Name string    // the provider's own name, such as messages.text or account_update
	Line ngo.Ref   // which of the account's own numbers, pages or mailboxes it is about; empty when it is about all
	At   time.Time // when it happened, as the provider says; zero when it does not say, and the time of arrival counts

	Incoming   *Incoming // a message, or what became of one
	Status     *Status   // what became of one of ours
	Change     *Change   // a person is known by something else now
	Template   *TemplateNews
	Preference *Preference // what somebody wishes to get
	Problem    *Problem    // the account needs somebody's eye
	Errand     *Errand     // more is to be had by asking
	Refused    *Refused    // not this account's
	Unknown    *Unknown    // understood by nobody here
}

// Person is somebody at the other end. Two persons with one identity in common are one, for all that the provider knows; a
// name or user name in common means nothing: these change hands.
type Person struct {
	// Identities are what the provider knows them by, all told at once, the one to answer to first. None of them need be a
	// phone number. Empty only in a Status.
	Identities []ngo.Identity
	Name       string // as they call themselves
	UserName   string // without the @
	Language   string // BCP 47, when the provider says
	// Key changes when the person's device does: somebody else may have the number now.
	Key string
}

// IncomingKind is what an incoming message is.
type IncomingKind string

// The kinds. About says which message those are about that change another one.
const (
	KindText     IncomingKind = "text"     // Text, with or without Media
	KindMedia    IncomingKind = "media"    // Media, with or without Text
	KindPlace    IncomingKind = "place"    // Place
	KindCards    IncomingKind = "cards"    // Cards
	KindChoice   IncomingKind = "choice"   // Choice: a button pressed, a line of a list taken
	KindForm     IncomingKind = "form"     // Form: a form filled in
	KindOrder    IncomingKind = "order"    // Order
	KindComment  IncomingKind = "comment"  // said in public about the post About
	KindOpened   IncomingKind = "opened"   // they opened the conversation and said nothing yet
	KindReaction IncomingKind = "reaction" // Emoji on About; an empty one takes it back
	KindEdit     IncomingKind = "edit"     // About is now as this says
	KindRevoke   IncomingKind = "revoke"   // About was deleted by who wrote it
	KindOther    IncomingKind = "other"    // something was said, and the provider does not pass on what
)

// Incoming is a message that came, or a change of one. It renews the time in which one may answer freely unless it is an Echo,
// a Standby, or Auto.
type Incoming struct {
	// Ref is the provider's id of this very item; where it has none, one made of what makes it unique. The same item told again
	// has the same.
	Ref    ngo.Ref
	Kind   IncomingKind
	Person Person  // who wrote it; for an Echo, to whom it was written
	Group  ngo.Ref // the group it was written in; empty between two
	// Echo: the organisation's own people sent it from elsewhere, such as the phone app. By is what, when that is told.
	Echo    bool
	By      string
	Standby bool // seen while another program has the conversation

	Text  string
	Emoji string
	About ngo.Ref // the message that a reaction, edit, revoke or comment is about
	Count int     // how often it was edited, when that is told
	Media []Media

	// ReplyTo are the messages that this answers or quotes, the nearest first: the provider's ids, a mail's Message-IDs. They may
	// be anybody's, and unknown.
	ReplyTo []ngo.Ref
	// Tokens are reply tokens of ours that it was addressed to or quotes. Whoever has seen one can write one.
	Tokens    []string
	Forwarded Forwarded
	Place     *Place
	Cards     []Card
	Choice    *Choice
	Form      []Pair
	Order     *Order
	Referral  *Referral // what brought them here

	Mail *Mail // what only mail has
	// Problem says, for people, what of it could not be had.
	Problem string
}

// Forwarded tells how far a message has come.
type Forwarded string

// How often a message was passed on.
const (
	NotForwarded  Forwarded = ""
	ForwardedOnce Forwarded = "forwarded"
	ForwardedMuch Forwarded = "often" // by very many
)

// Mail is what only a mail has.
type Mail struct {
	// ID is its Message-ID, by which answers name it: another mail may have the same, and so it is not its Ref. Empty for none.
	ID      ngo.Ref
	Subject string
	Topic   string         // the subject without what mail programs put before it
	Answer  bool           // whether that was a word for an answer
	HTML    []byte         // the page as it came: hostile until it was cleaned, and it must load nothing
	Words   string         // all that the page says, seen or not, for who looks for what must not be kept
	Quoted  string         // what Text left out: quotation and signature
	To, CC  []ngo.Identity // whom else it was addressed to
	ReplyTo []ngo.Identity // where an answer is to go, when elsewhere than to the Person
	List    string         // the mailing list it came through
	Auto    Auto
	// Answerable: a machine may answer it, to the Person (RFC 3834). What a person answers is their own affair.
	Answerable bool
	Sent       time.Time // as its own header says, which anybody can set
	// Doubt says, for people, why the sender may be somebody else; empty when the receiving server vouches for them.
	Doubt string
	// Authentic lists the domains that the receiving server vouches for.
	Authentic []string
}

// Auto tells what kind of machine wrote a mail. Whatever it is, nothing answers it by itself.
type Auto string

// Who wrote a mail.
const (
	ByHand    Auto = ""
	AutoReply Auto = "reply"  // out of office and the like
	AutoBulk  Auto = "bulk"   // a list, a newsletter
	AutoOwn   Auto = "own"    // our own, come back
	AutoOther Auto = "report" // a report that tells no Status
)

// MediaKind is what an attachment is said to be.
type MediaKind string

// The kinds of attachment.
const (
	MediaImage   MediaKind = "image"
	MediaVideo   MediaKind = "video"
	MediaAudio   MediaKind = "audio"
	MediaVoice   MediaKind = "voice" // spoken into the app
	MediaSticker MediaKind = "sticker"
	MediaFile    MediaKind = "file"
	MediaStory   MediaKind = "story" // goes after 24 hours, and is not to be kept longer
	MediaPost    MediaKind = "post"  // a post or reel that was shared
	MediaLink    MediaKind = "link"  // URL is to be shown, not to be fetched
)

// Media is an attachment: content that came along (Data), or a reference for Fetch. All but Data is only said of it.
type Media struct {
	Kind      MediaKind
	Name      string // the file's name without a path
	Type      string // media type without parameters, in lower case
	Size      int64  // 0 when not told
	SHA256    []byte // of the content; nil when not told
	Ref       string // the provider's id of the content
	URL       string // where it is for some minutes
	Data      []byte // nil when it has to be fetched
	Animated  bool
	Inline    bool   // belongs into the text
	ContentID string // by which a page refers to it
	Title     string
	// Problem says, for people, why it cannot be had; it is then not fetched.
	Problem string
}

// Place is a point on the earth, in degrees.
type Place struct {
	Latitude, Longitude float64
	Name, Address       string
	URL                 string // to be shown only
}

// Card is a visiting card that somebody passed on; it tells nothing about the sender unless Own is set.
type Card struct {
	Name     string
	Phones   []string
	EMails   []string
	Company  string
	Lines    []string // whatever else is on it
	Identity []ngo.Identity
	Own      bool // the sender's own number, given because we asked for it
}

// Choice is what was chosen from what we offered.
type Choice struct {
	Payload string // ours, as we sent it; anybody can send any
	Title   string // what they saw
	Detail  string
}

// Pair is a field of a form and what was put in.
type Pair struct{ Name, Value string }

// Order is what was put in a basket.
type Order struct {
	Catalog string
	Items   []Item
}

// Item is a line of an order.
type Item struct {
	Product string
	Count   int64
	Price   ngo.Money // of one; zero when it cannot be read
}

// Referral is an advertisement, post, link or product by which somebody came.
type Referral struct {
	Source      string // ad, post, link, product
	Ref         string // its id, or the word that we put in the link
	URL         string // to be shown only
	Title, Text string
	Click       string // the provider's id of the click
	Free        bool   // answers are free for a while, when they come soon
}

// Status is what became of a message of ours. Statuses come in any order and more than once; see ngo.MessageState.CanBecome.
type Status struct {
	// Which message: Ref as Send gave it, Token as our Message.ID when the provider gives that back, or, with both empty, all that
	// were sent to Person on the Line up to Through.
	Ref     ngo.Ref
	Token   string
	Through time.Time
	State   ngo.MessageState // sent, delivered, read or failed
	Played  bool             // read, and heard
	Person  Person           // to whom; what is told of them may be new
	Group   ngo.Ref          // to which group; Person is then one member of it, and State that member's
	Fault   *Fault           // why it failed
	Price   *Price
	// Soft: it is late, for the reason in Fault, and may yet arrive; State is then sent.
	Soft bool
}

// Price is what the provider says that a message costs. It names no amount: rates are data.
type Price struct {
	Billable bool
	Category string // marketing, utility, authentication, service, …
	Kind     string // regular, free_customer_service, free_entry_point
	Model    string
}

// ChangeKind is what changed about a person.
type ChangeKind string

// The changes.
const (
	ChangedNumber ChangeKind = "number" // another phone number: the same person, they say
	ChangedID     ChangeKind = "id"     // another id of the provider's
	ChangedKey    ChangeKind = "key"    // another device, perhaps another person
)

// Change says that a person is known by something else now.
type Change struct {
	Ref  ngo.Ref // of the message that said it; empty when there is none
	Kind ChangeKind
	Was  Person
	Now  Person // may be the same
	Text string // in the provider's words
}

// TemplateNews is what became of a template. What is empty it does not speak of.
type TemplateNews struct {
	Ref      ngo.Ref
	Name     string
	Language string
	State    TemplateState
	Category string // its category now
	Former   string // its category before
	Quality  string // GREEN, YELLOW, RED
	Reason   string // why, and what to do about it
	// Changed: its words are others now; ask for the list.
	Changed bool
}

// Preference is what somebody wishes to get from us, said by means of the provider.
type Preference struct {
	Person Person
	Topic  Topic
	Stop   bool   // stop; else they want it (again)
	Words  string // in which they said it, or the provider for them
	// About, when it is set, is the message of ours that they complained of: anybody can write such a complaint, so that the wish
	// counts only when it is one that was sent to them.
	About ngo.Ref
}

// Topic is what a Preference is about.
type Topic string

// The topics.
const (
	TopicMarketing Topic = "marketing"
	TopicAll       Topic = "all" // they complained, or left the list
)

// Problem is something about the account or one of its lines that somebody should see.
type Problem struct {
	Fault *Fault // the provider's error; nil for news
	Text  string // in words for people
	Grave bool   // messages do not go, or will not
	Until time.Time
}

// Errand is something to be asked of the provider before more is known: mail that lies in a bucket, a subscription to be
// confirmed. Its fields are the driver's own; they come back to Run as they are.
type Errand struct {
	Kind string
	Ref  ngo.Ref
	More map[string]string
}

// Refused is an item for somebody else's number, page or mailbox. Nothing of its content is in it.
type Refused struct {
	ID  ngo.Ref // theirs
	Why string
}

// Unknown is an item that means nothing here, for a provider's new kind or a broken one.
type Unknown struct {
	Why string
	Raw []byte // the item as it came
}

// FaultClass says whom a provider's refusal concerns, and so what comes next.
type FaultClass string

// The classes.
const (
	FaultAccount   FaultClass = "account"   // nothing goes until somebody mends the account
	FaultLimit     FaultClass = "limit"     // the line goes too fast: all of it waits
	FaultPair      FaultClass = "pair"      // too fast to this one person: only they wait
	FaultTransient FaultClass = "transient" // the provider's own trouble: try again
	FaultWindow    FaultClass = "window"    // the time to answer freely is over: use a template
	FaultPerson    FaultClass = "person"    // never again to this person, by this kind of message
	FaultCap       FaultClass = "cap"       // this person gets no more of this kind for now: not before Wait
	FaultMessage   FaultClass = "message"   // this message will never be taken as it is
	FaultTemplate  FaultClass = "template"  // the template cannot be used as it is
	FaultMedia     FaultClass = "media"     // the attachment
	FaultUnknown   FaultClass = "unknown"   // a code that nobody has heard of
)

// Retry tells whether sending the same message again can help.
func (c FaultClass) Retry() bool {
	switch c {
	case FaultLimit, FaultPair, FaultTransient:
		return true
	}
	return false
}

// Fault is a provider's refusal. It is the cause of the *ngo.Error that Send fails with, and what a Status says.
type Fault struct {
	Code    string // the provider's, such as 131047
	Class   FaultClass
	Message string        // in plain words, for people; never the provider's
	Hint    string        // what to do
	Words   string        // the provider's own
	Wait    time.Duration // no try before; 0 when nothing is told
}

// Error gives the provider's code and words, for the log: without the numbers and addresses of people, which providers like to
// repeat.
func (f *Fault) Error() string {
	return "code " + f.Code + ": " + whose.ReplaceAllString(f.Words, "…")
}

var whose = regexp.MustCompile(`[^\s<>:,;()"]+@[^\s<>:,;()"]+|\d(?:[ -]?\d){6,}`)
