package store

import (
	"slices"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	// insertConsent knows whether the same was said later from there, and told before.
	insertConsent = `
insert into consent (id, person_id, topic, given, kind, value, words, language, source, actor, at, latest)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, case when exists (
    select 1
    from consent
    where person_id = $2 and latest = 1 and topic = $3 and given = $4 and kind = $5 and value = $6 and at > $11
  ) then 0 else 1 end)`

	// outdateConsent takes in that somebody says again what they said.
	outdateConsent = `
update consent
set latest = 0
where person_id = $1 and latest = 1 and topic = $2 and given = $3 and kind = $4 and value = $5 and at <= $6`

	// listConsents has the newest first. What was said earlier and told later does not count for newer.
	listConsents = `
select id, person_id, topic, given, kind, value, words, language, source, actor, at
from consent
where person_id in (select id from person where id = $1 or root = $1)
order by at desc, id desc`

	listConsentsSince = `
select id, person_id, topic, given, kind, value, words, language, source, actor, at
from consent
where person_id in (select id from person where root = $1) and at > $2
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
	_, err = t.exec("outdate consent", outdateConsent, string(c.Person), string(c.Topic), boolInt(c.Given), string(c.Identity.Kind), c.Identity.Value, ngo.Stamp(c.At))
	if err != nil {
		return c, err
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

// ConsentsSince lists those that were said after a moment.
func (r *Rx) ConsentsSince(root ngo.PersonID, since time.Time) ([]ngo.Consent, error) {
	return all(r.conn, "consents", scanConsent, listConsentsSince, string(root), ngo.Stamp(since))
}

// A stop holds for everybody who is shown as one with who said it, whichever of their addresses is written to. It is taken back only by
// who said it, from where they said it, or by staff: two numbers that somebody joined may be two people's after all.

const (
	// wishesOf leaves out what was said again later: whatever takes back the last of it takes back all.
	wishesOf = `
select q.root, c.id, c.person_id, c.topic, c.given, c.kind, c.value, c.at
from person q
join consent c on c.person_id = q.id and c.latest = 1
where q.root `

	listWishes = wishesOf + `= $1
order by c.at desc, c.id desc`
)

var (
	listWishesOfAll = wishesOf + `in (` + someKeys + `)
order by c.at desc, c.id desc`

	listJoined = `
select j.id, j.kept, j.gone
from person g
join joining j on j.gone = g.id and j.parted is null
where g.root in (` + someKeys + `)`
)

// wish is what somebody said of one topic.
type wish struct {
	ngo.Consent
	root ngo.PersonID
}

func scanWish(s scanner) (w wish, err error) {
	return w, s.Scan(&w.root, &w.ID, &w.Person, &w.Topic, &w.Given, &w.Identity.Kind, &w.Identity.Value, at(&w.At))
}

// byStaff tells whether it was recorded by staff, who need no address.
func (w wish) byStaff() bool { return w.Identity.Value == "" }

// wishes are those of everybody who is shown as one.
type wishes struct {
	said   []wish                       // the newest first
	joined map[ngo.PersonID]ngo.Joining // how those came to be part of somebody who are
}

func (r *Rx) wishes(root ngo.PersonID) (all wishes, err error) {
	if all.said, err = r.wishesOf(listWishes, string(root)); err == nil {
		all.joined, err = r.joinedOf([]ngo.PersonID{root}, all.said)
	}
	return all, err
}

func (r *Rx) wishesOf(query string, roots ...any) ([]wish, error) {
	return all(r.conn, "wishes", scanWish, query, roots...)
}

// joinedOf tells how people were joined. Where staff recorded no start nothing depends on it, and nothing is read.
func (r *Rx) joinedOf(roots []ngo.PersonID, said []wish) (map[ngo.PersonID]ngo.Joining, error) {
	if !slices.ContainsFunc(said, func(w wish) bool { return w.Given && w.byStaff() }) {
		return nil, nil
	}
	scan := func(s scanner) (j ngo.Joining, err error) { return j, s.Scan(&j.ID, &j.Kept, &j.Gone) }
	found, err := all(r.conn, "joinings", scan, listJoined, keysFor(roots)...)
	if err != nil {
		return nil, err
	}
	out := make(map[ngo.PersonID]ngo.Joining, len(found))
	for _, j := range found {
		out[j.Gone] = j
	}
	return out, nil
}

// asOf gives as whose part somebody was shown when something was recorded, by what of it stands.
func (all wishes) asOf(p ngo.PersonID, said ngo.ConsentID) ngo.PersonID {
	for {
		j, ok := all.joined[p]
		if !ok || madeAfter(string(j.ID), string(said)) {
			return p
		}
		p = j.Kept
	}
}

// madeAfter tells by their ids whether one thing was made after another. What is yet to be made has no id.
func madeAfter(one, other string) bool {
	const from, to = 4, 14 // the moment
	return other != "" && one[from:to] > other[from:to]
}

// refuse tells whether a stop of a topic stands.
func (all wishes) refuse(topic ngo.Topic) bool { return all.stand(topic, topic) }

// stand tells whether there is a stop of a topic that nobody took back since by agreeing to one of these.
func (all wishes) stand(topic ngo.Topic, agreed ...ngo.Topic) bool {
	for i, stop := range all.said {
		takesBack := func(w wish) bool { return w.Given && slices.Contains(agreed, w.Topic) && all.speaksFor(w, stop) }
		if stop.Topic == topic && !stop.Given && !slices.ContainsFunc(all.said[:i], takesBack) {
			return true
		}
	}
	return false
}

// speaksFor tells whether a wish is by who said another one, from the same address, or by the same messenger, which may know them by
// several; or by staff, to whom the two were shown as one.
func (all wishes) speaksFor(w, said wish) bool {
	switch {
	case !w.byStaff() && w.Identity == said.Identity:
		return true
	case w.Person != said.Person:
		return w.byStaff() && all.asOf(w.Person, w.ID) == all.asOf(said.Person, w.ID)
	}
	return w.byStaff() || said.byStaff() || w.Identity.Kind != ngo.EMail && said.Identity.Kind != ngo.EMail
}

// Stopped tells whether a person, or one who was joined to them, asked for no more than answers, and did not take that back.
func (r *Rx) Stopped(root ngo.PersonID) (bool, error) {
	said, err := r.wishes(root)
	return said.refuse(ngo.TopicAll), err
}

// Refused tells which topics a person, or one who was joined to them, stopped and did not take that back.
func (r *Rx) Refused(root ngo.PersonID) (map[ngo.Topic]bool, error) {
	said, err := r.wishes(root)
	refused := map[ngo.Topic]bool{}
	for _, w := range said.said {
		refused[w.Topic] = said.refuse(w.Topic)
	}
	return refused, err
}

// StoppedBesides tells whether a person would still be stopped once they started again in these words: another of those who were
// joined to them stopped too.
func (r *Rx) StoppedBesides(root ngo.PersonID, start ngo.Consent) (bool, error) {
	said, err := r.wishes(root)
	said.said = append([]wish{{Consent: start, root: root}}, said.said...)
	return said.refuse(ngo.TopicAll), err
}

// Allows tells whether a person may be sent what a topic is about: they, or one who was joined to them, said so, and nobody's stop of
// it, or of everything before, stands. To have stopped everything and started again brings back what was agreed on before.
func (r *Rx) Allows(root ngo.PersonID, topic ngo.Topic) (bool, error) {
	said, err := r.wishes(root)
	agreed := slices.ContainsFunc(said.said, func(w wish) bool { return w.Topic == topic && w.Given })
	return agreed && !said.refuse(topic) && !said.stand(ngo.TopicAll, ngo.TopicAll, topic), err
}

// stoppedOf tells of many roots which are stopped.
func (r *Rx) stoppedOf(roots []ngo.PersonID) (map[ngo.PersonID]bool, error) {
	said := map[ngo.PersonID]wishes{}
	for some := range slices.Chunk(roots, atOnce) {
		found, err := r.wishesOf(listWishesOfAll, keysFor(some)...)
		if err != nil {
			return nil, err
		}
		joined, err := r.joinedOf(some, found)
		if err != nil {
			return nil, err
		}
		for _, w := range found {
			said[w.root] = wishes{append(said[w.root].said, w), joined}
		}
	}
	out := map[ngo.PersonID]bool{}
	for root, theirs := range said {
		out[root] = theirs.refuse(ngo.TopicAll)
	}
	return out, nil
}
