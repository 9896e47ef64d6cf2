package store

import "github.com/ngoctl/ngoctl/store/ngo"

// MessageNow gives a message with its files as it is by now: what was changed later is changed, and what was taken back says nothing.
func (r *Rx) MessageNow(id ngo.MessageID) (ngo.Message, error) {
	m, err := r.Message(id)
	if err != nil {
		return m, err
	}
	one := []ngo.Message{m}
	if err := r.addAttached(one); err != nil {
		return m, err
	}
	err = r.rippling(one)
	return one[0], err
}
