package email

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// place is how far a mailbox has been read. UIDs count up within a validity and mean nothing in another.
type place struct {
	validity uint32
	uid      imap.UID
	since    time.Time // what came before this day has been read, or is to be left alone, whatever its UID
}

const sinceMark = "20060102"

// String is the mark: VALIDITY:UID:DAY.
func (p place) String() string {
	return fmt.Sprintf("%d:%d:%s", p.validity, p.uid, p.since.Format(sinceMark))
}

// placeOf reads a mark; a zero place for one that is none.
func placeOf(mark string) place {
	part := strings.Split(mark, ":")
	if len(part) != 3 {
		return place{}
	}
	validity, err1 := strconv.ParseUint(part[0], 10, 32)
	uid, err2 := strconv.ParseUint(part[1], 10, 32)
	since, err3 := time.Parse(sinceMark, part[2])
	if errors.Join(err1, err2, err3) != nil {
		return place{}
	}
	return place{uint32(validity), imap.UID(uid), since}
}

const (
	firstBack = 3 * 24 * time.Hour // how far back the first look goes
	overlap   = 7 * 24 * time.Hour // how far back a new start goes, before the last mail that was read
	batch     = 200                // mails asked about at once
	giveUp    = 3                  // times that the line may break at one mail
)

// Listen gives what has come to the mailbox since the mark, and waits for more.
func (m *Mailbox) Listen(ctx context.Context, mark string, take func(context.Context, channel.Heard) error) error {
	l, err := m.dial(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	data, err := l.open(ctx, m.inbox.folder)
	if err != nil {
		return err
	}
	at := m.start(placeOf(mark), data)
	for {
		if at, err = m.catchUp(ctx, l, at, take); err != nil {
			return err
		}
		if err := l.wait(ctx); err != nil {
			return err
		}
	}
}

// start says where reading goes on: after the mark, or, where the server counts anew, from the day of the mark. Some count anew and
// do not say so: then the mark is ahead of them.
func (m *Mailbox) start(at place, data *imap.SelectData) place {
	if at.since.IsZero() {
		at.since = m.inbox.since
	}
	if at.since.IsZero() {
		at.since = m.options.Now().Add(-firstBack)
	}
	if at.validity != data.UIDValidity || data.UIDNext != 0 && at.uid >= data.UIDNext {
		at.uid = 0
	}
	at.validity = data.UIDValidity
	return at
}

// catchUp takes all that has come after a place, and gives the place after that.
func (m *Mailbox) catchUp(ctx context.Context, l *line, at place, take func(context.Context, channel.Heard) error) (place, error) {
	for {
		select { // what is told from here on may have come too late for this search
		case <-l.news:
		default:
		}
		found, err := l.search(ctx, at)
		if err != nil || len(found) == 0 {
			return at, err
		}
		for chunk := range slices.Chunk(found, batch) {
			sizes, err := l.sizes(ctx, chunk)
			if err != nil {
				return at, err
			}
			for _, s := range sizes {
				next := place{at.validity, s.uid, at.since}
				if day := s.came.Add(-overlap); !s.came.IsZero() && day.After(next.since) && s.came.Before(m.options.Now().Add(24*time.Hour)) {
					next.since = day
				}
				if err := m.fetch(ctx, l, s, next, take); err != nil {
					return at, err
				}
				at = next
			}
			if last := chunk[len(chunk)-1]; last > at.uid { // those at the end are gone meanwhile
				at.uid = last
			}
		}
	}
}

// search gives the UIDs after a place, in their order.
func (l *line) search(ctx context.Context, at place) ([]imap.UID, error) {
	l.command()
	var after imap.UIDSet
	after.AddRange(at.uid+1, 0)
	criteria := &imap.SearchCriteria{UID: []imap.UIDSet{after}}
	if at.uid == 0 {
		criteria.Since = at.since
	}
	data, err := l.client.UIDSearch(criteria, nil).Wait()
	if err != nil {
		return nil, l.explain(ctx, err)
	}
	set, ok := data.All.(imap.UIDSet)
	if !ok {
		return nil, nil
	}
	found, ok := numbers(set)
	if !ok {
		return nil, &ngo.Error{Code: ngo.Unavailable, Message: "the mail server's answer makes no sense"}
	}
	found = slices.DeleteFunc(found, func(u imap.UID) bool { return u <= at.uid }) // n:* is at least the last one
	slices.Sort(found)
	return slices.Compact(found), nil
}

// mostFound is more than a mailbox holds.
const mostFound = 1 << 20

// numbers gives the members of a set. It is not ok for one that has too many: a line can name four thousand million.
func numbers(set imap.UIDSet) (out []imap.UID, ok bool) {
	left := uint64(mostFound)
	for _, r := range set {
		if r.Start == 0 || r.Stop < r.Start || uint64(r.Stop-r.Start) >= left {
			return nil, false
		}
		left -= uint64(r.Stop-r.Start) + 1
		for u := uint64(r.Start); u <= uint64(r.Stop); u++ {
			out = append(out, imap.UID(u))
		}
	}
	return out, true
}

// sized is a mail that lies there.
type sized struct {
	uid  imap.UID
	size int64
	came time.Time
}

// sizes asks for what is known of mails without fetching them. What is not there any more is left out.
func (l *line) sizes(ctx context.Context, uids []imap.UID) ([]sized, error) {
	l.command()
	all, err := l.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true}).Collect()
	if err != nil {
		return nil, l.explain(ctx, err)
	}
	var out []sized
	for _, one := range all {
		if slices.Contains(uids, one.UID) {
			out = append(out, sized{one.UID, one.RFC822Size, one.InternalDate})
		}
	}
	slices.SortFunc(out, func(a, b sized) int { return int(a.uid) - int(b.uid) })
	return out, nil
}

// fetch gives one mail to take, or word of one that is too large or that the line has broken at too often.
func (m *Mailbox) fetch(ctx context.Context, l *line, s sized, next place, take func(context.Context, channel.Heard) error) error {
	broken := m.brokenAt(next)
	if s.size > MostMail || broken >= giveUp {
		why := fmt.Sprintf("it has %d MB, and at most %d MB are read", s.size>>20, MostMail>>20)
		if broken >= giveUp {
			why = "the mail server failed to give it, " + strconv.Itoa(giveUp) + " times"
		}
		m.mended(next)
		return l.skip(ctx, s, next, why, take)
	}
	err := l.give(ctx, s, next, take)
	if e, ok := errors.AsType[*broke](err); ok {
		m.breaks(next)
		return l.explain(ctx, e.error)
	}
	if err == nil {
		m.mended(next)
	}
	return err
}

// broke is an error of the line, not of whoever took the mail.
type broke struct{ error }

func (b *broke) Unwrap() error { return b.error }

func (m *Mailbox) brokenAt(p place) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken.place.validity == p.validity && m.broken.place.uid == p.uid {
		return m.broken.times
	}
	return 0
}

func (m *Mailbox) breaks(p place) {
	times := m.brokenAt(p) + 1
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = breaks{p, times}
}

func (m *Mailbox) mended(p place) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = breaks{}
}

const slowest = 16 << 10 // bytes a second, before a server counts as hanging

// give fetches one mail and hands it over while it comes.
func (l *line) give(ctx context.Context, s sized, next place, take func(context.Context, channel.Heard) error) error {
	longest := l.patience.Data + time.Duration(s.size/slowest)*time.Second
	late := time.AfterFunc(longest, func() { l.conn.Close() })
	defer late.Stop()
	l.conn.expect(l.patience.Command, MostMail+mostAnswer)
	command := l.client.Fetch(imap.UIDSetNum(s.uid), &imap.FetchOptions{
		UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}},
	})
	body, err := content1(command)
	if err != nil {
		return &broke{err}
	}
	if body.size > MostMail {
		body.abandon(l)
		return &broke{&ngo.Error{Code: ngo.Unavailable, Message: errTooMuch.Error()}}
	}
	err = take(ctx, channel.Heard{Mark: next.String(), Hint: hintOf(next), Size: body.size, Body: Covered(&Cover{Came: s.came}, body)})
	if body.err != nil || !body.ended {
		body.abandon(l)
	}
	switch {
	case body.err != nil: // take cannot have had the whole mail
		return &broke{body.err}
	case err == nil && !body.ended:
		return &ngo.Error{Code: ngo.Internal, Message: "a mail was taken that was not read"}
	}
	return err
}

func hintOf(p place) string { return fmt.Sprintf("uid %d", p.uid) }

// fetched is the content of a mail as it comes. It ends only when the server has said that all went well: what was cut off, or
// is followed by nonsense, ends with an error.
type fetched struct {
	command *imapclient.FetchCommand
	literal io.Reader
	size    int64
	read    int64
	ended   bool
	err     error
}

// content1 waits for the content of the one mail that was asked for.
func content1(command *imapclient.FetchCommand) (*fetched, error) {
	for {
		one := command.Next()
		if one == nil {
			if err := command.Close(); err != nil {
				return nil, err
			}
			return nil, errors.New("the mail server lists a mail that it does not give")
		}
		for item := one.Next(); item != nil; item = one.Next() {
			if b, ok := item.(imapclient.FetchItemDataBodySection); ok && b.Literal != nil {
				return &fetched{command: command, literal: b.Literal, size: b.Literal.Size()}, nil
			}
		}
	}
}

func (f *fetched) Read(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	if f.ended {
		return 0, io.EOF
	}
	n, err := f.literal.Read(p)
	f.read += int64(n)
	switch {
	case err == nil:
		return n, nil
	case !errors.Is(err, io.EOF):
		f.err = err
	case f.read < f.size:
		f.err = io.ErrUnexpectedEOF
	default:
		if f.err = f.command.Close(); f.err == nil {
			f.ended = true
			return n, io.EOF
		}
	}
	return n, f.err
}

// abandon ends the line in the middle of a mail, so that nothing waits for the rest of it.
func (f *fetched) abandon(l *line) {
	l.conn.Close()
	if f.err == nil && !f.ended { // after an error it is the client's own again
		io.Copy(io.Discard, f.literal) // to the error that the end of the line is
	}
	<-l.client.Closed() // until then the rest of the buffer is being read
	f.command.Close()
}

// skip gives word of a mail that stays where it is.
func (l *line) skip(ctx context.Context, s sized, next place, why string, take func(context.Context, channel.Heard) error) error {
	c := &Cover{Key: next.String(), Came: s.came, Skipped: "This mail was not read: " + why + ". It lies in the mailbox still: look at it there."}
	l.glimpse(s.uid, c)
	return take(ctx, channel.Heard{Mark: next.String(), Hint: hintOf(next), Size: -1, Body: Covered(c, strings.NewReader(""))})
}

// glimpse reads the beginning of a mail's header. When even that cannot be had, nothing is known of it.
func (l *line) glimpse(uid imap.UID, c *Cover) {
	l.command()
	section := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, Peek: true, Partial: &imap.SectionPartial{Size: glimpsed}}
	all, err := l.client.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err == nil && len(all) > 0 && len(all[0].BodySection) > 0 {
		c.Glimpse(bytes.NewReader(all[0].BodySection[0].Bytes))
	}
}

// wait waits until there may be new mail: until the server says so, or it is time to look.
func (l *line) wait(ctx context.Context) error {
	if !l.client.Caps().Has(imap.CapIdle) {
		return l.poll(ctx)
	}
	l.conn.expect(l.patience.Command, mostAnswer)
	idle, err := l.client.Idle()
	if err != nil {
		return l.explain(ctx, err)
	}
	l.conn.expect(l.patience.Idle+l.patience.Command, mostAnswer)
	l.rest(ctx, l.patience.Idle)
	l.command()
	err = idle.Close()
	if err == nil {
		err = idle.Wait()
	}
	if err != nil || ctx.Err() != nil {
		return l.explain(ctx, err)
	}
	return nil
}

// rest ends when there is news, when the line or ctx ends, or after so long.
func (l *line) rest(ctx context.Context, long time.Duration) {
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-l.client.Closed():
	case <-l.news:
	case <-timer.C:
	}
}

// poll waits a while, and asks the server whether it is still there.
func (l *line) poll(ctx context.Context) error {
	l.conn.expect(0, mostAnswer)
	l.rest(ctx, l.patience.Poll)
	l.command()
	if err := l.client.Noop().Wait(); err != nil || ctx.Err() != nil {
		return l.explain(ctx, err)
	}
	return nil
}
