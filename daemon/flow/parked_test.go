package flow_test

import (
	"slices"
	"testing"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// parks has the program give the job of a message up, while it was sending it or before.
func (h *house) parks(id ngo.MessageID, sending bool) (parked ngo.Job) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		jobs, err := tx.Claim(ngo.LaneOutbound, 100, 1)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			if j.Subject != string(id) {
				err = tx.Release(j)
			} else if parked = j; sending {
				err = tx.MoveMessage(id, ngo.MessageSending, "", "", "")
			}
			if err != nil {
				return err
			}
		}
		if err := tx.Park(parked, "it crashed"); err != nil {
			return err
		}
		return h.flow.Parked(tx, parked)
	})
	return parked
}

func (h *house) retryJob(id ngo.JobID) error {
	return h.org.Write(h.t.Context(), store.Ack, "test", func(tx *store.Tx) error { return tx.RetryParked(id) })
}

// A message that the program cannot send, because it dies of it, say, shows as not sent, and holds nobody up. Its job tried again by
// hand sends it, once.
func TestParkedBeforeItWent(t *testing.T) {
	t.Parallel()
	h, g, c := greeted(t)
	one, two := h.reply(c, "one"), h.reply(c, "two")
	job := h.parks(one.ID, false)
	if m := statusOf(t, h, one.ID); m.State != ngo.MessageFailed || !m.Retry || m.Reason == "" {
		t.Errorf("message %+v; want it not sent, with a reason, and worth another try", m)
	}
	h.works()
	if m := statusOf(t, h, two.ID); m.State != ngo.MessageSent {
		t.Errorf("the message behind it is %+v; want it sent", m)
	}
	must(t, h.retryJob(job.ID))
	h.works()
	if m := statusOf(t, h, one.ID); m.State != ngo.MessageSent || !slices.Equal(g.texts(), []string{"two", "one"}) {
		t.Errorf("message %+v, WhatsApp took %v; want it sent once", m, g.texts())
	}
	if left := h.state().jobs; len(left) != 0 {
		t.Errorf("jobs %+v; want none", left)
	}
}

// Of one that was going out nobody knows. Its job tried again leaves it alone.
func TestParkedWhileItWent(t *testing.T) {
	t.Parallel()
	h, g, c := greeted(t)
	one, two := h.reply(c, "one"), h.reply(c, "two")
	job := h.parks(one.ID, true)
	if m := statusOf(t, h, one.ID); m.State != ngo.MessageUncertain || m.Reason == "" {
		t.Errorf("message %+v; want it uncertain, with a reason", m)
	}
	h.works()
	if m := statusOf(t, h, two.ID); m.State != ngo.MessageSent {
		t.Errorf("the message behind it is %+v; want it sent", m)
	}
	must(t, h.retryJob(job.ID))
	h.works()
	if m := statusOf(t, h, one.ID); m.State != ngo.MessageUncertain || len(g.taken()) != 1 {
		t.Errorf("message %+v, WhatsApp took %v; want the job to leave it alone", m, g.texts())
	}
	h.write(func(tx *store.Tx) error { _, err := tx.RetryMessage(one.ID, true); return err })
	h.works()
	if m := statusOf(t, h, one.ID); m.State != ngo.MessageSent || !slices.Equal(g.texts(), []string{"two", "one"}) {
		t.Errorf("message %+v, WhatsApp took %v; want it sent once", m, g.texts())
	}
	if left := h.state().jobs; len(left) != 0 {
		t.Errorf("jobs %+v; want none", left)
	}
}

// A message that is tried again takes its job along.
func TestRetriedMessageTakesItsParkedJob(t *testing.T) {
	t.Parallel()
	h, g, c := greeted(t)
	one := h.reply(c, "one")
	h.parks(one.ID, true)
	h.write(func(tx *store.Tx) error { _, err := tx.RetryMessage(one.ID, true); return err })
	h.works()
	if m := statusOf(t, h, one.ID); m.State != ngo.MessageSent || len(g.taken()) != 1 || len(h.state().jobs) != 0 {
		t.Errorf("message %+v, WhatsApp took %v, jobs %+v; want it sent once, and no job", m, g.texts(), h.state().jobs)
	}
	h.read(func(rx *store.Rx) error {
		off, err := rx.Recount()
		if len(off) > 0 {
			t.Errorf("sums are off: %v", off)
		}
		return err
	})
}

// What became of a message while its job stood aside stays.
func TestParkedAndSettled(t *testing.T) {
	t.Parallel()
	h, g, c := greeted(t)
	one := h.reply(c, "one")
	job := h.parks(one.ID, true)
	g.hears(statuses(h.status(one.ID, "wamid.out.1", "delivered")))
	must(t, h.retryJob(job.ID))
	h.works()
	if m := statusOf(t, h, one.ID); m.State != ngo.MessageDelivered || len(g.taken()) != 0 || len(h.state().jobs) != 0 {
		t.Errorf("message %+v, WhatsApp took %v; want it delivered before", m, g.texts())
	}
}

// What an answer closed is open again when its job is set aside.
func TestParkedAnswerClosesNothing(t *testing.T) {
	t.Parallel()
	for _, sending := range []bool{false, true} {
		h, _, c := greeted(t)
		one := h.reply(c, "one")
		h.write(func(tx *store.Tx) error { _, err := tx.CloseWith(one); return err })
		h.parks(one.ID, sending)
		h.read(func(rx *store.Rx) error {
			now, err := rx.Conversation(c)
			if now.State != ngo.ConversationOpen || (now.Waiting == nil) != sending || now.Failed != 1 {
				t.Errorf("while sending %v: %s, waiting %v, %d failed", sending, now.State, now.Waiting, now.Failed)
			}
			return err
		})
	}
}
