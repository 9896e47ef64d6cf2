package store

import (
	"github.com/ngoctl/ngoctl/store/ngo"
)

const mostBefore = 4 // messages tell what the next one is about

// AfterAadhaar tells whether a message in a conversation would follow words about Aadhaar: that which it quotes, if any, or of the last
// few the newest that has a word in it for that or for a bank's number. Notes do not count.
func (r *Rx) AfterAadhaar(id ngo.ConversationID, quotes ngo.MessageID) (bool, error) {
	before, _, err := r.Thread(id, ListQuery{Limit: mostBefore})
	if err != nil {
		return false, err
	}
	if quotes != "" {
		m, err := r.Message(quotes)
		if err != nil {
			return false, err
		}
		before = append(before, m)
	}
	for i := len(before) - 1; i >= 0; i-- {
		said := words(before[i])
		if ngo.SpeaksOfAadhaar(said) {
			return true, nil
		}
		if ngo.SpeaksOfReference(said) {
			return false, nil
		}
	}
	return false, nil
}

// words gives what is said in a message and in the names of its files.
func words(m ngo.Message) string {
	if m.Kind == ngo.MessageNote {
		return ""
	}
	said := m.Said()
	for _, a := range m.Attachments {
		said += "\n" + a.Name
	}
	return said
}

// reconsider has a message said again in which a number stands that is one or another by what was said before it.
func (t *Tx) reconsider(n *NewIncoming, id ngo.ConversationID, quotes ngo.MessageID) error {
	if n.Again == nil {
		return nil // nearly always
	}
	about, err := t.AfterAadhaar(id, quotes)
	if err == nil && about {
		n.Again(n)
	}
	return err
}
