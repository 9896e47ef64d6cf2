package store

import (
	"github.com/ngoctl/ngoctl/store/ngo"
)

// giftsOf and paymentsOf are the rows of a person.
const (
	giftsOf = `
  select d.id from donation d where d.person_id = $1`

	paymentsOf = `
  select d.payment_id from donation d where d.person_id = $1`

	// saidOf is what the person wrote, all that is in their conversations, whoever wrote it, and what is about their gifts, to whomever
	// it went.
	saidOf = `
  select m.id from message m where m.person_id = $1
  union
  select m.id from message m join conversation c on c.id = m.conversation_id where c.person_id = $1
  union
  select m.id from message m where m.donation_id in (` + giftsOf + `
  )`

	// deliveriesOf is what told of the person's payments, brought or told of what they wrote and were written, said what they wish to
	// get, and announced what was then fetched: the hint of that is what announced it.
	deliveriesOf = `
  select p.delivery_id from payment p join donation d on d.payment_id = p.id where d.person_id = $1
  union all
  select s.delivery_id from sighting s join donation d on d.payment_id = s.payment_id where d.person_id = $1
  union all
  select n.delivery_id from mention n join donation d on d.payment_id = n.payment_id where d.person_id = $1
  union all
  select h.delivery_id from message h where h.id in (` + saidOf + `
  )
  union all
  select n.delivery_id from message_mention n where n.message_id in (` + saidOf + `
  )
  union all
  select p.delivery_id from ripple p where p.person_id = $1
  union all
  select n.delivery_id from person_mention n where n.person_id = $1
  union all
  select e.delivery_id from early e where e.person_id = $1
  union all
  select v.id from consent c join delivery v on v.id = c.source where c.person_id = $1
  union all
  select a.id
  from message h
  join delivery v on v.id = h.delivery_id
  join delivery a on a.id = v.hint and a.account_id = v.account_id
  where h.id in (` + saidOf + `
  )`

	attachmentsOf = `
  select a.id from attachment a where a.message_id in (` + saidOf + `
  )`
)

// searchedOf is what is searched of a person by more than numbers that stay.
const searchedOf = `
    select $1
    union all
    select d.id from donation d where d.person_id = $1
    union all
    select m.id from message m where m.person_id = $1
    union all
    select c.id from conversation c where c.person_id = $1
    union all
    select m.id from message m join conversation c on c.id = m.conversation_id where c.person_id = $1
    union all
    select m.id from message m where m.donation_id in (` + giftsOf + `
    )`

const mentionPerson = `
insert into person_mention (person_id, delivery_id)
values ($1, $2)
on conflict do nothing`

// MentionMessage notes that a delivery told of a message that was known: erasing whom it is about reaches its body.
func (t *Tx) MentionMessage(id ngo.MessageID, d ngo.DeliveryID) error { return t.mentioned(id, d) }

// ToldOf notes that a delivery told of somebody who is known by one of these, without a message of its own: erasing them reaches its
// body.
func (t *Tx) ToldOf(known []ngo.Identity, d ngo.DeliveryID) error {
	person, err := t.knownAs(known)
	if err != nil || person == "" {
		return err
	}
	return t.toldOf(person, d)
}

func (t *Tx) toldOf(person ngo.PersonID, d ngo.DeliveryID) error {
	if d == "" {
		return nil
	}
	_, err := t.exec("note what told of a person", mentionPerson, string(person), string(d))
	return err
}

// The statements that erase a person, in order. The salts go first, while the rows still tell whose they are; without
// its salt nobody can test a guess against a digest of the trail.
var erasures = []struct{ what, query string }{
	{"salts of the trail", `
update audit
set salt = null
where salt is not null and subject in (
  select $1
  union all` + giftsOf + `
  union all
  select h.id from message h where h.id in (` + saidOf + `
  )
  union all
  select c.id from conversation c where c.person_id = $1
  union all` + attachmentsOf + `
  union all
  select r.id from receipt r join donation d on d.id = r.donation_id where d.person_id = $1
  union all
  select f.id from refund f join donation d on d.payment_id = f.payment_id where d.person_id = $1
  union all
  select x.id from dispute x join donation d on d.payment_id = x.payment_id where d.person_id = $1
  union all` + deliveriesOf + `
)`},
	{"salts of why others were joined to them", `
update audit
set salt = null
where salt is not null and action in ('person.join', 'person.part') and subject in (select j.gone from joining j where j.kept = $1)`},
	{"errors of jobs", `
update goqite
set last_error = ''
where last_error <> '' and substr(cast(body as text), 26) in (
  select 'deliver ' || h.id from message h where h.id in (` + saidOf + `
  )
  union all
  select 'fetch ' || a.id from attachment a where a.message_id in (` + saidOf + `
  )
  union all
  select 'hear ' || v.id from delivery v where v.id in (` + deliveriesOf + `
  )
  union all
  select 'react ' || d.id from donation d where d.person_id = $1
  union all
  select 'ask ' || d.id from donation d where d.person_id = $1
  union all
  select 'refund ' || f.id from refund f join donation d on d.payment_id = f.payment_id where d.person_id = $1
)`},
	{"keys of bodies in files", `
delete from blob
where id in (
  select v.blob_id
  from delivery v
  where v.id in (` + deliveriesOf + `
  )
)`},
	{"bodies of deliveries", `
update delivery
set body = null,
    blob_id = null,
    summary = '',
    reason = ''
where id in (` + deliveriesOf + `
)`},
	{"what the gateway said of payments", `
update payment
set problem = ''
where problem <> '' and id in (` + paymentsOf + `
)`},
	{"what the gateway said of their states", `
update sighting
set note = ''
where note <> '' and payment_id in (` + paymentsOf + `
)`},
	{"reasons of refunds", `
update refund
set reason = '',
    problem = ''
where payment_id in (` + paymentsOf + `
)`},
	{"reasons of disputes", `
update dispute
set reason = ''
where payment_id in (` + paymentsOf + `
)`},
	{"why receipts ended", `
update receipt
set reason = ''
where reason <> '' and donation_id in (` + giftsOf + `
)`},
	{"what staff did to gifts", `
update act
set title = 'changed a gift whose donor was erased',
    before = substr(before, 1, 30)
where kind = 'donation.set' and substr(before, 1, 30) in (` + giftsOf + `
)`},
	{"keys of files that came or went", `
delete from blob
where id in (
    select a.blob_id
    from attachment a
    where a.blob_id is not null and a.message_id in (` + saidOf + `
    )
  )
  and not exists (select 1 from receipt where receipt.document_id = blob.id)`},
	{"files that came or went", `
update attachment
set name = '',
    type = '',
    size = 0,
    state = 'lost',
    reason = '',
    blob_id = null,
    width = 0,
    height = 0,
    url = '',
    source = '',
    source_url = '',
    sha = null,
    content_id = ''
where id in (` + attachmentsOf + `
)`},
	{"reactions and edits", `
delete from ripple
where person_id = $1`},
	{"what others did to the messages", `
delete from ripple
where (account_id, about) in (select h.account_id, h.ref from message h where h.ref <> '' and h.id in (` + saidOf + `
))`},
	{"news of messages that are not known", `
delete from early
where person_id = $1`},
	{"names of messages", `
delete from alias
where message_id in (` + saidOf + `
)`},
	{"why people were joined and parted", `
update joining
set reason = '',
    parted_why = ''
where kept = $1 or gone = $1`},
	{"words of consents", `
update consent
set kind = '',
    value = '',
    words = '',
    source = ''
where person_id = $1`},
	{"words that are searched", `
delete from entry_words
where rowid in (
  select e.id
  from entry e
  where e.subject in (` + searchedOf + `
  )
)`},
	{"entries of the search", `
delete from entry
where subject in (` + searchedOf + `
)`},
	{"identities", `
delete from identity
where person_id = $1`},
}

const (
	// eraseGifts leaves no reason to ask for facts that will not come, and keeps a gift held without the words of why.
	eraseGifts = `
update donation
set donor_name = '',
    donor_email = '',
    donor_phone = '',
    donor_address = '',
    donor_pan = null,
    donor_id_kind = '',
    donor_id = null,
    donor_born = null,
    reissue = '',
    language = '',
    edited = 1,
    declined = 1,
    reason = case when hold <> '' then '' else reason end,
    hold = case when hold <> '' then 'The reason was erased with what is known of the donor.' else '' end
where person_id = $1
returning id, state`

	// eraseMessages leaves that something was said, when and by whom of ours. A provider's ids of messages tell phone numbers.
	eraseMessages = `
update message
set recipient = '',
    reason = '',
    subject = '',
    text = '',
    more = '',
    fault = '',
    key = '',
    quoting = '',
    ref = case when ref = '' then '' else id end
where id in (` + saidOf + `
)
returning id`

	// eraseConversations leaves nobody waiting, also when it is opened again.
	eraseConversations = `
update conversation
set address = '',
    name = '',
    subject = '',
    topic = '',
    token = '',
    doubt = '',
    state = 'closed',
    settled = $2,
    waiting = null,
    unread = 0,
    failed = 0,
    act_id = ''
where person_id = $1
returning id`

	erasePerson = `
update person
set name = '',
    language = '',
    erased = $2
where id = $1`

	cancelMessages = `
update message
set state = 'failed',
    reason = 'the donor asked to be erased before it was sent'
where state = 'queued' and id in (` + saidOf + `
)
returning id, kind, coalesce(conversation_id, '')`
)

// ErasePerson takes out whatever tells who a person is, and whoever is shown as one with them: name and addresses, the snapshots that
// gifts kept, what people and gateways wrote about them, the recipient of messages, the bodies that came in, the words of their
// consents, what is searched, the salts in the trail. The gifts themselves stay, with the citizenship by which the law keeps them
// apart, and so do the sealed facts of receipts, as tax law wants. A gift that waits for facts waits no more; mail that still waits is
// not sent. It fails with Conflict when all of them were erased before.
func (t *Tx) ErasePerson(id ngo.PersonID) error {
	root, err := t.RootOf(id)
	if err != nil {
		return err
	}
	group, err := all(t.w, "a person's parts", scanPerson, selectStanding, string(root))
	if err != nil {
		return err
	}
	if len(group) == 0 {
		return &ngo.Error{Code: ngo.Conflict, Message: "person " + string(id) + " was erased before"}
	}
	for _, p := range group {
		if err := t.eraseOne(p.ID); err != nil {
			return err
		}
	}
	return nil
}

// selectStanding gives those of a group who were not erased.
const selectStanding = `
select ` + personColumns + `
from person p
where p.root = $1 and p.erased is null
order by p.id`

func (t *Tx) eraseOne(id ngo.PersonID) error {
	p, err := t.Person(id)
	if err != nil {
		return err
	}
	if err := t.forgetPassed(id); err != nil {
		return err
	}
	for _, e := range erasures {
		if _, err := t.exec("erase "+e.what, e.query, string(id)); err != nil {
			return err
		}
	}
	if err := t.eraseMessages(id); err != nil {
		return err
	}
	if err := t.eraseGifts(id); err != nil {
		return err
	}
	if err := t.eraseConversations(id); err != nil {
		return err
	}
	if err := t.must("person", string(id), erasePerson, string(id), t.stamp()); err != nil {
		return err
	}
	if _, err := t.exec("note what is to be swept", noteErased, t.stamp()); err != nil {
		return err
	}
	t.audit("person.erase", string(id), nil, facts{{"identities", int64(len(p.Identities))}})
	t.changed("person", string(id))
	return nil
}

// eraseGifts takes the snapshots out of a person's gifts. Those that wait or are held then stand as they do without.
func (t *Tx) eraseGifts(id ngo.PersonID) error {
	scan := func(s scanner) (d ngo.Donation, err error) { return d, s.Scan(&d.ID, &d.State) }
	gifts, err := all(t.w, "gifts", scan, eraseGifts, string(id))
	if err != nil {
		return err
	}
	for _, d := range gifts {
		t.changed("donation", string(d.ID))
		if d.State != ngo.DonationWaiting && d.State != ngo.DonationHeld {
			continue
		}
		if _, _, err := t.Restate(d.ID); err != nil {
			return err
		}
	}
	return nil
}

// eraseMessages takes the addresses out of a person's messages, and ends those that were not sent.
func (t *Tx) eraseMessages(id ngo.PersonID) error {
	erased, err := all(t.w, "messages", scanOne[ngo.MessageID], eraseMessages, string(id))
	if err != nil {
		return err
	}
	for _, m := range erased {
		t.changed("message", string(m))
	}
	return t.cancelMessages(id)
}

// eraseConversations takes out of a person's conversations whom they were with.
func (t *Tx) eraseConversations(id ngo.PersonID) error {
	erased, err := all(t.w, "conversations", scanOne[ngo.ConversationID], eraseConversations, string(id), t.stamp())
	for _, c := range erased {
		t.changed("conversation", string(c))
	}
	return err
}

func (t *Tx) cancelMessages(id ngo.PersonID) error {
	scan := func(s scanner) (m ngo.Message, err error) { return m, s.Scan(&m.ID, &m.Kind, &m.Conversation) }
	cancelled, err := all(t.w, "messages", scan, cancelMessages, string(id))
	if err != nil {
		return err
	}
	for _, m := range cancelled {
		t.audit("message.failed", string(m.ID), facts{{"state", string(ngo.MessageQueued)}}, facts{{"person", "erased"}})
		t.moved("message", string(ngo.MessageQueued), string(ngo.MessageFailed))
		t.changed("message", string(m.ID))
		m.State = ngo.MessageQueued
		if err := t.became(m, ngo.MessageFailed); err != nil { // it may stand in the conversation of somebody who stays
			return err
		}
	}
	return nil
}
