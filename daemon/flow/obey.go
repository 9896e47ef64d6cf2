package flow

import (
	"cmp"
	"slices"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	answerWithin = 23 * time.Hour     // an answer to a wish goes only while one may write freely without doubt
	answerAgain  = 7 * 24 * time.Hour // by mail: two machines that answer each other are to stop
	answersADay  = 4                  // by chat, where answers may cost: whoever wishes something else all day long is heard, and not told so
)

// obey records that somebody wants no more messages, or wants them again, and answers once. Who stops again is not answered
// again, but it is recorded: a start between the two that comes late is then known for what it is.
func (h *hearing) obey(tx *store.Tx, i *item, heard store.Heard, person ngo.PersonID) error {
	root, err := tx.RootOf(person)
	if err != nil {
		return err
	}
	stopped, err := tx.Stopped(root)
	if err != nil || !stopped && !i.wish.stop {
		return err // whoever never stopped agrees to nothing by a word like start
	}
	before, err := tx.ConsentsSince(root, tx.Now().Add(-answerAgain))
	if err != nil {
		return err
	}
	text := i.said.text
	if text == "" {
		text = i.said.subject
	}
	_, err = tx.AddConsent(ngo.Consent{
		Person: person, Topic: ngo.TopicAll, Given: !i.wish.stop, Identity: addressOfPerson(i.Incoming.Person), Words: ngo.Printable(text), Language: i.wish.lang,
		Source: string(heard.Message), Actor: actor, At: h.when(i),
	})
	if err != nil {
		return err
	}
	now, err := tx.Stopped(root)
	if err != nil || now == stopped || now != i.wish.stop || !h.answerable(tx.Now(), i, before) {
		return err
	}
	p, err := tx.Person(root)
	if err != nil {
		return err
	}
	return h.answer(tx, i, heard, p.Language)
}

// inVain has somebody look at a start that changes nothing, because another who is shown as one with the writer stopped too.
func (h *hearing) inVain(tx *store.Tx, i *item, n *store.NewIncoming) error {
	if i.wish == nil || i.wish.stop || n.Person == "" {
		return nil
	}
	root, err := tx.RootOf(n.Person)
	if err != nil {
		return err
	}
	still, err := tx.StoppedBesides(root, ngo.Consent{Person: n.Person, Topic: ngo.TopicAll, Given: true, Identity: addressOfPerson(i.Incoming.Person)})
	n.Quiet = n.Quiet && !still
	return err
}

// answerable tells whether a wish may be answered by itself: by mail only to who has surely written it.
func (h *hearing) answerable(now time.Time, i *item, before []ngo.Consent) bool {
	if i.Incoming.Mail == nil {
		return now.Sub(h.when(i)) < answerWithin && wishesSince(before, now.Add(-24*time.Hour)) < answersADay
	}
	return i.Incoming.Mail.Answerable && i.Incoming.Mail.Doubt == "" && wishesSince(before, now.Add(-answerAgain)) == 0
}

// wishesSince counts the wishes that somebody wrote of late.
func wishesSince(all []ngo.Consent, since time.Time) (n int) {
	for _, c := range all {
		if c.Topic == ngo.TopicAll && c.Actor == actor && c.At.After(since) {
			n++
		}
	}
	return n
}

// answer says, in the language of the wish or else in theirs, what became of it.
func (h *hearing) answer(tx *store.Tx, i *item, heard store.Heard, theirs string) error {
	lang := i.wish.lang
	if lang == ngo.Languages[0] {
		lang = ngo.Language(theirs, lang)
	}
	key := "start_done"
	if i.wish.stop {
		key = "stop_done"
	}
	_, _, err := tx.AddReply(store.NewReply{
		Conversation: heard.Conversation.ID, Kind: ngo.MessageAuto, Text: h.flow.texts.Say(lang, key, "org", h.own), Quotes: heard.Message,
		More: ngo.Extra{Answer: true}, Key: "wish " + string(heard.Message),
	})
	return err
}

// preference records what somebody wishes to get, said by means of the provider. A complaint about a mail counts when that mail is one
// that went to them: anybody can write one.
func (h *hearing) preference(tx *store.Tx, i *item) error {
	p := i.Preference
	topic := topics[p.Topic]
	if err := tx.ToldOf(p.Person.Identities, h.delivery.ID); err != nil || topic == "" || len(p.Person.Identities) == 0 {
		return err
	}
	person, err := h.complains(tx, p)
	if err != nil || person == "" {
		return err
	}
	c := ngo.Consent{
		Person: person, Topic: topic, Given: !p.Stop, Identity: addressOfPerson(p.Person), Words: cmp.Or(ngo.HideAadhaar(p.Words), "They said so by means of the provider."),
		Source: string(h.delivery.ID), Actor: actor, At: h.when(i),
	}
	root, err := tx.RootOf(person)
	if err != nil {
		return err
	}
	before, err := tx.ConsentsSince(root, c.At.Add(-time.Second))
	if err != nil || slices.ContainsFunc(before, func(b ngo.Consent) bool { return b.Source == c.Source && b.Topic == c.Topic && b.Person == person }) {
		return err
	}
	_, err = tx.AddConsent(c)
	return err
}

var topics = map[channel.Topic]ngo.Topic{channel.TopicAll: ngo.TopicAll, channel.TopicMarketing: ngo.TopicMarketing}

// complains gives whose wish it is; empty when it does not count.
func (h *hearing) complains(tx *store.Tx, p *channel.Preference) (ngo.PersonID, error) {
	if p.About == "" {
		return h.person(tx, p.Person)
	}
	about, err := h.sentAs(tx, p.About)
	if err != nil {
		return "", err
	}
	for _, m := range about {
		if wentTo(m, p.Person) && m.Person != "" {
			return m.Person, nil
		}
	}
	return "", nil
}
