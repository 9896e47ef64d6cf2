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

// Receipts lists receipts, newest first.
func (c *Client) Receipts(ctx context.Context, org string, q ReceiptQuery) (Page[ngo.Receipt], error) {
	return call[Page[ngo.Receipt]](ctx, c, get("orgs", org, "receipts").with(q.values()))
}

// Receipt gives the receipt with this id or number.
func (c *Client) Receipt(ctx context.Context, org, idOrNumber string) (Receipt, error) {
	return call[Receipt](ctx, c, get("orgs", org, "receipts", idOrNumber))
}

// ReceiptPDF gives the document of the receipt with this id or number.
func (c *Client) ReceiptPDF(ctx context.Context, org, idOrNumber string) ([]byte, error) {
	return c.bytes(ctx, get("orgs", org, "receipts", idOrNumber, "pdf"), maxDocument)
}

// SendReceipt queues the mail with a receipt again. Codes: NotFound, Invalid when no address is known.
func (c *Client) SendReceipt(ctx context.Context, org, idOrNumber string) (ngo.Message, error) {
	return call[ngo.Message](ctx, c, post(nil, "orgs", org, "receipts", idOrNumber, "send"))
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
