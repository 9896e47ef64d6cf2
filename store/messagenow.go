package store

import "github.com/ngoctl/ngoctl/store/ngo"

// MessageNow gives a message with its files as it is by now: what was changed later is changed, and what was taken back says nothing.
func (r *Rx) MessageNow(id ngo.MessageID) (ngo.Message, error) {
	m, err := r.Message(id)
	if err != nil {
		return m, err
	}
	one := []ngo.Message{m}
	err = r.asOfNow(one)
	return one[0], err
}

// listNews has ids because they are in the order in which messages were recorded, however long before they were written.
const listNews = `
select ` + messageColumns + `
from message
where id < $1 and conversation_id is not null
order by id desc
limit $2`

// MessagesNow lists the messages of all conversations as MessageNow gives them, those recorded last first.
func (r *Rx) MessagesNow(q ListQuery) (items []ngo.Message, next string, err error) {
	key := func(m ngo.Message) string { return string(m.ID) }
	items, next, err = page(r.conn, "messages", q, scanMessage, key, listNews, q.before())
	if err != nil {
		return nil, "", err
	}
	return items, next, r.asOfNow(items)
}

func (r *Rx) asOfNow(messages []ngo.Message) error {
	if err := r.addAttached(messages); err != nil {
		return err
	}
	return r.rippling(messages)
}
