package api

import (
	"context"
	"io"
	"mime"
	"net/url"
	"strconv"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Conversation is a thread as lists show it.
type Conversation struct {
	ngo.Conversation
	Channel    string       `json:"channel" doc:"Name of the account."`
	Driver     string       `json:"driver" doc:"Its driver, such as whatsapp or email."`
	PersonName string       `json:"person_name" doc:"Of the person as they are shown, whoever they were joined to; else as they call themselves."`
	Root       ngo.PersonID `json:"root_id,omitempty" doc:"The person as whose part they are shown."`
	Window     *Window      `json:"window,omitempty" doc:"How long one may write freely; absent where that has no end."`
	Stopped    bool         `json:"stopped" doc:"They asked for no more than answers."`
}

// Window is how long a person may be written to freely.
type Window struct {
	Open  bool       `json:"open"`
	Until *time.Time `json:"until,omitempty" doc:"When it shuts, or shut; absent when they never wrote."`
}

// Thread is a conversation with a page of its messages.
type Thread struct {
	Conversation
	Messages []ngo.Message  `json:"messages" doc:"Oldest first; the newest page unless asked otherwise."`
	Next     string         `json:"next,omitempty" doc:"The after of the query for older messages."`
	Free     *FreeReplies   `json:"free_replies,omitempty" doc:"Where replies cost from some number on."`
	Others   []Conversation `json:"others,omitempty" doc:"The same person's other threads, newest first, at most ten."`
}

// FreeReplies tells how many of this month's replies cost nothing yet.
type FreeReplies struct {
	Used  int64  `json:"used"`
	Of    int64  `json:"of"`
	Price *Price `json:"price,omitempty" doc:"Of one more, once they are used up."`
}

// Price is what a message is expected to cost, taxes left out. Rates are data: see docs.
type Price struct {
	Micros   int64  `json:"amount_micros" doc:"Millionths of a unit of the currency: 115000 is Rs 0.115."`
	Currency string `json:"currency"`
	Category string `json:"category"`
	As       string `json:"as_of" doc:"Since when the rate is known."`
	Source   string `json:"source"`
}

// Reply asks to have something written into a conversation: a text, a template, or a note that goes nowhere.
type Reply struct {
	Text     string        `json:"text,omitempty" maxLength:"65536"`
	Note     bool          `json:"note,omitempty" doc:"Among ourselves: it is not sent."`
	Quotes   ngo.MessageID `json:"quotes,omitempty" doc:"The message that it answers."`
	Template *TemplateUse  `json:"template,omitempty"`
	Files    []Upload      `json:"files,omitempty" maxItems:"10"`
	Key      string        `json:"key,omitempty" maxLength:"100" doc:"The caller's own: what is sent twice with the same key is written once."`
	Close    bool          `json:"close,omitempty" doc:"Close the conversation with it."`
}

// TemplateUse is a template with values.
type TemplateUse struct {
	Name     string            `json:"name" minLength:"1" maxLength:"512"`
	Language string            `json:"language,omitempty" maxLength:"15" doc:"Empty is the person's own, where there is one of it."`
	Header   map[string]string `json:"header,omitempty"`
	Body     map[string]string `json:"body,omitempty" doc:"Values by parameter: 1, 2, … or names."`
	Buttons  []string          `json:"buttons,omitempty" doc:"Values of the buttons that need one, in their order."`
}

// Beginning asks to write to a person first.
type Beginning struct {
	Channel  string      `json:"channel,omitempty" maxLength:"100" doc:"Its name; not needed where only one has templates."`
	Template TemplateUse `json:"template"`
	Key      string      `json:"key,omitempty" maxLength:"100" doc:"The caller's own: what is sent twice with the same key is written once."`
}

// Upload is a file to be sent.
type Upload struct {
	Name string `json:"name" minLength:"1" maxLength:"200"`
	Data []byte `json:"data" doc:"Base64."`
}

// Written is what was written, and until when it can be pulled back.
type Written struct {
	Message ngo.Message `json:"message"`
	Until   *time.Time  `json:"until,omitempty" doc:"Until then it can be pulled back; absent for a note."`
	Price   *Price      `json:"price,omitempty"`
}

// TemplateOffer is a template as it can be sent to one person, or why it cannot.
type TemplateOffer struct {
	ngo.Template
	Channel    string   `json:"channel"`
	Text       string   `json:"text" doc:"What it says, parameters in {{ }}."`
	Header     []string `json:"header,omitempty" doc:"Names of the header's parameters."`
	Parameters []string `json:"parameters" doc:"Names of the body's parameters, in their order."`
	Examples   []string `json:"examples,omitempty"`
	Buttons    int      `json:"buttons" doc:"How many buttons need a value."`
	Price      *Price   `json:"price,omitempty"`
	Refused    string   `json:"refused,omitempty" doc:"Why it cannot be sent, or not to this person; empty when it can."`
}

// Moved is a conversation that was opened, snoozed or closed, and the act that can be undone.
type Moved struct {
	Conversation Conversation `json:"conversation"`
	Act          ngo.Act      `json:"act"`
}

// ConversationQuery asks for conversations. What is empty does not restrict.
type ConversationQuery struct {
	ListQuery
	State   ngo.ConversationState // empty is open and snoozed; "any" is all
	Channel string
	Person  ngo.PersonID
	Waiting bool   // only those that somebody has to answer
	Sort    string // "waiting": longest first; "window": soonest shut first; empty: newest first
}

func (q ConversationQuery) values() url.Values {
	v := q.ListQuery.values()
	set(v, "state", q.State)
	set(v, "channel", q.Channel)
	set(v, "person", q.Person)
	set(v, "sort", q.Sort)
	if q.Waiting {
		v.Set("waiting", "true")
	}
	return v
}

// Hit is something that was found.
type Hit struct {
	Kind         string             `json:"kind" doc:"person, conversation, message, receipt, payment, donation"`
	Subject      string             `json:"subject" doc:"Its id."`
	Title        string             `json:"title"`
	Snippet      string             `json:"snippet,omitempty"`
	Person       ngo.PersonID       `json:"person_id,omitempty"`
	Conversation ngo.ConversationID `json:"conversation_id,omitempty"`
	At           time.Time          `json:"at"`
}

// Link is an address that shows one file for some minutes.
type Link struct {
	URL     string    `json:"url"`
	Expires time.Time `json:"expires_at"`
}

// ConsentRecord records what a person said about what they wish to get.
type ConsentRecord struct {
	Topic    ngo.Topic `json:"topic" enum:"all,marketing,receipt"`
	Given    bool      `json:"given"`
	Words    string    `json:"words" minLength:"1" maxLength:"1000" doc:"What they were asked, or said."`
	Language string    `json:"language,omitempty" enum:"en,ta,hi,"`
	Source   string    `json:"source" minLength:"1" maxLength:"200" doc:"How it was heard: by phone, on paper, …"`
}

// Join asks to have two persons shown as one.
type Join struct {
	With   ngo.PersonID `json:"with" doc:"Who becomes a part of the person in the path."`
	Reason string       `json:"reason,omitempty" maxLength:"500"`
}

// ChannelHealth is how a channel is.
type ChannelHealth struct {
	Account
	Lines     []ngo.Ref  `json:"lines" doc:"Its numbers or mailboxes."`
	Hears     bool       `json:"hears" doc:"Whether messages come in by it."`
	LastIn    *time.Time `json:"last_in_at,omitempty"`
	LastOut   *time.Time `json:"last_out_at,omitempty"`
	Waiting   int64      `json:"waiting" doc:"Messages that wait to go out by it."`
	Failed    int64      `json:"failed" doc:"Messages of the last week that did not go."`
	Uncertain int64      `json:"uncertain"`
	Problem   string     `json:"problem,omitempty" doc:"What is wrong, in plain words."`
	Hint      string     `json:"hint,omitempty"`
}

// Conversations lists threads.
func (c *Client) Conversations(ctx context.Context, org string, q ConversationQuery) (Page[Conversation], error) {
	return call[Page[Conversation]](ctx, c, get("orgs", org, "conversations").with(q.values()))
}

// Thread gives a conversation with a page of its messages, the newest unless q says after which. It does not mark it as read.
func (c *Client) Thread(ctx context.Context, org string, id ngo.ConversationID, q ListQuery) (Thread, error) {
	return call[Thread](ctx, c, get("orgs", org, "conversations", string(id)).with(q.values()))
}

// ReplyTo writes into a conversation. Codes: Invalid, Conflict when the window is shut or the person asked for no more, with the way out as the hint; NotFound.
func (c *Client) ReplyTo(ctx context.Context, org string, id ngo.ConversationID, r Reply) (Written, error) {
	return call[Written](ctx, c, post(r, "orgs", org, "conversations", string(id), "messages"))
}

// Messages lists the messages of all conversations, those recorded last first, however long before they were written.
func (c *Client) Messages(ctx context.Context, org string, q ListQuery) (Page[ngo.Message], error) {
	return call[Page[ngo.Message]](ctx, c, get("orgs", org, "messages").with(q.values()))
}

// Message gives one message of a conversation. Codes: NotFound.
func (c *Client) Message(ctx context.Context, org string, id ngo.MessageID) (ngo.Message, error) {
	return call[ngo.Message](ctx, c, get("orgs", org, "messages", string(id)))
}

// Withdraw pulls a message back that has not left. Codes: NotFound, Conflict once it has.
func (c *Client) Withdraw(ctx context.Context, org string, id ngo.MessageID) (ngo.Message, error) {
	return call[ngo.Message](ctx, c, post(nil, "orgs", org, "messages", string(id), "withdraw"))
}

// RetryMessage sends a failed or uncertain message again. sure says that an uncertain one did not arrive. Codes: NotFound; Conflict
// when it cannot help, or when it is uncertain and sure is false.
func (c *Client) RetryMessage(ctx context.Context, org string, id ngo.MessageID, sure bool) (ngo.Message, error) {
	return call[ngo.Message](ctx, c, post(map[string]bool{"sure": sure}, "orgs", org, "messages", string(id), "retry"))
}

// MoveConversation opens, snoozes or closes a conversation; it can be undone. Codes: NotFound, Conflict.
func (c *Client) MoveConversation(ctx context.Context, org string, id ngo.ConversationID, to ngo.ConversationState) (Moved, error) {
	return call[Moved](ctx, c, post(map[string]string{"state": string(to)}, "orgs", org, "conversations", string(id), "state"))
}

// MarkRead says that the messages of a conversation were seen.
func (c *Client) MarkRead(ctx context.Context, org string, id ngo.ConversationID) error {
	return c.send(ctx, post(nil, "orgs", org, "conversations", string(id), "read"))
}

// Offers lists the templates that a conversation could be sent, the person's language first, with prices and what stands against each.
func (c *Client) Offers(ctx context.Context, org string, id ngo.ConversationID) ([]TemplateOffer, error) {
	return list[TemplateOffer](ctx, c, get("orgs", org, "conversations", string(id), "templates"))
}

// Templates lists the templates of all channels, as last heard.
func (c *Client) Templates(ctx context.Context, org string) ([]TemplateOffer, error) {
	return list[TemplateOffer](ctx, c, get("orgs", org, "templates"))
}

// SyncTemplates asks the providers for their templates and gives what there is then. Codes: Unavailable, Unauthenticated.
func (c *Client) SyncTemplates(ctx context.Context, org string) ([]TemplateOffer, error) {
	r := post(nil, "orgs", org, "templates", "sync")
	r.slow = true
	return list[TemplateOffer](ctx, c, r)
}

// SendTemplate begins a conversation with a person by a template, or goes on with one. Codes: as ReplyTo.
func (c *Client) SendTemplate(ctx context.Context, org string, person ngo.PersonID, b Beginning) (Written, error) {
	return call[Written](ctx, c, post(b, "orgs", org, "persons", string(person), "templates"))
}

// Search finds persons, threads, messages, receipts, payments and gifts by any words, in any script, by the ends of phone numbers, and by numbers.
func (c *Client) Search(ctx context.Context, org, words, kind string, limit int) ([]Hit, error) {
	v := ListQuery{Limit: limit}.values()
	v.Set("q", words)
	set(v, "kind", kind)
	return list[Hit](ctx, c, get("orgs", org, "search").with(v))
}

// AttachmentLink gives an address that shows an attachment for some minutes. Codes: NotFound, Conflict when it is not kept.
func (c *Client) AttachmentLink(ctx context.Context, org string, id ngo.AttachmentID) (Link, error) {
	return call[Link](ctx, c, post(nil, "orgs", org, "attachments", string(id), "link"))
}

// ThreadLink gives an address that shows a thread as a page for some minutes.
func (c *Client) ThreadLink(ctx context.Context, org string, id ngo.ConversationID) (Link, error) {
	return call[Link](ctx, c, post(nil, "orgs", org, "conversations", string(id), "link"))
}

// Attachment writes the content of an attachment to w, and gives the name it came with, which is a stranger's; empty when it came
// with none. Codes: NotFound, Conflict when it is not kept.
func (c *Client) Attachment(ctx context.Context, org string, id ngo.AttachmentID, w io.Writer) (name string, err error) {
	data, header, err := c.answer(ctx, get("orgs", org, "attachments", string(id)), maxAttachment)
	if err != nil {
		return "", err
	}
	if _, told, err := mime.ParseMediaType(header.Get("Content-Disposition")); err == nil {
		name = told["filename"]
	}
	_, err = w.Write(data)
	return name, err
}

const maxAttachment = 101 << 20

// MessagePicture gives the text of a message as a PNG of so many pixels width, for terminals that cannot show its script.
func (c *Client) MessagePicture(ctx context.Context, org string, id ngo.MessageID, width int) ([]byte, error) {
	v := url.Values{}
	v.Set("width", strconv.Itoa(width))
	return c.bytes(ctx, get("orgs", org, "messages", string(id), "picture").with(v), 8<<20)
}

// JoinPersons shows two persons as one; nothing of theirs moves. Codes: NotFound, Conflict when they are one already.
func (c *Client) JoinPersons(ctx context.Context, org string, id ngo.PersonID, j Join) (ngo.Joining, error) {
	return call[ngo.Joining](ctx, c, post(j, "orgs", org, "persons", string(id), "join"))
}

// PartPersons shows a person who was joined to another by themselves again. Codes: NotFound, Conflict when they are nobody's part.
func (c *Client) PartPersons(ctx context.Context, org string, id ngo.PersonID, reason string) (ngo.Joining, error) {
	return call[ngo.Joining](ctx, c, post(Why{Reason: reason}, "orgs", org, "persons", string(id), "part"))
}

// Likely lists who may be the same person, with reasons.
func (c *Client) Likely(ctx context.Context, org string, id ngo.PersonID) ([]ngo.Likeness, error) {
	return list[ngo.Likeness](ctx, c, get("orgs", org, "persons", string(id), "likely"))
}

// NotTheSame says that two persons are two, so that they are not offered again.
func (c *Client) NotTheSame(ctx context.Context, org string, id, other ngo.PersonID) error {
	return c.send(ctx, post(Join{With: other}, "orgs", org, "persons", string(id), "differ"))
}

// ShareIdentity says that several people use an address or phone, or that one person does again. Codes: NotFound, Conflict when several have it.
func (c *Client) ShareIdentity(ctx context.Context, org string, id ngo.PersonID, i ngo.Identity) error {
	return c.send(ctx, post(i, "orgs", org, "persons", string(id), "identities", "share"))
}

// Consents lists what a person said about what they wish to get, newest first.
func (c *Client) Consents(ctx context.Context, org string, id ngo.PersonID) ([]ngo.Consent, error) {
	return list[ngo.Consent](ctx, c, get("orgs", org, "persons", string(id), "consents"))
}

// RecordConsent records what a person said.
func (c *Client) RecordConsent(ctx context.Context, org string, id ngo.PersonID, r ConsentRecord) (ngo.Consent, error) {
	return call[ngo.Consent](ctx, c, post(r, "orgs", org, "persons", string(id), "consents"))
}

// SetChannel changes settings of a channel and keeps the others. Codes: NotFound, Invalid.
func (c *Client) SetChannel(ctx context.Context, org, name string, s SetAccount) (Account, error) {
	return call[Account](ctx, c, patch(s, "orgs", org, "channels", name))
}

// TestChannel tries what a channel needs: credentials, the way in, templates. Codes: NotFound.
func (c *Client) TestChannel(ctx context.Context, org, name string) (GatewayTest, error) {
	r := post(nil, "orgs", org, "channels", name, "test")
	r.slow = true
	return call[GatewayTest](ctx, c, r)
}

// ChannelHealths tells how each channel is.
func (c *Client) ChannelHealths(ctx context.Context, org string) ([]ChannelHealth, error) {
	return list[ChannelHealth](ctx, c, get("orgs", org, "channels", "health"))
}
