package store

import (
	"slices"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// NewAttachment is a file that came with a message, or goes with one.
type NewAttachment struct {
	Kind   string // see ngo.Attachment
	Name   string
	Type   string
	Size   int64
	State  ngo.AttachmentState // AttachmentWanted leaves a job that fetches it
	Reason string
	Blob   ngo.BlobID // whose record the caller has added
	Width  int
	Height int
	Inline bool
	URL    string // to be shown

	Ref       string // the provider's id of the content, to fetch it by
	SourceURL string // where it is for some minutes
	SHA       []byte // of the content, as the provider claims
	ContentID string // by which a page refers to it
}

const insertAttachment = `
insert into attachment (id, message_id, place, kind, name, type, size, state, reason, blob_id, width, height, inline, url, source, source_url, sha, content_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`

func (t *Tx) addAttachments(m ngo.MessageID, all []NewAttachment) error {
	for place, a := range all {
		id := ngo.NewID[ngo.AttachmentID](t.now)
		_, err := t.exec("add attachment", insertAttachment, string(id), string(m), place, a.Kind, a.Name, a.Type, max(0, a.Size), string(a.State), a.Reason,
			orNull(a.Blob), a.Width, a.Height, boolInt(a.Inline), a.URL, a.Ref, a.SourceURL, bytesOrNull(a.SHA), a.ContentID)
		if err != nil {
			return err
		}
		if a.State == ngo.AttachmentWanted {
			if err := t.Enqueue(ngo.LaneDocument, ngo.JobFetch, string(id), 0); err != nil {
				return err
			}
		}
	}
	return nil
}

const (
	attachmentColumns = `a.id, a.message_id, a.place, a.kind, a.name, a.type, a.size, a.state, a.reason, coalesce(a.blob_id, ''), a.width, a.height, a.inline, a.url`

	selectAttachment = `
select ` + attachmentColumns + `
from attachment a
where a.id = $1`

	selectSource = `
select ` + attachmentColumns + `, coalesce(m.account_id, ''), coalesce(m.conversation_id, ''), a.source, a.source_url, a.sha, a.content_id
from attachment a
join message m on m.id = a.message_id
where a.id = $1`
)

var listAttachments = `
select ` + attachmentColumns + `
from attachment a
where a.message_id in (` + someKeys + `)
order by a.message_id, a.place`

func attachmentFields(a *ngo.Attachment) []any {
	return []any{&a.ID, &a.Message, &a.Place, &a.Kind, &a.Name, &a.Type, &a.Size, &a.State, &a.Reason, &a.Blob, &a.Width, &a.Height, &a.Inline, &a.URL}
}

func scanAttachment(s scanner) (a ngo.Attachment, err error) {
	return a, s.Scan(attachmentFields(&a)...)
}

// Attachment gives one attachment.
func (r *Rx) Attachment(id ngo.AttachmentID) (ngo.Attachment, error) {
	return get(r.conn, "attachment", string(id), scanAttachment, selectAttachment, string(id))
}

// AttachmentSource is where an attachment is to be had.
type AttachmentSource struct {
	ngo.Attachment
	Account      ngo.AccountID
	Conversation ngo.ConversationID
	Ref          string
	SourceURL    string
	SHA          []byte
	ContentID    string
}

func scanSource(s scanner) (a AttachmentSource, err error) {
	return a, s.Scan(append(attachmentFields(&a.Attachment), &a.Account, &a.Conversation, &a.Ref, &a.SourceURL, &a.SHA, &a.ContentID)...)
}

// AttachmentSource tells where an attachment is to be had.
func (r *Rx) AttachmentSource(id ngo.AttachmentID) (AttachmentSource, error) {
	return get(r.conn, "attachment", string(id), scanSource, selectSource, string(id))
}

// AttachmentsOf gives what came with a message, or goes with it, with where it is to be had and by what a page refers to it.
func (r *Rx) AttachmentsOf(m ngo.MessageID) ([]AttachmentSource, error) {
	return all(r.conn, "attachments", scanSource, selectSources, string(m))
}

const selectSources = `
select ` + attachmentColumns + `, coalesce(m.account_id, ''), coalesce(m.conversation_id, ''), a.source, a.source_url, a.sha, a.content_id
from attachment a
join message m on m.id = a.message_id
where a.message_id = $1
order by a.place`

// FetchedAttachment is what became of an attachment.
type FetchedAttachment struct {
	State  ngo.AttachmentState
	Reason string     // why it was refused or lost
	Blob   ngo.BlobID // of a kept one, whose record the caller has added
	Type   string     // by its content; empty leaves what was claimed, and so do the others
	Size   int64
	Width  int
	Height int
}

const setAttachment = `
update attachment
set state = $2,
    reason = $3,
    blob_id = $4,
    type = case when $5 = '' then type else $5 end,
    size = case when $6 = 0 then size else $6 end,
    width = $7,
    height = $8,
    source_url = case when $2 = 'wanted' then source_url else '' end
where id = $1`

// SetAttachment records what became of an attachment; where it was to be had is forgotten with that. It fails with Conflict for one that is kept already, or whose message was
// erased: the blob is then to be left to the sweeper.
func (t *Tx) SetAttachment(id ngo.AttachmentID, f FetchedAttachment) error {
	was, err := t.AttachmentSource(id)
	if err != nil {
		return err
	}
	if was.State == ngo.AttachmentKept || was.State == ngo.AttachmentLost && f.State == ngo.AttachmentKept && was.Ref == "" && was.SourceURL == "" {
		return badMove("attachment", string(id), string(was.State), string(f.State))
	}
	err = t.must("attachment", string(id), setAttachment, string(id), string(f.State), f.Reason, orNull(f.Blob), f.Type, f.Size, f.Width, f.Height)
	if err != nil {
		return err
	}
	t.audit("attachment."+string(f.State), string(id), facts{{"state", string(was.State)}}, facts{{"message", string(was.Message)}, {"reason", personal(f.Reason)}})
	t.changed("attachment", string(id))
	t.changed("message", string(was.Message))
	return nil
}

// addAttached gives messages their attachments.
func (r *Rx) addAttached(messages []ngo.Message) error {
	for some := range slices.Chunk(messages, atOnce) {
		of := map[ngo.MessageID]*ngo.Message{}
		var ids []ngo.MessageID
		for i := range some {
			of[some[i].ID] = &some[i]
			ids = append(ids, some[i].ID)
		}
		found, err := all(r.conn, "attachments", scanAttachment, listAttachments, keysFor(ids)...)
		if err != nil {
			return err
		}
		for _, a := range found {
			of[a.Message].Attachments = append(of[a.Message].Attachments, a)
		}
	}
	return nil
}
