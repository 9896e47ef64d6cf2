package flow

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// when is when an event happened, as far as anybody says. It was not after it was told of: a clock that is ahead, or somebody's lie,
// would keep the time open in which one may write freely.
func (h *hearing) when(i *item) time.Time {
	if i.At.IsZero() || i.At.After(h.delivery.Received) {
		return h.delivery.Received
	}
	return i.At
}

// person gives who is at the other end, and makes them known; empty when nobody is named.
func (h *hearing) person(tx *store.Tx, p channel.Person) (ngo.PersonID, error) {
	if len(p.Identities) == 0 {
		return "", nil
	}
	id, _, _, err := tx.PersonFor(h.delivery.Account, p.Identities, ngo.HideAadhaar(p.Name), speaks(p.Language))
	return id, err
}

// speaks gives the language in which ngoctl speaks to somebody; empty when they told none, or one that it does not.
func speaks(wish string) string {
	wish, _, _ = strings.Cut(strings.ToLower(wish), "_") // as some providers write ta_IN
	if lang := ngo.Language(wish); wish != "" && strings.HasPrefix(wish, lang) {
		return lang
	}
	return ""
}

// incoming records a message that came, or what came about another one.
func (h *hearing) incoming(tx *store.Tx, i *item) error {
	in := i.Incoming
	who := in.Person
	if who.Language == "" && renews(in) {
		who.Language = ngo.WrittenIn(in.Text)
	}
	person, err := h.person(tx, who)
	if err != nil {
		return err
	}
	if kind, ok := ripples[in.Kind]; ok {
		return h.ripple(tx, i, kind, person)
	}
	n := h.message(i, person)
	if err := h.inVain(tx, i, &n); err != nil {
		return err
	}
	heard, err := tx.Hear(n)
	if err != nil || !heard.Added {
		return err
	}
	if err := addBlobs(tx, i.blobs); err != nil {
		return err
	}
	if heard.Opened && heard.Conversation.Kind == ngo.Chat {
		if err := doubt(tx, heard.Conversation.ID, person); err != nil {
			return err
		}
	}
	if i.wish != nil && !heard.Stranger && person != "" {
		return h.obey(tx, i, heard, person)
	}
	return nil
}

// doubt says in a new thread that somebody else had the writer's number before.
func doubt(tx *store.Tx, id ngo.ConversationID, person ngo.PersonID) error {
	why, err := tx.PassedOn(person)
	if err != nil || why == "" {
		return err
	}
	return tx.SetDoubt(id, why)
}

// message is what the store keeps of a message.
func (h *hearing) message(i *item, person ngo.PersonID) store.NewIncoming {
	in := i.Incoming
	n := store.NewIncoming{
		Account: h.delivery.Account, Line: i.Line, Ref: in.Ref, Kind: ngo.Chat, Group: in.Group, Person: person, Address: addressFor(in), Name: shownAs(in.Person),
		At: h.when(i), Came: h.delivery.Received, Place: i.place, Echo: in.Echo, Author: in.By, Quiet: in.Standby || in.Kind == channel.KindOpened || i.wish != nil && !i.wish.unsure, Renews: renews(in),
		What: i.said.what, Subject: i.said.subject, Text: i.said.text, More: i.said.more, Masked: i.said.masked, Attachments: i.files,
		ReplyTo: in.ReplyTo, Delivery: h.delivery.ID,
	}
	if i.mask.open {
		n.Again = func(n *store.NewIncoming) { h.hearAgain(i, n) }
	}
	if in.About != "" {
		n.ReplyTo = append([]ngo.Ref{in.About}, n.ReplyTo...)
	}
	switch mail := in.Mail; {
	case mail != nil:
		n.Kind, n.Tokens, n.Topic, n.Answers = ngo.Mail, in.Tokens, i.said.topic, mail.Answer
		n.Quiet = n.Quiet || mail.Auto != channel.ByHand
		if mail.ID != "" {
			n.Aliases = []ngo.Ref{mail.ID}
		}
	case in.Group != "":
		n.Kind = ngo.Group
	}
	return n
}

// shownAs is how somebody calls themselves. A user name stands in a thread alone: names of that kind change hands, and nobody is known
// by one.
func shownAs(p channel.Person) string {
	if p.Name == "" && p.UserName != "" {
		return "@" + p.UserName
	}
	return ngo.HideAadhaar(p.Name)
}

// renews tells whether one may write freely again for a while after it.
func renews(in *channel.Incoming) bool {
	return !in.Echo && !in.Standby && (in.Mail == nil || in.Mail.Auto == channel.ByHand)
}

// addressFor is where an answer goes. Where somebody wants it elsewhere than they write from is believed only of who is known to
// be who they say.
func addressFor(in *channel.Incoming) ngo.Identity {
	if in.Mail != nil && in.Mail.Doubt == "" && len(in.Mail.ReplyTo) > 0 {
		return in.Mail.ReplyTo[0]
	}
	if len(in.Person.Identities) == 0 {
		return ngo.Identity{}
	}
	return in.Person.Identities[0]
}

// ripples are the kinds that are about another message.
var ripples = map[channel.IncomingKind]store.RippleKind{
	channel.KindReaction: store.RippleReaction, channel.KindEdit: store.RippleEdit, channel.KindRevoke: store.RippleRevoke,
}

func (h *hearing) ripple(tx *store.Tx, i *item, kind store.RippleKind, person ngo.PersonID) error {
	in := i.Incoming
	if err := h.rippleAgain(tx, i); err != nil {
		return err
	}
	text := i.said.text
	if kind == store.RippleReaction {
		text = i.said.emoji
	}
	added, err := tx.Ripple(store.NewRipple{
		Account: h.delivery.Account, Ref: in.Ref, About: in.About, Kind: kind, Line: i.Line, Person: person, Mine: in.Echo, Renews: renews(in),
		Text: text, Masked: i.said.masked, At: h.when(i), Count: in.Count, Delivery: h.delivery.ID,
	})
	if err != nil || added {
		return err
	}
	return tx.ToldOf(in.Person.Identities, h.delivery.ID)
}

// status records what became of a message of ours.
func (h *hearing) status(tx *store.Tx, i *item) error {
	s := i.Status
	ok, err := h.credible(tx, s)
	if err != nil {
		return err
	}
	if !ok {
		i.Refused = &channel.Refused{ID: s.Ref, Why: "a report about a mail that does not name whom it went to"}
		return tx.ToldOf(s.Person.Identities, h.delivery.ID)
	}
	found, err := tx.SetStatus(h.delivery.Account, h.news(i))
	if err == nil && s.Ref == "" {
		err = tx.ToldOf(s.Person.Identities, h.delivery.ID)
	}
	if err != nil || !found {
		return err
	}
	if s.State == ngo.MessageFailed && s.Ref != "" {
		if err := h.didNotGo(tx, s.Ref); err != nil {
			return err
		}
	}
	if !tells(s.Person) {
		return nil
	}
	_, err = h.person(tx, s.Person) // two of their ids together
	return err
}

// news is what a status tells, as the store keeps it.
func (h *hearing) news(i *item) store.StatusNews {
	s := i.Status
	n := store.StatusNews{
		Ref: s.Ref, Token: s.Token, Through: s.Through, Line: i.Line, To: s.Person.Identities, State: s.State, At: h.when(i), Played: s.Played, Delivery: h.delivery.ID,
	}
	if s.Price != nil && s.Price.Billable {
		n.Price = s.Price.Category
	}
	switch {
	case s.Soft:
		n.Soft, n.Reason = true, refused(s.Fault).reason
	case s.State == ngo.MessageFailed:
		r := refused(s.Fault)
		n.Fault, n.Reason, n.Retry = r.code, r.reason, r.retry()
	}
	return n
}

// credible tells whether news may be believed. Of mail anybody can write some who has seen its Message-ID, which goes wherever somebody
// passes it on: it counts when it names whom the mail went to. What is about a mail that is not known waits until it is.
func (h *hearing) credible(tx *store.Tx, s *channel.Status) (bool, error) {
	chats := slices.ContainsFunc(s.Person.Identities, func(i ngo.Identity) bool { return i.Kind != ngo.EMail })
	if s.Ref == "" || chats {
		return true, nil
	}
	ours, err := h.sentAs(tx, s.Ref)
	if err != nil {
		return false, err
	}
	ours = slices.DeleteFunc(ours, func(m ngo.Message) bool { return !byMail(m) })
	return len(ours) == 0 || slices.ContainsFunc(ours, func(m ngo.Message) bool { return wentTo(m, s.Person) }), nil
}

// sentAs gives the messages of ours that are known by this name.
func (h *hearing) sentAs(tx *store.Tx, ref ngo.Ref) ([]ngo.Message, error) {
	all, err := tx.MessageByAlias([]ngo.Ref{ref})
	if err != nil {
		return nil, err
	}
	m, err := tx.MessageByRef(h.delivery.Account, ref)
	switch ngo.CodeOf(err) {
	case "":
		all = append(all, m)
	case ngo.NotFound:
	default:
		return nil, err
	}
	return slices.DeleteFunc(all, func(m ngo.Message) bool { return m.Direction != ngo.Out }), nil
}

// wentTo tells whether a message went to somebody.
func wentTo(m ngo.Message, p channel.Person) bool {
	return slices.ContainsFunc(p.Identities, func(i ngo.Identity) bool { return strings.EqualFold(i.Value, m.Recipient) })
}

// didNotGo has mail carry a receipt that a messenger took and could not deliver.
func (h *hearing) didNotGo(tx *store.Tx, ref ngo.Ref) error {
	m, err := tx.MessageByRef(h.delivery.Account, ref)
	if ngo.CodeOf(err) == ngo.NotFound || err == nil && m.State != ngo.MessageFailed {
		return nil
	}
	if err != nil {
		return err
	}
	return instead(tx, m)
}

// tells tells whether a person is named by an id that a number may not be known with yet.
func tells(p channel.Person) bool {
	ids := 0
	for _, i := range p.Identities {
		if i.Kind != ngo.Phone {
			ids++
		}
	}
	return ids > 1
}

// change notes by what a person is known now. They stay who they are, and so does their conversation.
func (h *hearing) change(tx *store.Tx, i *item) error {
	c := i.Change
	// Told again, the former address may be somebody else's by now, or nobody's.
	told, err := tx.MessageByRef(h.delivery.Account, c.Ref)
	if err == nil {
		return tx.MentionMessage(told.ID, h.delivery.ID)
	}
	if ngo.CodeOf(err) != ngo.NotFound {
		return err
	}
	if c.Kind == channel.ChangedKey {
		return h.perhapsAnother(tx, i)
	}
	person, err := h.changed(tx, c)
	if err != nil || person == "" {
		return err
	}
	for _, was := range c.Was.Identities {
		for _, now := range c.Now.Identities {
			if was.Kind != now.Kind || was.Value == now.Value {
				continue
			}
			if err := tx.Readdress(person, was, now); err != nil {
				return err
			}
		}
	}
	return h.tell(tx, i, person, c.Now)
}

// changed gives whose the change is, and makes them known. Where their id changed the former one says who it is, not the number beside
// it: somebody may have been heard by the new one already.
func (h *hearing) changed(tx *store.Tx, c *channel.Change) (ngo.PersonID, error) {
	was := c.Was.Identities
	if byID := slices.DeleteFunc(slices.Clone(was), isNumber); c.Kind == channel.ChangedID && len(byID) > 0 {
		was = byID
	}
	person, _, err := tx.ChangeIdentity(h.delivery.Account, was, c.Now.Identities)
	if err != nil || person != "" {
		return person, err
	}
	if person, err = h.person(tx, c.Was); err != nil || person == "" {
		return person, err
	}
	_, _, err = tx.ChangeIdentity(h.delivery.Account, was, c.Now.Identities)
	return person, err
}

func isNumber(i ngo.Identity) bool { return i.Kind == ngo.WhatsApp || i.Kind == ngo.Phone }

// anotherDevice says what a new key means.
const anotherDevice = "They have another phone, or somebody else has their number now. Ask something that only they know before you tell anything."

func (h *hearing) perhapsAnother(tx *store.Tx, i *item) error {
	c := i.Change
	person, err := h.person(tx, c.Was)
	if err != nil || person == "" {
		return err
	}
	if err := h.tell(tx, i, person, c.Now); err != nil {
		return err
	}
	chat, _, err := tx.OpenConversation(store.NewConversation{
		Account: h.delivery.Account, Line: i.Line, Kind: ngo.Chat, Person: person, Address: addressOfPerson(c.Was), Name: ngo.HideAadhaar(c.Was.Name),
	})
	if err != nil {
		return err
	}
	return tx.SetDoubt(chat.ID, anotherDevice)
}

func addressOfPerson(p channel.Person) ngo.Identity {
	if len(p.Identities) == 0 {
		return ngo.Identity{}
	}
	return p.Identities[0]
}

// tell shows in the thread, once, that something changed about the person.
func (h *hearing) tell(tx *store.Tx, i *item, person ngo.PersonID, now channel.Person) error {
	c := i.Change
	if c.Ref == "" {
		return nil
	}
	_, err := tx.Hear(store.NewIncoming{
		Account: h.delivery.Account, Line: i.Line, Ref: c.Ref, Kind: ngo.Chat, Person: person, Address: addressOfPerson(now), Name: ngo.HideAadhaar(now.Name), At: h.when(i),
		Quiet: true, What: "other", Text: ngo.HideAadhaar(c.Text), More: ngo.Extra{Problem: changes[c.Kind]}, Delivery: h.delivery.ID,
	})
	return err
}

var changes = map[channel.ChangeKind]string{
	channel.ChangedNumber: "They have another number now.",
	channel.ChangedID:     "WhatsApp knows them by another id now.",
	channel.ChangedKey:    anotherDevice,
}

// template notes what became of a template; of one that is not known, or that says something else now, the list is asked for.
func (h *hearing) template(tx *store.Tx, i *item) error {
	n := i.Template
	found, err := tx.NewsOfTemplate(h.delivery.Account, store.TemplateNews{
		Ref: n.Ref, Name: n.Name, Language: n.Language, State: string(n.State), Category: n.Category, Quality: n.Quality, Reason: n.Reason,
	})
	if err != nil || found && !n.Changed {
		return err
	}
	return tx.Enqueue(ngo.LaneDocument, ngo.JobErrand, ngo.TemplatesErrand(h.delivery.Account), 0)
}

// problem has somebody look at the account.
func (h *hearing) problem(tx *store.Tx, i *item) error {
	p := i.Problem
	if !p.Grave {
		return nil // it stands with the delivery
	}
	text := p.Text
	if p.Fault != nil {
		text = refused(p.Fault).reason
	}
	return raise(tx, h.delivery.Account, full(text))
}

// settle ends the delivery. Its reason tells what of it was left out, and what it says besides; what nobody understands any of is
// kept for a person.
func (h *hearing) settle(tx *store.Tx) error {
	names, notes, unknown := counter{}, counter{}, 0
	for _, i := range h.items {
		names.add(i.Name)
		switch {
		case i.Refused != nil:
			notes.add("left out: " + i.Refused.Why)
		case i.Unknown != nil:
			unknown++
			notes.add("not understood: " + i.Unknown.Why)
		case i.Problem != nil:
			notes.add(i.Problem.Text)
		}
	}
	if h.masked {
		if err := tx.EraseBody(h.delivery.ID); err != nil {
			return err
		}
	}
	state := ngo.DeliveryProcessed
	if unknown > 0 && unknown == len(h.items) {
		state = ngo.DeliveryQuarantined
	}
	if h.delivery.State == ngo.DeliveryAccepted || state == ngo.DeliveryProcessed {
		if err := tx.SettleDelivery(h.delivery.ID, state, names.String(), notes.short()); err != nil {
			return err
		}
	}
	return tx.Finish(h.job)
}

// counter counts equal texts.
type counter map[string]int

func (c counter) add(s string) {
	if s = ngo.Printable(s); s != "" {
		c[s]++
	}
}

// String gives each text once, with how often it was there.
func (c counter) String() string {
	var out []string
	for _, s := range slices.Sorted(maps.Keys(c)) {
		if c[s] > 1 {
			s = fmt.Sprintf("%s ×%d", s, c[s])
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

const mostNotes = 1000 // signs of what is said of a delivery

// short is String for what may be long.
func (c counter) short() string {
	signs := []rune(c.String())
	if len(signs) <= mostNotes {
		return string(signs)
	}
	return string(signs[:mostNotes]) + "…"
}
