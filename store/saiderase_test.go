package store_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// saidBy leaves traces of somebody wherever conversations keep any, and gives them with the files and the deliveries.
func (d *desk) saidBy(i int) (who ngo.PersonID, blobs []ngo.BlobID, deliveries []ngo.DeliveryID) {
	d.t.Helper()
	mark := fmt.Sprintf("Canary%05d", i)
	ref := func(s string) ngo.Ref { return ngo.Ref(s + "." + mark) }
	d.do(func(tx *store.Tx) (err error) {
		who, _, _, err = tx.PersonFor(d.account, []ngo.Identity{{Kind: ngo.WhatsApp, Value: mark}}, mark+" Surname", "ta")
		return err
	})
	brought := func(what string) ngo.DeliveryID {
		n := d.o.NewDelivery(d.account, "", []byte(what+mark))
		d.do(func(tx *store.Tx) error { _, err := tx.AddDelivery(n); return err })
		deliveries = append(deliveries, n.ID)
		return n.ID
	}
	blob := func() ngo.BlobID {
		id := ngo.NewID[ngo.BlobID](d.Now())
		d.do(func(tx *store.Tx) error { return tx.AddBlob(id, 1, [32]byte{1}, []byte("key")) })
		blobs = append(blobs, id)
		return id
	}
	about := "about " + mark
	n := store.NewIncoming{Account: d.account, Line: aLine, Ref: ref("wamid.in"), Kind: ngo.Chat, Person: who, Address: ngo.Identity{Kind: ngo.WhatsApp, Value: mark}, Name: about,
		At: d.Now(), What: "text", Text: about, More: ngo.Extra{Place: &ngo.ExtraPlace{Name: about}, Quoted: about}, ReplyTo: []ngo.Ref{ref("wamid.unknown")}, Delivery: brought("in"),
		Attachments: []store.NewAttachment{
			{Kind: "image", Name: about, Type: "image/png", State: ngo.AttachmentKept, Blob: blob(), SHA: []byte(about), ContentID: about},
			{Kind: "file", Name: about, State: ngo.AttachmentWanted, Ref: about, SourceURL: about, URL: about},
		}}
	h := d.hear(n)
	mail := d.mail("somebody@example.org", mark+"1@x", about, ref("2@x"))
	mail.Person, mail.Name, mail.Address.Value, mail.Delivery = who, about, mark+"@example.org", brought("mail")
	d.hear(mail)
	sent := blob()
	d.do(func(tx *store.Tx) error {
		reply := store.NewReply{Conversation: h.Conversation.ID, Kind: ngo.MessageTemplate, Text: about, Subject: about, More: ngo.Extra{Template: "thanks", Body: map[string]string{"1": about}},
			Key: about, Author: "meena", Attachments: []store.NewAttachment{{Kind: "file", Name: about, State: ngo.AttachmentKept, Blob: sent}}}
		m, _, err := tx.AddReply(reply)
		if err != nil {
			return err
		}
		if err := tx.SettleMessage(m.ID, store.Outcome{State: ngo.MessageFailed, Reason: about, Fault: about}); err != nil {
			return err
		}
		reply.Key, reply.Kind = "", ngo.MessageNote
		if _, _, err := tx.AddReply(reply); err != nil {
			return err
		}
		reply.Kind = ngo.MessageText // waits
		if _, _, err := tx.AddReply(reply); err != nil {
			return err
		}
		if err := tx.AddAlias(ref("alias"), m.ID); err != nil {
			return err
		}
		if err := tx.SetDoubt(h.Conversation.ID, about); err != nil {
			return err
		}
		jobs, err := tx.Claim(ngo.LaneDocument, 5, lease)
		for _, j := range jobs {
			if err := tx.Park(j, about); err != nil {
				return err
			}
		}
		return err
	})
	status, early, ripple, edit := brought("status"), brought("early"), brought("ripple"), brought("edit")
	d.do(func(tx *store.Tx) error {
		to := []ngo.Identity{{Kind: ngo.WhatsApp, Value: mark}}
		if _, err := tx.SetStatus(d.account, store.StatusNews{Ref: ref("alias"), State: ngo.MessageSent, To: to, Delivery: status}); err != nil {
			return err
		}
		_, err := tx.SetStatus(d.account, store.StatusNews{Ref: ref("early"), State: ngo.MessageFailed, Reason: about, Fault: about, To: to, Delivery: early})
		if err != nil {
			return err
		}
		if _, err := tx.Ripple(store.NewRipple{Account: d.account, Ref: ref("r1"), About: n.Ref, Kind: store.RippleEdit, Line: aLine, Person: who, Text: about, Delivery: ripple}); err != nil {
			return err
		}
		_, err = tx.Ripple(store.NewRipple{Account: d.account, Ref: ref("r2"), About: ref("unknown"), Kind: store.RippleReaction, Line: aLine, Person: who, Text: about, Delivery: edit})
		return err
	})
	return who, blobs, deliveries
}

// Whoever is erased takes along what they wrote and were written, with every name that a provider had for it, and nobody else's.
func TestErasureTakesConversations(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := newClock()
	s, err := store.Open(t.Context(), store.Options{Dir: dir, Engine: storetest.Engine, Keys: storetest.Keys(), Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, o: storetest.AddOrg(t, s, storetest.Slug), clock: c}
	n := d.o.NewAccount(ngo.Channel, "whatsapp", "whatsapp", nil, nil)
	d.do(func(tx *store.Tx) error { return tx.AddAccount(n) })
	d.account = n.Account.ID

	gone, files7, told7 := d.saidBy(7)
	stays, files8, told8 := d.saidBy(8)
	d.do(func(tx *store.Tx) error { return tx.ErasePerson(gone) })
	storetest.Read(t, d.o, func(r *store.Rx) error {
		for i, ids := range [][]ngo.BlobID{files7, files8} {
			known, err := r.BlobsKnown(ids)
			if err != nil || len(ids) != 2 || len(known) != 2*i {
				t.Errorf("files of person %d that can be opened: %v, %v", 7+i, known, err)
			}
		}
		for i, ids := range [][]ngo.DeliveryID{told7, told8} {
			for _, id := range ids {
				_, body, _, err := r.DeliveryBody(id)
				if wiped := ngo.CodeOf(err) == ngo.NotFound; wiped != (i == 0) {
					t.Errorf("delivery %s of person %d: %q, %v", id, 7+i, body, err)
				}
			}
		}
		return nil
	})
	for _, c := range d.conversations(store.ConversationQuery{State: store.StateAny, Person: gone}) {
		if c.State != ngo.ConversationClosed || c.Waiting != nil || c.Unread != 0 || c.Failed != 0 || c.Name != "" || c.Address.Value != "" || c.Token != "" || c.Snippet != "" {
			t.Errorf("a conversation of the erased: %+v", c)
		}
		for _, m := range d.thread(c.ID) {
			if m.State == ngo.MessageQueued || m.Text != "" || len(m.More) > 0 || len(m.Reactions) > 0 {
				t.Errorf("a message of the erased: %+v", m)
			}
		}
	}
	var attachment ngo.AttachmentID
	storetest.Read(t, d.o, func(r *store.Rx) error {
		for _, c := range d.conversations(store.ConversationQuery{State: store.StateAny, Person: gone}) {
			thread, _, err := r.Thread(c.ID, store.ListQuery{})
			if err != nil {
				return err
			}
			for _, m := range thread {
				for _, a := range m.Attachments {
					attachment = a.ID
				}
			}
		}
		return nil
	})
	err = d.try(func(tx *store.Tx) error {
		return tx.SetAttachment(attachment, store.FetchedAttachment{State: ngo.AttachmentKept, Blob: "blb_1"})
	})
	if ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("a file that was fetched meanwhile = %v; want Conflict", err)
	}
	if got := d.conversations(store.ConversationQuery{State: store.StateAny, Person: stays}); len(got) != 2 || got[1].Unread+got[0].Unread != 1 {
		t.Errorf("conversations of who stays: %+v", got)
	}
	checkWhole(t, d.o)
	if err := d.o.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	left := files(t, dir)
	if found := grep(left, "Canary00007"); len(found) > 0 {
		t.Errorf("person 7 was erased; found %v", found)
	}
	if found := grep(left, "Canary00008"); len(found) == 0 {
		t.Error("person 8 was not erased, and nothing of them is found: is this test blind?")
	}
}

// A mail from before there were conversations is as it was, and an answer to it finds it.
func TestMailsFromBeforeConversations(t *testing.T) {
	t.Parallel()
	all, err := store.MigrationSteps()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.db")
	old, err := migrated(t, path, all["org"][:7])
	if err != nil {
		t.Fatal(err)
	}
	err = old.Write(t.Context(), store.Ack, func(c store.WriteConn) error {
		for _, q := range []string{
			"insert into account (id, kind, driver, name, settings, secrets, created) values ('acc_1', 'channel', 'email', 'email', '{}', x'00', '2026-06-01T09:00:00.000Z')",
			"insert into person (id, name, created) values ('per_1', 'Chitra', '2026-06-01T09:00:00.000Z')",
			`insert into message (id, account_id, person_id, recipient, state, reason, ref, attempts, created, sent, kind, perhaps)
values ('msg_1', 'acc_1', 'per_1', 'chitra@example.org', 'sent', '', 'a@b', 2, '2026-06-01T09:00:00.000Z', '2026-06-01T09:00:01.000Z', 'ask', 1)`,
			`insert into message (id, recipient, state, reason, created) values ('msg_2', 'ravi@example.org', 'queued', 'There is no mail account yet.', '2026-06-02T09:00:00.000Z')`,
		} {
			if _, err := c.Exec(q); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	now, err := migrated(t, path, all["org"])
	if err != nil {
		t.Fatal(err)
	}
	defer now.Close()
	var got []string
	err = now.Read(t.Context(), func(c store.Conn) error {
		rows, err := c.Query(`select id || ' ' || coalesce(account_id, '-') || ' ' || coalesce(person_id, '-') || ' ' || recipient || ' ' || state || ' ' || reason || ' ' || ref || ' ' ||
  attempts || ' ' || at || ' ' || coalesce(sent, '-') || ' ' || kind || ' ' || perhaps || ' ' || direction || coalesce(conversation_id, '') || text from message order by id`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				return err
			}
			got = append(got, s)
		}
		return rows.Err()
	})
	want := []string{
		"msg_1 acc_1 per_1 chitra@example.org sent  a@b 2 2026-06-01T09:00:00.000Z 2026-06-01T09:00:01.000Z ask 1 out",
		"msg_2 - - ravi@example.org queued There is no mail account yet.  0 2026-06-02T09:00:00.000Z - receipt 0 out",
	}
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("messages = %q, %v; want %q", got, err, want)
	}
}

// Marks and templates.
func TestMarks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, want := range []string{"", "1:7", "2:1"} {
		d.do(func(tx *store.Tx) error {
			if want != "" {
				if err := tx.SetMark(d.account, "INBOX", want); err != nil {
					return err
				}
			}
			if got, err := tx.Mark(d.account, "INBOX"); got != want || err != nil {
				t.Errorf("mark = %q, %v; want %q", got, err, want)
			}
			got, err := tx.Mark(d.account, "Junk")
			if got != "" {
				t.Errorf("another mark = %q", got)
			}
			return err
		})
	}
}

func TestTemplatesAreKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	put := func(list ...ngo.Template) {
		d.do(func(tx *store.Tx) error { return tx.PutTemplates(d.account, list) })
	}
	state := func(name, language string) string {
		var p ngo.Template
		storetest.Read(t, d.o, func(r *store.Rx) (err error) { p, err = r.Template(d.account, name, language); return err })
		return p.State + " " + p.Category + " " + p.Quality + " " + p.Reason
	}
	thanks := ngo.Template{Ref: "1", Name: "thanks", Language: "en", State: "approved", Category: "utility", Quality: "GREEN", Parts: []byte(`{"body":1}`)}
	tamil := thanks
	tamil.Ref, tamil.Language, tamil.State = "2", "ta", "pending"
	put(thanks, tamil)
	put(tamil)
	if got := state("thanks", "en"); got != "deleted utility GREEN " {
		t.Errorf("listed no more: %q", got)
	}
	put(tamil, thanks)
	news := func(n store.TemplateNews, want bool) {
		t.Helper()
		d.do(func(tx *store.Tx) error {
			found, err := tx.NewsOfTemplate(d.account, n)
			if found != want {
				t.Errorf("%+v found %v; want %v", n, found, want)
			}
			return err
		})
	}
	news(store.TemplateNews{Ref: "1", Category: "marketing"}, true)
	news(store.TemplateNews{Name: "thanks", Language: "ta", State: "rejected", Reason: "It is an advertisement."}, true)
	news(store.TemplateNews{Ref: "3", State: "approved"}, false)
	if got := state("thanks", "en"); got != "approved marketing GREEN " {
		t.Errorf("en: %q", got)
	}
	if got := state("thanks", "ta"); got != "rejected utility GREEN It is an advertisement." {
		t.Errorf("ta: %q", got)
	}
	storetest.Read(t, d.o, func(r *store.Rx) error {
		list, err := r.Templates(d.account)
		if len(list) != 2 || string(list[0].Parts) != `{"body":1}` {
			t.Errorf("templates = %+v", list)
		}
		return err
	})
}

// An attachment is fetched once, and a body that must not be kept goes at once.
func TestAttachmentsAndBodies(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := d.says(d.person("919876543210"), "1", "a picture", d.Now())
	body := d.o.NewDelivery(d.account, "", []byte("a number that is never kept"))
	d.do(func(tx *store.Tx) error { _, err := tx.AddDelivery(body); return err })
	n.Delivery, n.Attachments = body.ID, []store.NewAttachment{{Kind: "image", Name: "a.jpg", Type: "image/jpeg", Size: 9, State: ngo.AttachmentWanted, Ref: "media-1", SHA: []byte("sha")}}
	h := d.hear(n)
	var jobs []ngo.Job
	d.do(func(tx *store.Tx) (err error) { jobs, err = tx.Claim(ngo.LaneDocument, 5, time.Minute); return err })
	if len(jobs) != 1 || jobs[0].Kind != ngo.JobFetch {
		t.Fatalf("jobs = %+v; want one that fetches", jobs)
	}
	id := ngo.AttachmentID(jobs[0].Subject)
	storetest.Read(t, d.o, func(r *store.Rx) error {
		a, err := r.AttachmentSource(id)
		if a.Account != d.account || a.Ref != "media-1" || a.Message != h.Message || string(a.SHA) != "sha" || a.Conversation != h.Conversation.ID {
			t.Errorf("source = %+v", a)
		}
		return err
	})
	kept := store.FetchedAttachment{State: ngo.AttachmentKept, Blob: "blb_1", Type: "image/png", Size: 10, Width: 3, Height: 4}
	d.do(func(tx *store.Tx) error { return tx.SetAttachment(id, kept) })
	if err := d.try(func(tx *store.Tx) error { return tx.SetAttachment(id, kept) }); ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("kept twice = %v; want Conflict", err)
	}
	if got := d.thread(h.Conversation.ID)[0].Attachments; len(got) != 1 || got[0].Type != "image/png" || got[0].Width != 3 || got[0].State != ngo.AttachmentKept {
		t.Errorf("attachments = %+v", got)
	}
	for range 2 {
		d.do(func(tx *store.Tx) error { return tx.EraseBody(body.ID) })
	}
	err := d.o.Read(t.Context(), func(r *store.Rx) error { _, _, _, err := r.DeliveryBody(body.ID); return err })
	if ngo.CodeOf(err) != ngo.NotFound {
		t.Errorf("the body = %v; want NotFound", err)
	}
	checkWhole(t, d.o)
}
