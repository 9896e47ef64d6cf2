package store_test

import (
	"testing"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// brought is a delivery that was accepted.
func (d *desk) brought(body string) ngo.DeliveryID {
	d.t.Helper()
	n := d.o.NewDelivery(d.account, "", []byte(body))
	d.do(func(tx *store.Tx) error { _, err := tx.AddDelivery(n); return err })
	return n.ID
}

// wiped tells whether the body of a delivery is gone.
func (d *desk) wiped(id ngo.DeliveryID) bool {
	d.t.Helper()
	err := d.o.Read(d.t.Context(), func(r *store.Rx) error { _, _, _, err := r.DeliveryBody(id); return err })
	if err != nil && ngo.CodeOf(err) != ngo.NotFound {
		d.t.Fatal(err)
	}
	return err != nil
}

// What was told twice, in two deliveries, goes with both.
func TestErasureReachesWhatWasToldAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p, other := d.person("919876543210"), d.person("919876543211")
	n := d.says(p, "wamid.1", "hello", d.Now())
	sign := store.NewRipple{Account: d.account, Ref: "wamid.2", About: "wamid.1", Kind: store.RippleReaction, Line: aLine, Person: p, Text: "+", At: d.Now()}
	var told []ngo.DeliveryID
	for _, body := range []string{"first", "again", "and again"} {
		n.Delivery = d.brought(body)
		d.hear(n)
		sign.Delivery = d.brought(body + " a sign")
		d.do(func(tx *store.Tx) error { _, err := tx.Ripple(sign); return err })
		told = append(told, n.Delivery, sign.Delivery)
	}
	of := d.says(other, "wamid.3", "hello", d.Now())
	of.Delivery = d.brought("of another")
	d.hear(of)
	d.do(func(tx *store.Tx) error { return tx.ErasePerson(p) })
	for i, id := range told {
		if !d.wiped(id) {
			t.Errorf("delivery %d that told of the erased is there", i)
		}
	}
	if d.wiped(of.Delivery) {
		t.Error("the delivery of another is gone")
	}
}

// A group is not called as whoever wrote into it first.
func TestAGroupHasNobodysName(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := d.says(d.person("919876543210"), "wamid.1", "hello", d.Now())
	n.Kind, n.Group = ngo.Group, "group-1"
	if c := d.hear(n).Conversation; c.Name != "" || c.Address.Value != "" || c.Person != "" {
		t.Errorf("the group is %+v; want nobody's name", c)
	}
}

// What a provider says of a message that left while its recipient was erased tells of nobody.
func TestErasureWhileAMessageLeaves(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p, c := d.chat("919876543210")
	m := d.reply(c, "hello")
	d.do(func(tx *store.Tx) error { return tx.MoveMessage(m.ID, ngo.MessageSending, "", "", "") })
	d.do(func(tx *store.Tx) error { return tx.ErasePerson(p) })
	d.do(func(tx *store.Tx) error {
		return tx.SettleMessage(m.ID, store.Outcome{State: ngo.MessageFailed, Reason: "919876543210 is not a number at WhatsApp", Fault: "131026 919876543210", Ref: "wamid.919876543210"})
	})
	if got := d.messageOf(m.ID); got.State != ngo.MessageFailed || got.Ref != "" || got.Fault != "" || got.Reason != "Whom it went to was erased meanwhile." {
		t.Errorf("message = %+v; want it failed, and nothing of whom it went to", got)
	}
	d.move(c, ngo.ConversationOpen)
	if got := d.conversation(c); got.Waiting != nil || got.Unread != 0 {
		t.Errorf("conversation = %+v; want nobody waiting who was erased", got)
	}
	checkWhole(t, d.o)
}

// What is said about a gift in somebody else's thread goes with its donor, and is not sent.
func TestErasureTakesWhatIsAboutGifts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	g := gift(t, d.o, "pay_1", nil)
	_, c := d.chat("919876543210")
	d.do(func(tx *store.Tx) (err error) {
		_, _, err = tx.AddReply(store.NewReply{Conversation: c, Kind: ngo.MessageTemplate, Text: "Dear Chitra Iyer", Donation: g.ID,
			Attachments: []store.NewAttachment{{Kind: "file", Name: "Chitra Iyer.pdf", State: ngo.AttachmentRefused}}})
		return err
	})
	d.do(func(tx *store.Tx) error { return tx.ErasePerson(g.Person) })
	got := d.thread(c)
	if len(got) != 2 || got[0].Text == "" || got[1].Text != "" || got[1].Attachments[0].Name != "" || got[1].State != ngo.MessageFailed {
		t.Errorf("thread = %+v; want nothing of the donor's, and nothing to be sent", got)
	}
	if now := d.conversation(c); now.Failed != 1 || now.Waiting == nil {
		t.Errorf("the conversation of who stays = %+v; want one that failed, and an answer still wanted", now)
	}
	checkWhole(t, d.o)
}

// Why somebody was joined to a person who is erased cannot be guessed either.
func TestErasureTakesTheSaltOfReasons(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	ids := folk(t, o, 2)
	storetest.Write(t, o, func(tx *store.Tx) error { _, err := tx.Join(ids[0], ids[1], "her father's phone"); return err })
	storetest.Write(t, o, func(tx *store.Tx) error { _, err := tx.Part(ids[1], "it is another father"); return err })
	storetest.Write(t, o, func(tx *store.Tx) error { return tx.ErasePerson(ids[0]) })
	salted := func(action string) (n int) {
		storetest.Read(t, o, func(r *store.Rx) (err error) { n, err = r.Salted(ids[1], action); return err })
		return n
	}
	if salted("person.join")+salted("person.part") != 0 {
		t.Error("why they were joined and parted can be guessed")
	}
	if salted("person.add") != 1 {
		t.Error("the salts of who was not erased are gone")
	}
}
