package store

// Looked notes in the trail that somebody was given the content of a thing, or an address that shows it.
func (t *Tx) Looked(action, subject string) { t.audit(action, subject, nil, nil) }
