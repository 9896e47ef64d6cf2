package flow

import (
	"context"
	"io"
	"slices"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	mostAtOnce = 200 // events of one transaction: others wait for the writer meanwhile
	mostFiles  = 100 // of one message that are looked at

	mostPuzzles = 2 // tries at a delivery with an error that nobody understands, before the rest of it is recorded without
)

// hearing is a delivery on its way into conversations.
type hearing struct {
	flow     *Flow
	org      *org.Org
	job      ngo.Job
	delivery ngo.Delivery
	via      channel.Account
	own      string // the organisation, as it calls itself
	language string
	items    []item
	masked   bool // a number that is never kept is in the body
}

// item is an event, with all that can be worked out before a transaction is open.
type item struct {
	channel.Event
	place int   // among the delivery's events
	mask  mask  // of an incoming message
	said  said  // of it, too
	wish  *wish // it says nothing but this
	files []store.NewAttachment
	blobs []store.Blob // of the files
}

// hear puts what a delivery of a channel says into conversations. What cannot be understood as a whole is kept for a person; of the
// rest each event stands by itself, so that a broken one costs none of the others. Told again, it changes nothing.
func (f *Flow) hear(ctx context.Context, o *org.Org, job ngo.Job) error {
	h := &hearing{flow: f, org: o, job: job}
	err := h.read(ctx)
	if e := invalid(err); e != nil && h.delivery.ID != "" {
		return write(ctx, o, func(tx *store.Tx) error { return quarantine(tx, job, h.delivery, "", e.Message) })
	}
	if err != nil {
		return err
	}
	if err := h.prepare(ctx); err != nil {
		return err
	}
	return h.record(ctx)
}

// read reads the delivery, and looks at the files in it.
func (h *hearing) read(ctx context.Context) error {
	d, body, err := h.flow.open(ctx, h.org, ngo.DeliveryID(h.job.Subject))
	if err != nil {
		return err
	}
	defer body.Close()
	if _, h.via, err = h.org.ChannelByID(ctx, d.Account); err != nil {
		return err // the account is at fault, not what came by it
	}
	h.delivery = d
	events, files, err := h.normalise(ctx, body)
	if err != nil {
		return err
	}
	for n, e := range events {
		if e.Incoming != nil && e.Incoming.Ref == "" {
			e = channel.Event{Name: e.Name, Unknown: &channel.Unknown{Why: "a message without an id"}}
		}
		h.items = append(h.items, item{Event: e, place: n})
	}
	return h.examine(ctx, files)
}

// normalise reads the body. The files of one that may be large are looked at while it is read.
func (h *hearing) normalise(ctx context.Context, body io.Reader) ([]channel.Event, []*incomingFile, error) {
	receiver, hears := h.via.(channel.Receiver)
	if !hears {
		return nil, nil, &ngo.Error{Code: ngo.Invalid, Message: "nothing comes in by this channel"}
	}
	streamer, streams := h.via.(channel.Streamer)
	if !streams {
		whole, err := io.ReadAll(body)
		if err != nil {
			return nil, nil, err
		}
		events, err := receiver.Normalise(whole)
		return events, nil, err
	}
	s := &files{ctx: ctx, flow: h.flow, org: h.org}
	defer s.stop()
	events, err := streamer.NormaliseFrom(body, s.take)
	return events, s.all, err
}

// prepare works out what the events say.
func (h *hearing) prepare(ctx context.Context) error {
	profile, err := h.org.Profile(ctx)
	if err != nil {
		return err
	}
	h.own, h.language = ngo.Printable(profile.LegalName), profile.Language
	if h.own == "" {
		h.own = ngo.Printable(h.org.Info().Name)
	}
	return h.understand(ctx)
}

func (i *item) prepare(known func(digits string) bool, words wishes) {
	in := i.Incoming
	if in == nil {
		return
	}
	i.mask = mask{known: known, message: in}
	i.say()
	text := in.Text
	if in.Mail != nil && text == "" {
		text = in.Mail.Subject // as mail readers write that unsubscribe by mail
	}
	if w, ok := words.of(text); ok && !in.Echo && !in.Standby && in.Group == "" && (w.stop || !doubtful(in)) {
		i.wish = &w
	}
}

// say works out what a message says, and how its files are called.
func (i *item) say() {
	i.said = i.mask.say(i.Incoming)
	for n := range i.files {
		i.files[n].Name, i.files[n].ContentID = i.mask.text(i.files[n].Name), i.mask.text(i.files[n].ContentID)
	}
	if i.said.masked = i.mask.found > 0; i.said.masked {
		i.dropPage()
	}
}

// doubtful tells whether somebody else may have written a message. To stop is granted to anybody, to be written to again is not.
func doubtful(in *channel.Incoming) bool { return in.Mail != nil && in.Mail.Doubt != "" }

// dropPage leaves a mail's page out: what is masked in the text stands in there as it was written.
func (i *item) dropPage() {
	for n, a := range i.files {
		if a.Kind != pageKind {
			continue
		}
		i.files = slices.Delete(slices.Clone(i.files), n, n+1)
		i.blobs = slices.DeleteFunc(slices.Clone(i.blobs), func(b store.Blob) bool { return b.ID == a.Blob })
		return
	}
}

// record writes it all. Of very many events each transaction takes some; a crash between two costs nothing, since what was
// recorded is recorded once.
func (h *hearing) record(ctx context.Context) error {
	rest := h.items
	for len(rest) > mostAtOnce {
		if err := h.write(ctx, rest[:mostAtOnce], nil); err != nil {
			return err
		}
		rest = rest[mostAtOnce:]
	}
	return h.write(ctx, rest, h.settle)
}

// write records some events in one transaction, with what ends it. Where one of them cannot be recorded, each is by itself, and that one
// is left out with the reason.
func (h *hearing) write(ctx context.Context, some []item, end func(*store.Tx) error) error {
	err := write(ctx, h.org, func(tx *store.Tx) error {
		if err := h.put(tx, some); err != nil || end == nil {
			return err
		}
		return end(tx)
	})
	if !h.broken(err) {
		return err
	}
	h.flow.log.Warn("events recorded one by one", "org", h.org.Info().Slug, "delivery", h.delivery.ID, "err", err)
	for n := range some {
		err := write(ctx, h.org, func(tx *store.Tx) error { return h.one(tx, &some[n]) })
		if h.broken(err) {
			some[n].Event = channel.Event{Name: some[n].Name, Unknown: &channel.Unknown{Why: refusalOf(err).reason}}
		} else if err != nil {
			return err
		}
	}
	if end == nil {
		return nil
	}
	return write(ctx, h.org, end)
}

// broken tells whether it is an event that cannot be recorded, and not the box that is in trouble: of an error that nobody understands,
// when it comes again and again.
func (h *hearing) broken(err error) bool {
	return ngo.Permanent(err) || ngo.CodeOf(err) == ngo.Internal && h.job.Attempts >= mostPuzzles
}

func (h *hearing) put(tx *store.Tx, some []item) error {
	for n := range some {
		if err := h.one(tx, &some[n]); err != nil {
			return err
		}
	}
	return nil
}

// one records one event.
func (h *hearing) one(tx *store.Tx, i *item) error {
	switch {
	case i.Incoming != nil:
		return h.incoming(tx, i)
	case i.Status != nil:
		return h.status(tx, i)
	case i.Change != nil:
		return h.change(tx, i)
	case i.Template != nil:
		return h.template(tx, i)
	case i.Preference != nil:
		return h.preference(tx, i)
	case i.Problem != nil:
		return h.problem(tx, i)
	case i.Errand != nil:
		return tx.Enqueue(ngo.LaneDocument, ngo.JobErrand, errandSubject(h.delivery.ID, i.place), 0)
	}
	return nil
}
