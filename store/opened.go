package store

// Opened notes in the trail that whoever this transaction is of looked at a file or a thread, by its id.
func (t *Tx) Opened(subject string) { t.audit("file.open", subject, nil, nil) }
