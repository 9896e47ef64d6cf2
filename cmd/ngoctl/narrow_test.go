package main

import (
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Lists of things as large as they get in use, on the narrowest terminal that is common: no row wraps, what the next command asks for
// is whole, and pipes get every column.
func TestNoListWrapsOnANarrowTerminal(t *testing.T) {
	t.Parallel()
	const id, long = "xxx_01k9v3m5w8x2y4z6a7b9c1d3e5", "a long text that tells of many things and does not end soon"
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	lakhs := ngo.Paise(12_34_567_00)
	one := ngo.Person{ID: id, Name: long, Created: at, Identities: []ngo.Identity{{Value: "meena.sundaram@example.org"}}}
	thread := api.Conversation{Channel: "whatsapp", PersonName: long, Window: &api.Window{Until: new(time.Now().Add(47 * time.Hour))}}
	thread.ID, thread.Last, thread.State, thread.Unread, thread.Waiting, thread.Snippet = id, at, ngo.ConversationSnoozed, 10, new(time.Now().Add(-47*time.Hour)), long
	offer := api.TemplateOffer{Text: long, Refused: long, Parameters: []string{"name", "amount", "day"}, Price: &api.Price{Micros: 8_631_00, Currency: "INR"}}
	offer.Name, offer.Language, offer.State, offer.Category = "appointment_reminder_2", "en_US", "approved", "marketing"
	shop := api.Account{URL: "https://ngo.example.org/hooks/sevai/razorpay-schools", Health: &ngo.Health{LastWebhook: &at, LastPoll: &at, Alarm: long}}
	shop.Name, shop.Driver, shop.Created = "razorpay-schools", "razorpay", at
	narrow(t, "conversations", conversationColumns(time.Now()), thread, id)
	narrow(t, "donations", donationColumns(), ngo.Donation{ID: id, Given: "2026-11-22", State: ngo.DonationReceived, Amount: lakhs, Donor: ngo.Donor{Name: long}, Purpose: long, Reason: long}, id)
	narrow(t, "payments", paymentColumns(), ngo.Payment{ID: id, Created: at, State: ngo.PaymentChargedBack, Amount: lakhs, Method: "netbanking", Ref: "pay_jNNF7v6VxmK52D", Problem: long}, id)
	narrow(t, "receipts", receiptColumns(), ngo.Receipt{Number: "SVT/2026-27/D/000001", Day: "2026-11-22", State: ngo.ReceiptReplaced, Amount: lakhs, Issued: at}, "SVT/2026-27/D/000001")
	narrow(t, "deliveries", deliveryColumns(), ngo.Delivery{ID: id, Received: at, State: ngo.DeliveryQuarantined, Source: "webhook", Summary: long, Size: 64 << 10, Reason: long}, id)
	narrow(t, "jobs", jobColumns(), ngo.Job{ID: "job_0123456789abcdef0123456789abcdef", Lane: "outbound", Kind: "deliver", State: ngo.JobParked, Attempts: 10, Due: at, Subject: id, Error: long},
		"job_0123456789abcdef0123456789abcdef")
	narrow(t, "gateways", gatewayColumns(), shop, shop.Name)
	narrow(t, "channels", accountColumns(), shop, shop.Name)
	narrow(t, "health", healthColumns(), api.ChannelHealth{Account: shop, LastIn: &at, LastOut: &at, Problem: long, Hint: long}, shop.Name)
	narrow(t, "templates", templateColumns(), offer, offer.Name)
	narrow(t, "people", personColumns(), one, id)
	narrow(t, "likely", likelyColumns(), ngo.Likeness{Person: one, Score: 100, Reasons: []string{long}, Doubts: []string{long}}, id)
	narrow(t, "consents", consentColumns(), ngo.Consent{At: at, Topic: ngo.TopicMarketing, Words: long, Source: long, Actor: "user:meena"}, "marketing")
	narrow(t, "hits", hitColumns(), api.Hit{Kind: "conversation", At: at, Title: long, Snippet: long, Subject: id}, id)
	narrow(t, "acts", actColumns(), ngo.Act{ID: id, At: at, Actor: "user:meena", Title: long, Undone: &at}, id)
	narrow(t, "audit", auditColumns(), ngo.AuditEntry{Seq: 123456, At: at, Actor: "user:meena", Action: "conversation.withdraw", Subject: id}, "conversation.withdraw")
	narrow(t, "tokens", tokenColumns(), ngo.Token{ID: id, Label: long, Created: at, Expires: &at}, id)
}

// narrow prints a list of one row for a terminal of 80 columns and for pipes.
func narrow[T any](t *testing.T, list string, columns []column[T], row T, whole string) {
	t.Helper()
	people, out, _ := newTestCall(t, forPeople)
	people.term.width = 80
	pipes, all, _ := newTestCall(t, forPipes)
	for _, c := range []*call{people, pipes} {
		if err := printItems(c, columns, []T{row}); err != nil {
			t.Fatal(err)
		}
	}
	for line := range strings.Lines(out.String()) {
		if n := width(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%s: %d cells: %s", list, n, line)
		}
	}
	if !strings.Contains(out.String(), whole) {
		t.Errorf("%s: %s is cut in\n%s", list, whole, out)
	}
	if heads, _, _ := strings.Cut(all.String(), "\n"); strings.Count(heads, "\t")+1 < len(columns) {
		t.Errorf("%s: pipes get %q of %d columns", list, heads, len(columns))
	}
}

// What gave way stays away for the rest of a long list, whose head stands there already.
func TestALongListKeepsItsColumns(t *testing.T) {
	t.Parallel()
	c, out, _ := newTestCall(t, forPeople)
	c.term.width = 80
	s := newSheet(c, []column[string]{
		{name: "id", value: func(string) any { return strings.Repeat("i", 30) }},
		{name: "day", spare: 1, value: func(v string) any { return v }},
		{name: "text", wide: true, value: func(v string) any { return v }},
	})
	for _, rows := range [][]string{{"short"}, {strings.Repeat("long ", 20)}} {
		if err := s.rows(rows); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Count(out.String(), "short"); got != 2 {
		t.Errorf("the day is there %d times:\n%s", got, out)
	}
	if got := strings.Count(out.String(), "long"); got < 2 {
		t.Errorf("the row behind has lost a column that the head has:\n%s", out)
	}
}
