package store

import (
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	insertConsent = `
insert into consent (id, person_id, topic, given, kind, value, words, language, source, actor, at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

	// listConsents has the newest first. What was said earlier and told later does not count for newer.
	listConsents = `
select id, person_id, topic, given, kind, value, words, language, source, actor, at
from consent
where person_id in (select id from person where id = $1 or root = $1)
order by at desc, id desc`
)

func scanConsent(s scanner) (c ngo.Consent, err error) {
	return c, s.Scan(&c.ID, &c.Person, &c.Topic, &c.Given, &c.Identity.Kind, &c.Identity.Value, &c.Words, &c.Language, &c.Source, &c.Actor, at(&c.At))
}

// AddConsent records what somebody said about what they wish to get, and gives it as it is kept. Actor and, where it is empty or yet to
// come, At are the transaction's. It fails with Invalid for a topic that there is not or without words and source, with NotFound, and with Conflict when the
// person was erased.
func (t *Tx) AddConsent(c ngo.Consent) (ngo.Consent, error) {
	if c.Topic != ngo.TopicAll && c.Topic != ngo.TopicMarketing && c.Topic != ngo.TopicReceipt {
		return c, &ngo.Error{Code: ngo.Invalid, Message: "nobody can consent to " + ngo.Printable(string(c.Topic)), Hint: "all, marketing or receipt"}
	}
	if c.Words = line(c.Words, mostWords); c.Words == "" && c.Source == "" {
		return c, &ngo.Error{Code: ngo.Invalid, Message: "neither words nor a source are told", Hint: "write down what they were asked, or what they said"}
	}
	p, err := t.standing(c.Person)
	if err != nil {
		return c, err
	}
	c.ID, c.Actor, c.Source = ngo.NewID[ngo.ConsentID](t.now), t.actor, line(c.Source, mostName)
	if c.At = instant(c.At); c.At.IsZero() || c.At.After(t.now) {
		c.At = t.now // a clock that is ahead must not have it outlast what is said next
	}
	_, err = t.exec("add consent", insertConsent, string(c.ID), string(c.Person), string(c.Topic), boolInt(c.Given), string(c.Identity.Kind), c.Identity.Value,
		c.Words, c.Language, c.Source, c.Actor, ngo.Stamp(c.At))
	if err != nil {
		return c, err
	}
	t.audit("person.consent", string(c.Person), nil, facts{{"consent", string(c.ID)}, {"topic", string(c.Topic)}, {"given", c.Given}, {"words", personal(c.Words)}})
	t.changed("person", string(c.Person))
	if p.Root != c.Person {
		t.changed("person", string(p.Root))
	}
	return c, nil
}

// mostWords is how many signs of what was said a consent keeps.
const mostWords = 1000

// Consents lists what a person and those who were joined to them said about what they wish to get, newest first.
func (r *Rx) Consents(root ngo.PersonID) ([]ngo.Consent, error) {
	return all(r.conn, "consents", scanConsent, listConsents, string(root))
}

// Stopped tells whether a person, or one who was joined to them, last asked for no more than answers.
func (r *Rx) Stopped(root ngo.PersonID) (bool, error) {
	said, err := r.Consents(root)
	c, ok := newest(said, ngo.TopicAll)
	return ok && !c.Given, err
}

// Allows tells whether a person may be sent what a topic is about: they, or one who was joined to them, said so last, and did not stop
// everything since. To have stopped everything and started again brings back what was agreed on before.
func (r *Rx) Allows(root ngo.PersonID, topic ngo.Topic) (bool, error) {
	said, err := r.Consents(root)
	if err != nil {
		return false, err
	}
	wish, ok := newest(said, topic)
	if !ok || !wish.Given {
		return false, nil
	}
	all, ok := newest(said, ngo.TopicAll)
	return !ok || all.Given || wish.At.After(all.At), nil
}

// newest gives what was said last about a topic; said is in that order.
func newest(said []ngo.Consent, topic ngo.Topic) (ngo.Consent, bool) {
	for _, c := range said {
		if c.Topic == topic {
			return c, true
		}
	}
	return ngo.Consent{}, false
}
