package api

import (
	"context"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Org gives one organisation. An organisation in which the caller has no role is NotFound, here and everywhere.
func (c *Client) Org(ctx context.Context, org string) (Org, error) {
	return call[Org](ctx, c, get("orgs", org))
}

// SetProfile changes what an organisation's receipts say of it. It can be undone.
func (c *Client) SetProfile(ctx context.Context, org string, e ProfileEdit) (Org, error) {
	return call[Org](ctx, c, patch(e, "orgs", org))
}

// Summary gives an organisation at a glance.
func (c *Client) Summary(ctx context.Context, org string) (Summary, error) {
	return call[Summary](ctx, c, get("orgs", org, "summary"))
}

// Gateways lists the connections to payment gateways.
func (c *Client) Gateways(ctx context.Context, org string) ([]Account, error) {
	return list[Account](ctx, c, get("orgs", org, "gateways"))
}

// Gateway gives the connection to one gateway.
func (c *Client) Gateway(ctx context.Context, org, name string) (Account, error) {
	return call[Account](ctx, c, get("orgs", org, "gateways", name))
}

// AddGateway connects to a payment gateway; the answer has the URL to enter there. Codes: Invalid, Conflict.
func (c *Client) AddGateway(ctx context.Context, org string, a AddAccount) (Account, error) {
	return call[Account](ctx, c, post(a, "orgs", org, "gateways"))
}

// RemoveGateway ends a connection. What came through it stays; it can be undone.
func (c *Client) RemoveGateway(ctx context.Context, org, name string) error {
	return c.send(ctx, remove("orgs", org, "gateways", name))
}

// SetGateway changes settings of a connection and keeps the others. When no secret is among them it can be undone. Codes:
// NotFound, Invalid.
func (c *Client) SetGateway(ctx context.Context, org, name string, s SetAccount) (Account, error) {
	return call[Account](ctx, c, patch(s, "orgs", org, "gateways", name))
}

// RotateSecret gives a secret of a connection a new value; the old one counts for 15 days more. Codes: NotFound, Invalid.
func (c *Client) RotateSecret(ctx context.Context, org, name string, r Rotate) (Account, error) {
	return call[Account](ctx, c, post(r, "orgs", org, "gateways", name, "rotate"))
}

// TestGateway tries the credentials of a connection, and the way in by a signed delivery that means nothing. What does not
// work is in the answer and no error. Codes: NotFound, Unavailable without a daemon.
func (c *Client) TestGateway(ctx context.Context, org, name string) (GatewayTest, error) {
	r := post(nil, "orgs", org, "gateways", name, "test")
	r.slow = true
	return call[GatewayTest](ctx, c, r)
}

// CatchUp asks a gateway for what was missed and records it, however long that takes. It may be repeated. Codes: NotFound,
// Invalid where the gateway cannot be asked, Unavailable without a daemon.
func (c *Client) CatchUp(ctx context.Context, org, name string, q CatchUpRequest) (CatchUpReport, error) {
	r := post(q, "orgs", org, "gateways", name, "catch-up")
	r.slow = true
	return call[CatchUpReport](ctx, c, r)
}

// Channels lists the connections to messaging channels.
func (c *Client) Channels(ctx context.Context, org string) ([]Account, error) {
	return list[Account](ctx, c, get("orgs", org, "channels"))
}

// Channel gives the connection to one channel.
func (c *Client) Channel(ctx context.Context, org, name string) (Account, error) {
	return call[Account](ctx, c, get("orgs", org, "channels", name))
}

// AddChannel connects to a messaging channel. Codes: Invalid, Conflict.
func (c *Client) AddChannel(ctx context.Context, org string, a AddAccount) (Account, error) {
	return call[Account](ctx, c, post(a, "orgs", org, "channels"))
}

// RemoveChannel ends a connection. What went through it stays; it can be undone.
func (c *Client) RemoveChannel(ctx context.Context, org, name string) error {
	return c.send(ctx, remove("orgs", org, "channels", name))
}

// CheckChannel has the daemon connect and log in to the channel, without sending anything.
func (c *Client) CheckChannel(ctx context.Context, org, name string) (Check, error) {
	return call[Check](ctx, c, post(nil, "orgs", org, "channels", name, "check"))
}

// Donations lists gifts, newest first.
func (c *Client) Donations(ctx context.Context, org string, q DonationQuery) (Page[ngo.Donation], error) {
	return call[Page[ngo.Donation]](ctx, c, get("orgs", org, "donations").with(q.values()))
}

// Donation gives a gift with its timeline, receipt and messages.
func (c *Client) Donation(ctx context.Context, org string, id ngo.DonationID) (Donation, error) {
	return call[Donation](ctx, c, get("orgs", org, "donations", string(id)))
}

// AddDonation enters a gift that came by hand. The ledger has it soon after: the answer to the same question, under the same
// key, then tells of it. Codes: Invalid, Conflict when the key was used for another gift.
func (c *Client) AddDonation(ctx context.Context, org string, n NewDonation) (Entered, error) {
	return call[Entered](ctx, c, post(n, "orgs", org, "donations"))
}

// EditDonation puts the donor's facts of a gift right; events change them no more. It can be undone until a receipt is
// issued. Codes: NotFound, Invalid, Conflict when the donor was erased.
func (c *Client) EditDonation(ctx context.Context, org string, id ngo.DonationID, e DonationEdit) (Changed, error) {
	return call[Changed](ctx, c, patch(e, "orgs", org, "donations", string(id)))
}

// HoldDonation keeps a gift back for somebody to look at. It can be undone. Codes: NotFound, Invalid, Conflict.
func (c *Client) HoldDonation(ctx context.Context, org string, id ngo.DonationID, reason string) (Changed, error) {
	return call[Changed](ctx, c, post(Why{Reason: reason}, "orgs", org, "donations", string(id), "hold"))
}

// ReleaseDonation says that somebody has looked at a gift: what it is held for counts no more, what it waits for is not
// asked for, and its marks go. The note may be empty. It can be undone. Codes: NotFound, Conflict.
func (c *Client) ReleaseDonation(ctx context.Context, org string, id ngo.DonationID, note string) (Changed, error) {
	return call[Changed](ctx, c, post(Why{Reason: note}, "orgs", org, "donations", string(id), "release"))
}

// RefundDonation has a gift paid back, in full or in part. The gateway is asked soon after, and what it says comes to stand
// in the refund. It cannot be undone. Codes: NotFound, Invalid, Conflict.
func (c *Client) RefundDonation(ctx context.Context, org string, id ngo.DonationID, r RefundRequest) (ngo.Refund, error) {
	return call[ngo.Refund](ctx, c, post(r, "orgs", org, "donations", string(id), "refund"))
}

// Payments lists payments, those seen last first, whether they made a gift or not.
func (c *Client) Payments(ctx context.Context, org string, q PaymentQuery) (Page[ngo.Payment], error) {
	return call[Page[ngo.Payment]](ctx, c, get("orgs", org, "payments").with(q.values()))
}

// Payment gives a payment with all that was told of it.
func (c *Client) Payment(ctx context.Context, org string, id ngo.PaymentID) (Payment, error) {
	return call[Payment](ctx, c, get("orgs", org, "payments", string(id)))
}

// Persons lists persons, newest first.
func (c *Client) Persons(ctx context.Context, org string, q PersonQuery) (Page[ngo.Person], error) {
	return call[Page[ngo.Person]](ctx, c, get("orgs", org, "persons").with(q.values()))
}

// Person gives a person with a page of their gifts.
func (c *Client) Person(ctx context.Context, org string, id ngo.PersonID, q ListQuery) (Person, error) {
	return call[Person](ctx, c, get("orgs", org, "persons", string(id)).with(q.values()))
}

// Purposes lists what gifts are asked for, those closed included.
func (c *Client) Purposes(ctx context.Context, org string) ([]ngo.Purpose, error) {
	return list[ngo.Purpose](ctx, c, get("orgs", org, "purposes"))
}

// AddPurpose enters a purpose. Codes: Invalid, Conflict.
func (c *Client) AddPurpose(ctx context.Context, org string, p NewPurpose) (ngo.Purpose, error) {
	return call[ngo.Purpose](ctx, c, post(p, "orgs", org, "purposes"))
}

// SetPurpose changes a purpose. It can be undone. Codes: NotFound, Invalid, Conflict.
func (c *Client) SetPurpose(ctx context.Context, org, name string, e PurposeEdit) (ngo.Purpose, error) {
	return call[ngo.Purpose](ctx, c, patch(e, "orgs", org, "purposes", name))
}

// ClosePurpose takes no more gifts for a purpose. Those it has stay with it. It can be undone. Codes: NotFound, Conflict.
func (c *Client) ClosePurpose(ctx context.Context, org, name string) error {
	return c.send(ctx, remove("orgs", org, "purposes", name))
}

// Receipts lists receipts, newest first.
func (c *Client) Receipts(ctx context.Context, org string, q ReceiptQuery) (Page[ngo.Receipt], error) {
	return call[Page[ngo.Receipt]](ctx, c, get("orgs", org, "receipts").with(q.values()))
}

// Receipt gives the receipt with this id or number.
func (c *Client) Receipt(ctx context.Context, org, idOrNumber string) (Receipt, error) {
	return call[Receipt](ctx, c, get("orgs", org, "receipts", idOrNumber))
}

// SendReceipt queues the mail with a receipt again, as a copy once the original left. The reason, for the trail, may be empty.
// Codes: NotFound, Invalid when no address is known, Conflict when it is on its way, or does not stand any more.
func (c *Client) SendReceipt(ctx context.Context, org, idOrNumber, reason string) (ngo.Message, error) {
	return call[ngo.Message](ctx, c, post(Why{Reason: reason}, "orgs", org, "receipts", idOrNumber, "send"))
}

// Deliveries lists what providers sent, newest first.
func (c *Client) Deliveries(ctx context.Context, org string, q DeliveryQuery) (Page[ngo.Delivery], error) {
	return call[Page[ngo.Delivery]](ctx, c, get("orgs", org, "deliveries").with(q.values()))
}

// Delivery gives one delivery, without its body.
func (c *Client) Delivery(ctx context.Context, org string, id ngo.DeliveryID) (ngo.Delivery, error) {
	return call[ngo.Delivery](ctx, c, get("orgs", org, "deliveries", string(id)))
}

// ReplayDelivery has a delivery worked on again. Doing so twice changes nothing more.
func (c *Client) ReplayDelivery(ctx context.Context, org string, id ngo.DeliveryID) error {
	return c.send(ctx, post(nil, "orgs", org, "deliveries", string(id), "replay"))
}

// Jobs lists the work in the queue.
func (c *Client) Jobs(ctx context.Context, org string, q JobQuery) (Page[ngo.Job], error) {
	return call[Page[ngo.Job]](ctx, c, get("orgs", org, "jobs").with(q.values()))
}

// Job gives one job.
func (c *Client) Job(ctx context.Context, org string, id ngo.JobID) (ngo.Job, error) {
	return call[ngo.Job](ctx, c, get("orgs", org, "jobs", string(id)))
}

// RetryJob has a parked job tried again now. It fails with Conflict when the job is not parked.
func (c *Client) RetryJob(ctx context.Context, org string, id ngo.JobID) error {
	return c.send(ctx, post(nil, "orgs", org, "jobs", string(id), "retry"))
}

// Audit lists the trail of an organisation, newest first; with org empty that of the appliance, on the socket only.
func (c *Client) Audit(ctx context.Context, org string, q ListQuery) (Page[ngo.AuditEntry], error) {
	return call[Page[ngo.AuditEntry]](ctx, c, get(trail(org)...).with(q.values()))
}

// VerifyAudit checks that no line of the trail was changed, cut out or added; with org empty that of the appliance.
func (c *Client) VerifyAudit(ctx context.Context, org string) (AuditReport, error) {
	r := post(nil, append(trail(org), "verify")...)
	r.slow = true
	return call[AuditReport](ctx, c, r)
}

func trail(org string) []string {
	if org == "" {
		return []string{"audit"}
	}
	return []string{"orgs", org, "audit"}
}

// Acts lists what was done that can be undone, newest first.
func (c *Client) Acts(ctx context.Context, org string, q ListQuery) (Page[ngo.Act], error) {
	return call[Page[ngo.Act]](ctx, c, get("orgs", org, "acts").with(q.values()))
}

// Undo reverses an act and gives the act that did so. It fails with Conflict when it was undone before.
func (c *Client) Undo(ctx context.Context, org string, id ngo.ActID) (ngo.Act, error) {
	return call[ngo.Act](ctx, c, post(nil, "orgs", org, "acts", string(id), "undo"))
}
