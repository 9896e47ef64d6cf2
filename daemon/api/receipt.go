package api

import (
	"context"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// SeriesReport explains the numbers of one series of receipts. Without findings each number from the first to the last is
// on one receipt.
type SeriesReport struct {
	Series   string            `json:"series"`
	First    int64             `json:"first"`
	Last     int64             `json:"last" doc:"The last number that was given."`
	Issued   int64             `json:"issued" doc:"Receipts that stand."`
	Void     int64             `json:"void"`
	Replaced int64             `json:"replaced"`
	Ended    []ngo.EndedNumber `json:"ended" doc:"Each number that stands no more, why, and what stands in its place."`
	Findings []string          `json:"findings" doc:"What is wrong with its numbers, in plain words."`
}

// BulkReceipts asks to issue or to send many receipts. What is empty does not restrict. One call works on one part: as long
// as Next of the report is not empty, go on with it as After.
type BulkReceipts struct {
	From   ngo.Date `json:"from,omitempty" maxLength:"10" doc:"First day of the gifts."`
	To     ngo.Date `json:"to,omitempty" maxLength:"10" doc:"Last day of the gifts."`
	Series string   `json:"series,omitempty" maxLength:"100" doc:"Of receipts to send: only those of this series."`
	Again  bool     `json:"again,omitempty" doc:"To issue: for those too whose receipt was void as a mistake. To send: those too that were mailed before."`
	Reason string   `json:"reason,omitempty" maxLength:"500" doc:"Why; needed but for a dry run."`
	DryRun bool     `json:"dry_run,omitempty" doc:"Tell what would be done, and do nothing."`
	After  string   `json:"after,omitempty" maxLength:"200" doc:"The next of the report before."`
	Limit  int      `json:"limit,omitempty" minimum:"0" maximum:"500" doc:"How many at most in this call; 50 when 0."`
}

// BulkReport is what was done to one part, or would be.
type BulkReport struct {
	Touched []Touched `json:"touched"`
	Count   int       `json:"count" doc:"For how many of them it was done, or would be."`
	Failed  int       `json:"failed" doc:"For how many it cannot be; each says why."`
	Next    string    `json:"next,omitempty" doc:"The after of the request for the part that follows."`
}

// Touched is one gift or receipt of many.
type Touched struct {
	Donation ngo.DonationID `json:"donation_id"`
	Receipt  ngo.ReceiptID  `json:"receipt_id,omitempty"`
	Number   string         `json:"number,omitempty"`
	Problem  string         `json:"problem,omitempty" doc:"Why it cannot be done for this one."`
}

// PictureKind names a picture on an organisation's receipts.
type PictureKind string

// The pictures.
const (
	Logo      PictureKind = "logo"
	Signature PictureKind = "signature"
)

// Picture is a picture as it is kept: decoded and written anew, at most 800 pixels wide.
type Picture struct {
	Kind   PictureKind `json:"kind" enum:"logo,signature"`
	Type   string      `json:"type" enum:"image/png,image/jpeg"`
	Width  int         `json:"width"`
	Height int         `json:"height"`
	Bytes  int         `json:"bytes"`
}

// IssueReceipt has a receipt issued for a gift that has none, soon after. Codes: NotFound, Invalid without a reason, Conflict
// when it has one, or is held, waits or went back.
func (c *Client) IssueReceipt(ctx context.Context, org string, id ngo.DonationID, reason string) (ngo.Donation, error) {
	return call[ngo.Donation](ctx, c, post(Why{Reason: reason}, "orgs", org, "donations", string(id), "receipt"))
}

// VoidReceipt ends a receipt that was a mistake, and tells the donor by mail. Its gift then has none until IssueReceipt. It
// cannot be undone. Codes: NotFound, Invalid without a reason, Conflict when it does not stand any more.
func (c *Client) VoidReceipt(ctx context.Context, org, idOrNumber, reason string) (ngo.Receipt, error) {
	return call[ngo.Receipt](ctx, c, post(Why{Reason: reason}, "orgs", org, "receipts", idOrNumber, "void"))
}

// ReplaceReceipt has a receipt replaced, soon after, by one of the gift's facts as they are then; put those right before. It
// cannot be undone. Codes: NotFound, Invalid without a reason, Conflict when it does not stand any more, or its gift is held.
func (c *Client) ReplaceReceipt(ctx context.Context, org, idOrNumber, reason string) (ngo.Donation, error) {
	return call[ngo.Donation](ctx, c, post(Why{Reason: reason}, "orgs", org, "receipts", idOrNumber, "replace"))
}

// ReceiptCopy gives the document of the receipt with this id or number: the original the first time, when no mail carried it
// either; from then on a copy that says DUPLICATE, VOID or REPLACED. The trail keeps who fetched it.
func (c *Client) ReceiptCopy(ctx context.Context, org, idOrNumber string) ([]byte, error) {
	return c.bytes(ctx, get("orgs", org, "receipts", idOrNumber, "pdf"), maxDocument)
}

// ReceiptGaps explains the numbers of every series of receipts.
func (c *Client) ReceiptGaps(ctx context.Context, org string) ([]SeriesReport, error) {
	return list[SeriesReport](ctx, c, get("orgs", org, "receipts", "gaps"))
}

// BulkIssue has receipts issued for gifts that were received and have none, soon after. Codes: Invalid.
func (c *Client) BulkIssue(ctx context.Context, org string, b BulkReceipts) (BulkReport, error) {
	return call[BulkReport](ctx, c, post(b, "orgs", org, "receipts", "issue"))
}

// BulkSend queues the mail with receipts that stand. Codes: Invalid.
func (c *Client) BulkSend(ctx context.Context, org string, b BulkReceipts) (BulkReport, error) {
	return call[BulkReport](ctx, c, post(b, "orgs", org, "receipts", "send"))
}

// SetPicture gives the organisation's receipts a picture, from a PNG or JPEG of at most 1 MiB and 4 megapixels. Receipts issued
// before keep theirs. It can be undone. Codes: Invalid, TooLarge.
func (c *Client) SetPicture(ctx context.Context, org string, kind PictureKind, data []byte) (Picture, error) {
	r := put(nil, "orgs", org, "pictures", string(kind))
	r.upload = data
	return call[Picture](ctx, c, r)
}

// Picture gives a picture of the organisation's as it is kept. It fails with NotFound when there is none.
func (c *Client) Picture(ctx context.Context, org string, kind PictureKind) ([]byte, error) {
	return c.bytes(ctx, get("orgs", org, "pictures", string(kind)), maxDocument)
}

// DropPicture takes a picture off receipts to come. It can be undone. It fails with NotFound when there is none.
func (c *Client) DropPicture(ctx context.Context, org string, kind PictureKind) error {
	return c.send(ctx, remove("orgs", org, "pictures", string(kind)))
}

// SampleRequest asks for a made-up receipt by mail.
type SampleRequest struct {
	To string `json:"to" minLength:"3" maxLength:"254" doc:"The mail address that gets it."`
}

// SendSample mails a made-up receipt of the organisation's, marked as such, and waits for what the mail server says: that it
// did not go out is in the answer and no error. Codes: Invalid, NotFound without a mail account.
func (c *Client) SendSample(ctx context.Context, org string, r SampleRequest) (Check, error) {
	q := post(r, "orgs", org, "receipts", "sample")
	q.slow = true
	return call[Check](ctx, c, q)
}
