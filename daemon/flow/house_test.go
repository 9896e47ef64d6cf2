package flow_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-message/mail"
	"go.uber.org/goleak"

	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/email"
	"github.com/ngoctl/ngoctl/daemon/channel/whatsapp"
	"github.com/ngoctl/ngoctl/daemon/flow"
	"github.com/ngoctl/ngoctl/daemon/inspect"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/payment/payu"
	"github.com/ngoctl/ngoctl/daemon/payment/razorpay"
	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/daemon/typeset"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestMain(m *testing.M) {
	if inspect.IsChild(os.Args[1:]) {
		os.Exit(inspect.Child())
	}
	if dir := os.Getenv(dyingIn); dir != "" {
		if err := workIn(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

const secret = "whsec"

// house is an organisation with all that the steps need, and a clock that the test turns.
type house struct {
	t       testing.TB
	store   *store.Store
	org     *store.Org
	gateway ngo.Account
	flow    *flow.Flow
	blobs   *blob.Shelves
	book    *org.Book
	sim     *sim.Razorpay
	skew    atomic.Int64
	busy    atomic.Bool // no errand can be run now
}

// withoutPages leaves the house without an address for donors.
func withoutPages(o *flow.Options) { o.BaseURL = "" }

func newHouse(t testing.TB, change ...func(*flow.Options)) *house {
	t.Helper()
	return houseIn(t, t.TempDir(), change...)
}

// houseIn opens the house in a folder, and makes it there when it is new.
func houseIn(t testing.TB, dir string, change ...func(*flow.Options)) *house {
	t.Helper()
	h := &house{t: t, sim: sim.NewRazorpay(1, secret)}
	h.sim.Plain = true
	h.store = storetest.Open(t, storetest.In(dir), storetest.At(h.now))
	h.open()
	book, err := org.New(org.Options{Store: h.store, Now: h.now, Gateways: []payment.Driver{razorpay.New(), payu.New(), deaf{payu.New()}},
		Channels: []channel.Driver{email.New(email.Options{Now: h.now, Patience: email.Patience{Connect: 2 * time.Second, Command: 2 * time.Second}}), whatsapp.New(), plain{&h.busy}}})
	must(t, err)
	h.book = book
	t.Cleanup(book.Close)
	blobs := blob.NewShelves(dir, storetest.Keys())
	t.Cleanup(func() { must(t, blobs.Close()) })
	h.blobs = blobs
	laws, _, err := receipt.LoadLaws(nil)
	must(t, err)
	o := flow.Options{Feed: h.store.Feed(), Book: book, Blobs: blobs, Laws: laws, Fonts: typeset.New(), BaseURL: "https://ngo.example", Now: h.now}
	for _, c := range change {
		c(&o)
	}
	h.flow, err = flow.New(o)
	must(t, err)
	return h
}

// open finds the organisation and its gateway, or makes them.
func (h *house) open() {
	h.t.Helper()
	var err error
	if h.org, err = h.store.Org(h.t.Context(), storetest.Slug); err == nil {
		h.read(func(rx *store.Rx) (err error) { h.gateway, err = rx.Account(ngo.Gateway, "razorpay"); return err })
		return
	}
	h.org = storetest.AddOrg(h.t, h.store, storetest.Slug)
	gateway := h.org.NewAccount(ngo.Gateway, "razorpay", "razorpay", nil, map[string]string{"webhook-secret": secret})
	h.write(func(tx *store.Tx) error { return tx.AddAccount(gateway) })
	h.gateway = gateway.Account
}

// close leaves the folder to another program.
func (h *house) close() { must(h.t, h.store.Close()) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) now() time.Time { return time.Now().Add(time.Duration(h.skew.Load())) }

// later lets time pass.
func (h *house) later(d time.Duration) { h.skew.Add(int64(d)) }

func (h *house) write(fn func(*store.Tx) error) { h.t.Helper(); storetest.Write(h.t, h.org, fn) }
func (h *house) read(fn func(*store.Rx) error)  { h.t.Helper(); storetest.Read(h.t, h.org, fn) }

// mailServer starts a mail server and makes it the organisation's.
func (h *house) mailServer(o sim.SMTPOptions) *sim.SMTP {
	h.t.Helper()
	server, err := sim.NewSMTP(o)
	must(h.t, err)
	h.t.Cleanup(server.Close)
	h.addMail(map[string]string{"smtp": server.Addr(), "from": "office@sevai.example"}, nil)
	return server
}

func (h *house) addMail(settings, secrets map[string]string) ngo.Account {
	h.t.Helper()
	a := h.org.NewAccount(ngo.Channel, "email", "email", settings, secrets)
	h.write(func(tx *store.Tx) error { return tx.AddAccount(a) })
	return a.Account
}

// content gives what a file of the organisation holds.
func (h *house) content(id ngo.BlobID) []byte {
	h.t.Helper()
	var b store.Blob
	h.read(func(rx *store.Rx) (err error) { b, err = rx.Blob(id); return err })
	shelf, err := h.blobs.Of(h.org.Info())
	must(h.t, err)
	data, err := shelf.Get(h.t.Context(), blob.Blob{ID: b.ID, Size: b.Size, SHA: b.SHA, Key: b.Key})
	must(h.t, err)
	return data
}

// deliver brings in a body as the webhook does.
func (h *house) deliver(body []byte) ngo.DeliveryID {
	h.t.Helper()
	d := h.org.NewDelivery(h.gateway.ID, "", body)
	h.write(func(tx *store.Tx) error { _, err := tx.AddDelivery(d); return err })
	return d.ID
}

// work does every job that is due, and what follows from it, and gives the errors of those that failed.
func (h *house) work() (errs []error) {
	h.t.Helper()
	for range 100 {
		jobs := h.claim()
		if len(jobs) == 0 {
			return errs
		}
		for _, j := range jobs {
			if err := h.run(j); err != nil {
				errs = append(errs, err)
				h.write(func(tx *store.Tx) error { return tx.Park(j, err.Error()) })
			}
		}
	}
	h.t.Fatal("the work has no end")
	return nil
}

func (h *house) run(j ngo.Job) error {
	return h.flow.Handlers()[j.Kind](context.WithoutCancel(h.t.Context()), h.org, j)
}

func (h *house) claim() (jobs []ngo.Job) {
	h.t.Helper()
	for _, lane := range ngo.Lanes {
		h.write(func(tx *store.Tx) error {
			some, err := tx.Claim(lane, 100, time.Minute)
			jobs = append(jobs, some...)
			return err
		})
	}
	return jobs
}

// state is all that the steps have left.
type state struct {
	deliveries []ngo.Delivery
	donations  []ngo.Donation
	receipts   []ngo.Receipt
	messages   []ngo.Message
	jobs       []ngo.Job
}

func (h *house) state() (s state) {
	h.t.Helper()
	all := store.ListQuery{Limit: 500}
	h.read(func(rx *store.Rx) (err error) {
		s.deliveries, _, err = rx.Deliveries(store.DeliveryQuery{ListQuery: all})
		must(h.t, err)
		s.donations, _, err = rx.Donations(store.DonationQuery{ListQuery: all})
		must(h.t, err)
		s.receipts, _, err = rx.Receipts(store.ReceiptQuery{ListQuery: all})
		must(h.t, err)
		s.messages, _, err = rx.Messages(store.MessageQuery{ListQuery: all})
		must(h.t, err)
		s.jobs, _, err = rx.Jobs(store.JobQuery{ListQuery: all})
		return err
	})
	return s
}

// readMail gives the subject and text of a mail, not its page, and its attachments by name.
func readMail(t *testing.T, data []byte) (subject, text string, files map[string][]byte) {
	t.Helper()
	files = map[string][]byte{}
	subject = eachPart(t, data, func(kind, name string, body []byte) {
		switch {
		case name != "":
			files[name] = body
		case kind == "text/plain":
			text += string(body)
		}
	})
	return subject, text, files
}

// readPage gives what readers of HTML see of a mail.
func readPage(t *testing.T, data []byte) (page string) {
	t.Helper()
	eachPart(t, data, func(kind, name string, body []byte) {
		if kind == "text/html" && name == "" {
			page += string(body)
		}
	})
	return page
}

// eachPart reads a mail part by part; a file has a name.
func eachPart(t *testing.T, data []byte, do func(kind, name string, body []byte)) (subject string) {
	t.Helper()
	r, err := mail.CreateReader(bytes.NewReader(data))
	must(t, err)
	subject, err = r.Header.Subject()
	must(t, err)
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return subject
		}
		must(t, err)
		body, err := io.ReadAll(part.Body)
		must(t, err)
		switch h := part.Header.(type) {
		case *mail.AttachmentHeader:
			name, err := h.Filename()
			must(t, err)
			do("", name, body)
		case *mail.InlineHeader:
			kind, _, err := h.ContentType()
			must(t, err)
			do(kind, "", body)
		}
	}
}
