package store

import (
	"github.com/ngoctl/ngoctl/store/ngo"
)

// The statements that erase a person, in order. The salts go first, while the rows still tell whose they are; without
// its salt nobody can test a guess against a digest of the trail.
var erasures = []struct{ what, query string }{
	{"salts of the trail", `
update audit
set salt = null
where salt is not null and subject in (
  select $1
  union all
  select d.id from donation d where d.person_id = $1
  union all
  select m.id from message m where m.person_id = $1
  union all
  select p.delivery_id from payment p join donation d on d.payment_id = p.id where d.person_id = $1
)`},
	{"errors of jobs", `
update goqite
set last_error = ''
where last_error <> '' and substr(cast(body as text), 26) in (
  select 'deliver ' || m.id from message m where m.person_id = $1
)`},
	{"keys of bodies in files", `
delete from blob
where id in (
  select v.blob_id
  from donation d
  join payment p on p.id = d.payment_id
  join delivery v on v.id = p.delivery_id
  where d.person_id = $1
)`},
	{"bodies of deliveries", `
update delivery
set body = null,
    blob_id = null,
    summary = '',
    reason = ''
where id in (
  select p.delivery_id from payment p join donation d on d.payment_id = p.id where d.person_id = $1
)`},
	{"snapshots in gifts", `
update donation
set donor_name = '',
    donor_email = '',
    donor_phone = '',
    donor_address = '',
    donor_pan = null
where person_id = $1`},
	{"recipients of messages", `
update message
set recipient = '',
    reason = ''
where person_id = $1`},
	{"identities", `
delete from identity
where person_id = $1`},
}

const (
	erasePerson = `
update person
set name = '',
    erased = $2
where id = $1`

	cancelMessages = `
update message
set state = 'failed',
    reason = 'the donor asked to be erased before it was sent'
where person_id = $1 and state = 'queued'
returning id`
)

// ErasePerson takes out whatever tells who a person is: name and addresses, the snapshots that gifts kept, the recipient
// of messages, the bodies that came in, the salts in the trail. The gifts themselves stay, and so do the sealed facts of
// receipts, as tax law wants. Mail that still waits is not sent. It fails with Conflict for a person erased before.
func (t *Tx) ErasePerson(id ngo.PersonID) error {
	p, err := t.Person(id)
	if err != nil {
		return err
	}
	if p.Erased != nil {
		return &ngo.Error{Code: ngo.Conflict, Message: "person " + string(id) + " was erased before"}
	}
	for _, e := range erasures {
		if _, err := t.exec("erase "+e.what, e.query, string(id)); err != nil {
			return err
		}
	}
	if err := t.cancelMessages(id); err != nil {
		return err
	}
	if err := t.must("person", string(id), erasePerson, string(id), t.stamp()); err != nil {
		return err
	}
	t.audit("person.erase", string(id), nil, facts{{"identities", int64(len(p.Identities))}})
	t.changed("person", string(id))
	return nil
}

func (t *Tx) cancelMessages(id ngo.PersonID) error {
	cancelled, err := all(t.w, "messages", scanOne[ngo.MessageID], cancelMessages, string(id))
	for _, m := range cancelled {
		t.audit("message.failed", string(m), facts{{"state", string(ngo.MessageQueued)}}, facts{{"person", "erased"}})
		t.moved("message", string(ngo.MessageQueued), string(ngo.MessageFailed))
		t.changed("message", string(m))
	}
	return err
}
