package store

import (
	"github.com/ngoctl/ngoctl/store/ngo"
)

// ThreadRef is a Message-ID of a mail in a conversation.
type ThreadRef struct {
	Ref ngo.Ref
	In  bool // they wrote it
}

const threadRefs = `
select a.ref, m.direction = 'in'
from (
  select id, at, direction
  from message
  where conversation_id = $1 and direction <> 'note'
  order by at desc, id desc
  limit $2
) as m
join alias a on a.message_id = m.id
where a.refers = 0
order by m.at, m.id, a.ref`

// ThreadRefs gives the Message-IDs of the newest mails of a conversation, oldest first.
func (r *Rx) ThreadRefs(id ngo.ConversationID, mails int) ([]ThreadRef, error) {
	scan := func(s scanner) (t ThreadRef, err error) { return t, s.Scan(&t.Ref, &t.In) }
	return all(r.conn, "references", scan, threadRefs, string(id), mails)
}

const (
	// nextInLine has the words that its index needs.
	nextInLine = `
select ` + messageColumns + `
from message
where conversation_id = $1 and conversation_id is not null and state in ('queued', 'sending') and state = 'queued'
order by at, id
limit 1`

	hurryJob = `
update goqite
set not_before = $3
where queue = $1
  and state = 'ready'
  and leased = 0
  and due > $3
  and substr(cast(body as text), 26) = $2`
)

// Follow has the next message of a conversation tried now that waited for an older one. One that can still be pulled back keeps its
// time.
func (t *Tx) Follow(id ngo.ConversationID) error {
	found, err := all(t.w, "messages", scanMessage, nextInLine, string(id))
	if err != nil || len(found) == 0 {
		return err
	}
	next := found[0]
	if next.Due != nil && next.Due.After(t.now) {
		return nil
	}
	n, err := t.exec("hurry job", hurryJob, string(ngo.LaneOutbound), string(ngo.JobDeliver)+" "+string(next.ID), t.stamp())
	if n > 0 {
		t.due("", ngo.LaneOutbound, 0)
	}
	return err
}
