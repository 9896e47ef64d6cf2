package apiserver_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/apiserver"
	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestReceiptsInTheHandsOfStaff(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	g := give(t, f.org, 1)
	_, finance := f.user("meena", storetest.Slug, ngo.Finance)
	_, agent := f.user("ravi", storetest.Slug, ngo.Agent)
	c := f.with(finance)
	_, err := f.with(agent).VoidReceipt(ctx, storetest.Slug, g.receipt.Number, "A mistake.")
	wantCode(t, err, ngo.Denied)
	_, err = c.VoidReceipt(ctx, storetest.Slug, g.receipt.Number, " ")
	wantCode(t, err, ngo.Invalid)
	_, err = c.VoidReceipt(ctx, storetest.Slug, g.receipt.Number, "A mis\u202etake.")
	wantCode(t, err, ngo.Invalid)
	_, err = c.VoidReceipt(ctx, storetest.Slug, "SVT/2026-27/D/999999", "A mistake.")
	wantCode(t, err, ngo.NotFound)
	_, err = c.IssueReceipt(ctx, storetest.Slug, g.donation, "Lost.")
	wantCode(t, err, ngo.Conflict)

	d, err := c.ReplaceReceipt(ctx, storetest.Slug, g.receipt.Number, "The name was wrong.")
	if err != nil || d.ID != g.donation || d.Reissue != "The name was wrong." || d.Donor.PAN != "ABCxxxxx4F" {
		t.Errorf("ReplaceReceipt = %+v, %v", d, err)
	}
	void, err := c.VoidReceipt(ctx, storetest.Slug, g.receipt.Number, "A mistake.")
	if err != nil || void.State != ngo.ReceiptVoid || void.Reason != "A mistake." || void.Ended == nil {
		t.Errorf("VoidReceipt = %+v, %v", void, err)
	}
	_, err = c.ReplaceReceipt(ctx, storetest.Slug, g.receipt.Number, "The name was wrong.")
	wantCode(t, err, ngo.Conflict)
	data, err := c.ReceiptCopy(ctx, storetest.Slug, g.receipt.Number)
	if err != nil || !bytes.HasPrefix(data, []byte("%PDF-")) {
		t.Errorf("the void one = %.10q, %v", data, err)
	}
	gaps, err := c.ReceiptGaps(ctx, storetest.Slug)
	if err != nil || len(gaps) != 1 || gaps[0].Series != "SVT/2026-27/D" || gaps[0].Void != 1 || gaps[0].Last != 1 || gaps[0].Findings == nil {
		t.Errorf("ReceiptGaps = %+v, %v", gaps, err)
	}
	if d, err = c.IssueReceipt(ctx, storetest.Slug, g.donation, "It was none."); err != nil || d.NoReceipt || d.Reissue != "" {
		t.Errorf("IssueReceipt = %+v, %v", d, err)
	}
	jobs, err := f.local.Jobs(ctx, storetest.Slug, api.JobQuery{Kind: ngo.JobReact})
	if err != nil || !slices.ContainsFunc(jobs.Items, func(j ngo.Job) bool { return j.Subject == string(g.donation) }) {
		t.Errorf("jobs = %+v, %v; want one that issues it", jobs.Items, err)
	}
}

func TestManyReceiptsAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	var voided []ngo.DonationID
	const gifts = 60
	for n := range gifts {
		g := give(t, f.org, n)
		if n%3 == 0 {
			storetest.Write(t, f.org, func(tx *store.Tx) error { return tx.VoidByHand(g.receipt.ID, "A mistake.") })
			voided = append(voided, g.donation)
		}
	}
	issue := func(q api.BulkReceipts) (reports []api.BulkReport, touched []ngo.DonationID) {
		t.Helper()
		for {
			r, err := f.local.BulkIssue(ctx, storetest.Slug, q)
			if err != nil {
				t.Fatal(err)
			}
			reports = append(reports, r)
			for _, one := range r.Touched {
				if one.Problem != "" {
					t.Errorf("touched %+v", one)
				}
				touched = append(touched, one.Donation)
			}
			if q.After = r.Next; r.Next == "" {
				return reports, touched
			}
		}
	}
	_, err := f.local.BulkIssue(ctx, storetest.Slug, api.BulkReceipts{})
	wantCode(t, err, ngo.Invalid) // without a reason
	_, err = f.local.BulkIssue(ctx, storetest.Slug, api.BulkReceipts{From: "yesterday", Reason: "x"})
	wantCode(t, err, ngo.Invalid)
	if _, touched := issue(api.BulkReceipts{DryRun: true}); len(touched) != 0 {
		t.Errorf("without Again %d were touched: their receipts were mistakes", len(touched))
	}
	if _, touched := issue(api.BulkReceipts{DryRun: true, Again: true, To: "2026-01-01"}); len(touched) != 0 {
		t.Errorf("%d were touched of a time before any", len(touched))
	}
	reports, touched := issue(api.BulkReceipts{DryRun: true, Again: true, Limit: 7})
	slices.Sort(touched)
	if len(reports) != 3 || reports[0].Count != 7 || !slices.Equal(touched, voided) {
		t.Errorf("a dry run: %d parts, %d touched; want 3 with %d", len(reports), len(touched), len(voided))
	}
	if _, touched = issue(api.BulkReceipts{Again: true, Limit: 7, Reason: "They were none."}); len(touched) != len(voided) {
		t.Errorf("%d were touched; want %d", len(touched), len(voided))
	}
	for _, id := range voided {
		d, err := f.local.Donation(ctx, storetest.Slug, id)
		if err != nil || d.NoReceipt {
			t.Fatalf("gift after the run = %+v, %v", d.Donation, err)
		}
	}
}

func TestManyMailsAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	const gifts = 30
	var all []gift
	for n := range gifts {
		all = append(all, give(t, f.org, n))
	}
	for n, to := range []ngo.MessageState{ngo.MessageFailed, ngo.MessageFailed, ngo.MessageSent, ngo.MessageSent, ngo.MessageSent} {
		storetest.Write(t, f.org, func(tx *store.Tx) error { return tx.MoveMessage(all[n].message, to, "x", "", "") })
	}
	nobody, phone := "", "98765 43210"
	_, err := f.local.EditDonation(ctx, storetest.Slug, all[1].donation, api.DonationEdit{EMail: &nobody, Phone: &phone})
	if err != nil {
		t.Fatal(err)
	}
	dry, err := f.local.BulkSend(ctx, storetest.Slug, api.BulkReceipts{DryRun: true})
	if err != nil || dry.Count != 1 || dry.Failed != 1 || len(dry.Touched) != 2 || dry.Next != "" {
		t.Errorf("a dry run = %+v, %v; want the two whose mail failed, one without an address", dry, err)
	}
	if r, err := f.local.BulkSend(ctx, storetest.Slug, api.BulkReceipts{Reason: "The server was down."}); err != nil || r.Count != 1 || r.Failed != 1 {
		t.Errorf("BulkSend = %+v, %v", r, err)
	}
	r, err := f.local.BulkSend(ctx, storetest.Slug, api.BulkReceipts{Reason: "A new letterhead.", Again: true, Series: "SVT/2026-27/D"})
	if err != nil || r.Count != 3 || r.Failed != 1 {
		t.Errorf("BulkSend again = %+v, %v; want those sent before, not those on their way", r, err)
	}
	if r, err = f.local.BulkSend(ctx, storetest.Slug, api.BulkReceipts{Reason: "x", Again: true, Series: "SVT/2026-27/F"}); err != nil || r.Count != 0 || r.Touched == nil {
		t.Errorf("BulkSend of another series = %+v, %v", r, err)
	}
	jobs, err := f.local.Jobs(ctx, storetest.Slug, api.JobQuery{Kind: ngo.JobDeliver})
	if err != nil || len(jobs.Items) != 4 {
		t.Errorf("%d jobs, %v; want one for each mail", len(jobs.Items), err)
	}
}

func ink(t testing.TB, w, h int) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for x := range w {
		img.SetNRGBA(x, h/2, color.NRGBA{B: 150, A: 255})
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestPicturesOnReceipts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	_, admin := f.user("meena", storetest.Slug, ngo.Admin)
	c := f.with(admin)
	_, err := c.Picture(ctx, storetest.Slug, api.Logo)
	wantCode(t, err, ngo.NotFound)
	p, err := c.SetPicture(ctx, storetest.Slug, api.Logo, ink(t, 1600, 400))
	if err != nil || p.Kind != api.Logo || p.Type != "image/png" || p.Width != 800 || p.Height != 200 || p.Bytes == 0 {
		t.Fatalf("SetPicture = %+v, %v", p, err)
	}
	first, err := c.Picture(ctx, storetest.Slug, api.Logo)
	if err != nil || len(first) != p.Bytes {
		t.Errorf("Picture = %d bytes, %v; want %d", len(first), err, p.Bytes)
	}
	_, err = c.Picture(ctx, storetest.Slug, api.Signature)
	wantCode(t, err, ngo.NotFound)
	if _, err := c.SetPicture(ctx, storetest.Slug, api.Signature, ink(t, 300, 100)); err != nil {
		t.Fatal(err)
	}
	o, err := c.Org(ctx, storetest.Slug)
	if err != nil || o.Profile.Logo == "" || o.Profile.Signature == "" || o.Profile.Logo == o.Profile.Signature {
		t.Errorf("profile = %+v, %v", o.Profile, err)
	}

	// A receipt keeps its picture, whatever the organisation has by then.
	g := give(t, f.org, 1)
	before := f.draw(g)
	if _, err := c.SetPicture(ctx, storetest.Slug, api.Logo, ink(t, 64, 64)); err != nil {
		t.Fatal(err)
	}
	if after := f.draw(g); !bytes.Equal(before, after) {
		t.Error("a new logo changed an old paper")
	}
	acts, err := c.Acts(ctx, storetest.Slug, api.ListQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Undo(ctx, storetest.Slug, acts.Items[0].ID); err != nil {
		t.Fatal(err)
	}
	if again, err := c.Picture(ctx, storetest.Slug, api.Logo); err != nil || !bytes.Equal(again, first) {
		t.Errorf("after undoing: %d bytes, %v; want the first logo", len(again), err)
	}
	if err := c.DropPicture(ctx, storetest.Slug, api.Logo); err != nil {
		t.Fatal(err)
	}
	wantCode(t, c.DropPicture(ctx, storetest.Slug, api.Logo), ngo.NotFound)
	f.keepsEveryPicture()
}

// draw gives the paper of a gift's receipt with the pictures of its day.
func (f *fixture) draw(g gift) []byte {
	f.t.Helper()
	// The first print is the original, the others are alike.
	for range 2 {
		if _, err := f.local.ReceiptCopy(f.t.Context(), storetest.Slug, g.receipt.Number); err != nil {
			f.t.Fatal(err)
		}
	}
	data, err := f.local.ReceiptCopy(f.t.Context(), storetest.Slug, g.receipt.Number)
	if err != nil {
		f.t.Fatal(err)
	}
	return data
}

// keepsEveryPicture checks that no file that a paper or an undoing may need is taken for an orphan.
func (f *fixture) keepsEveryPicture() {
	f.t.Helper()
	shelf, err := f.blobs.Of(f.org.Info())
	if err != nil {
		f.t.Fatal(err)
	}
	n, err := shelf.Sweep(f.t.Context(), farFuture, func(ids []ngo.BlobID) (known map[ngo.BlobID]bool, err error) {
		storetest.Read(f.t, f.org, func(rx *store.Rx) error { known, err = rx.BlobsKnown(ids); return err })
		return known, err
	})
	if n != 0 || err != nil {
		f.t.Errorf("%d pictures were swept, %v", n, err)
	}
}

func TestPicturesThatAreRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for name, tt := range map[string]struct {
		data []byte
		code ngo.Code
	}{
		"text":      {[]byte("<svg/>"), ngo.Invalid},
		"cut off":   {ink(t, 100, 100)[:60], ngo.Invalid},
		"too large": {append(ink(t, 10, 10), make([]byte, receipt.MaxPicture)...), ngo.TooLarge},
		"pixels":    {ink(t, 2100, 2000), ngo.Invalid},
		"empty":     {[]byte{}, ngo.Invalid},
	} {
		_, err := f.local.SetPicture(t.Context(), storetest.Slug, api.Logo, tt.data)
		if ngo.CodeOf(err) != tt.code {
			t.Errorf("%s: %v; want %s", name, err, tt.code)
		}
	}
	_, err := f.local.SetPicture(t.Context(), storetest.Slug, "face", ink(t, 10, 10))
	wantCode(t, err, ngo.Invalid)
	status, _ := f.send("PUT", "/orgs/sevai/pictures/logo", "application/json", `{}`)
	if status != http.StatusUnprocessableEntity {
		t.Errorf("JSON for a picture: %d", status)
	}
	res := httptest.NewRecorder()
	req := httptest.NewRequest("PUT", "/api/v1/orgs/sevai/pictures/logo", io.LimitReader(strings.NewReader(strings.Repeat("x", 2<<20)), 2<<20))
	req.Header.Set("Content-Type", "image/png")
	f.srv.ServeHTTP(res, req)
	if res.Code != http.StatusUnauthorized {
		t.Errorf("a stranger's picture: %d", res.Code)
	}
}

func TestStatusTellsWhatStandsInTheWay(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *apiserver.Options) { o.Problems = []string{"the law in 2025.toml cannot be used: line 3: x"} })
	ctx := t.Context()
	problems := func() []string {
		t.Helper()
		s, err := f.local.Status(ctx)
		if err != nil || len(s.Problems) != 1 || !strings.Contains(s.Problems[0], "line 3") {
			t.Fatalf("Status = %+v, %v", s, err)
		}
		for _, o := range s.Orgs {
			if o.Org == storetest.Slug {
				return o.Problems
			}
		}
		return nil
	}
	if got := problems(); len(got) != 1 || !strings.Contains(got[0], "mail account") {
		t.Errorf("problems = %q; want only that there is no mail", got)
	}
	for _, tt := range []struct {
		from, until ngo.Date
		want        string
	}{
		{"", "", "No approval"},
		{"2021-04-01", "2022-03-31", "ended on"},
		{"2121-04-01", "2122-03-31", "from 1 April 2121 only"},
		{"2021-04-01", inMonths(1), "ends on"},
		{"2021-04-01", inMonths(3), "mail account"},
	} {
		if _, err := f.local.SetProfile(ctx, storetest.Slug, api.ProfileEdit{ApprovalFrom: &tt.from, ApprovalUntil: &tt.until}); err != nil {
			t.Fatal(err)
		}
		if got := problems(); !strings.Contains(got[0], tt.want) {
			t.Errorf("%s to %s: %q, want %q", tt.from, tt.until, got, tt.want)
		}
	}
}

// A connection by which nothing goes is named, and no more once it is mended.
func TestStatusTellsOfAlarms(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a := f.connect(askable())
	alarmed := func(alarm string) bool {
		t.Helper()
		storetest.Write(t, f.org, func(tx *store.Tx) error { return tx.SaveHealth(a.ID, ngo.Health{Alarm: alarm}) })
		s, err := f.local.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range s.Orgs {
			if o.Org == storetest.Slug {
				return slices.ContainsFunc(o.Problems, func(p string) bool {
					return strings.Contains(p, a.Name+": Messages do not go out: the token has ended. See: ")
				})
			}
		}
		return false
	}
	for _, alarm := range []string{"Messages do not go out: the token has ended", "Messages do not go out: the token has ended."} {
		if !alarmed(alarm) {
			t.Errorf("%q is not told", alarm)
		}
	}
	if alarmed("") {
		t.Error("what is mended is told")
	}
}

var farFuture = time.Now().AddDate(1, 0, 0)

func inMonths(n int) ngo.Date { return ngo.DateOf(time.Now().AddDate(0, n, 0), time.UTC) }
