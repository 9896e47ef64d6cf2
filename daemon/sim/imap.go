package sim

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"log"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// IMAPOptions say what a mailbox is like. The zero value is one that tells of new mail at once, on a free port, in the clear.
type IMAPOptions struct {
	Addr           string // HOST:PORT; a free port on 127.0.0.1 when empty
	Owner          string // the mailbox's address; office@sevai.example when empty
	User, Password string // to log in with; made up when empty
	NoIdle         bool   // who wants to know of new mail must ask
	Now            func() time.Time
}

// IMAP is a mail server that a mailbox is read from: the folder INBOX of one user. Put, Answer, Away and Bounce lay mail into it.
type IMAP struct {
	options IMAPOptions
	faults  faults // none strikes: the connections go through what the double for sending has
	addr    string
	user    *imapmemserver.User

	mu      sync.Mutex
	made    int
	kept    []keptMail
	stuck   chan struct{} // closed when connections go on; nil while they do
	running *mailboxLife  // nil while down
}

// keptMail is a mail in the folder.
type keptMail struct {
	data []byte
	came time.Time
}

// mailboxLife is one life of the server, between Up and Down.
type mailboxLife struct {
	server   *imapserver.Server
	listener *hook
	done     chan struct{}
	served   sync.WaitGroup
}

const inbox = "INBOX"

// NewIMAP makes a mailbox and starts its server. Close stops it.
func NewIMAP(o IMAPOptions) (*IMAP, error) {
	o.Addr, o.Owner = cmp.Or(o.Addr, "127.0.0.1:0"), cmp.Or(o.Owner, "office@sevai.example")
	o.User, o.Password = cmp.Or(o.User, "office"), cmp.Or(o.Password, "synthetic-password")
	if o.Now == nil {
		o.Now = time.Now
	}
	b := &IMAP{options: o, addr: o.Addr, user: imapmemserver.NewUser(o.User, o.Password)}
	if err := b.user.Create(inbox, nil); err != nil {
		return nil, err
	}
	return b, b.Up()
}

// Addr is where it listens, also while it is down.
func (b *IMAP) Addr() string { return b.addr }

// Values are the settings of a channel account of driver email that stand for this double; those for sending are the other's.
func (b *IMAP) Values() map[string]string {
	return map[string]string{"imap": b.addr, "imap-user": b.options.User, "imap-password": b.options.Password, "checks": receivingServer}
}

// Up starts the server where it was before. It does nothing when it is up.
func (b *IMAP) Up() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running != nil {
		return nil
	}
	l, err := net.Listen("tcp", b.addr)
	if err != nil {
		return fmt.Errorf("listen for whoever reads mail: %w", err)
	}
	b.addr = l.Addr().String()
	r := &mailboxLife{server: b.newServer(), done: make(chan struct{})}
	r.listener = &hook{Listener: l, faults: &b.faults, done: r.done, conns: map[net.Conn]bool{}}
	r.served.Go(func() { r.server.Serve(&stickyListener{r.listener, b, r}) }) // ends with the listener; there is nobody to tell why
	b.running = r
	return nil
}

func (b *IMAP) newServer() *imapserver.Server {
	memory := imapmemserver.New()
	memory.AddUser(b.user)
	caps := imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}}
	if b.options.NoIdle {
		caps = imap.CapSet{imap.CapIMAP4rev1: {}}
	}
	return imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mailReader{memory.NewSession().(imapserver.SessionIMAP4rev2)}, nil, nil
		},
		Caps: caps, InsecureAuth: true, Logger: log.New(io.Discard, "", 0),
	})
}

// mailReader is one reader of the mailbox. The library's own tells who begins to wait nothing of what came before that, until more comes.
type mailReader struct{ imapserver.SessionIMAP4rev2 }

// newsEvery is how often a reader that waits is told what is new.
const newsEvery = 5 * time.Millisecond

// Idle tells of what is new until stop, and first of what came since the reader last asked for anything.
func (s mailReader) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	tick := time.NewTicker(newsEvery)
	defer tick.Stop()
	for {
		if err := s.Poll(w, true); err != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		case <-tick.C:
		}
	}
}

// Down stops the server and cuts every connection. It does nothing when it is down.
func (b *IMAP) Down() {
	b.mu.Lock()
	r := b.running
	b.running = nil
	b.mu.Unlock()
	if r == nil {
		return
	}
	close(r.done)
	r.listener.cut()
	r.server.Close() // its listener is closed already, which it calls an error
	r.served.Wait()
}

// Close is Down, for good.
func (b *IMAP) Close() { b.Down() }

// Cut ends every connection without a word; new ones are taken.
func (b *IMAP) Cut() {
	b.mu.Lock()
	r := b.running
	b.mu.Unlock()
	if r != nil {
		r.listener.sever()
	}
}

// Hang makes the server say nothing more: connections stand, and new ones are taken, until Heal.
func (b *IMAP) Hang() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stuck == nil {
		b.stuck = make(chan struct{})
	}
}

// Heal ends Hang.
func (b *IMAP) Heal() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stuck != nil {
		close(b.stuck)
		b.stuck = nil
	}
}

func (b *IMAP) holdUp() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stuck
}

// Renumber has the server count the folder's mails anew, as after it was moved: they are the same and came when they came, but
// under another UIDVALIDITY, and every connection ends.
func (b *IMAP) Renumber() error {
	b.mu.Lock()
	if err := b.user.Delete(inbox); err != nil {
		b.mu.Unlock()
		return err
	}
	err := b.user.Create(inbox, nil)
	for i := 0; i < len(b.kept) && err == nil; i++ {
		err = b.lay(b.kept[i])
	}
	b.mu.Unlock()
	b.Cut()
	return err
}

// PutData lays a mail into the folder, as it is.
func (b *IMAP) PutData(data []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := keptMail{data, b.options.Now()}
	b.kept = append(b.kept, m)
	if err := b.lay(m); err != nil {
		panic("a folder in memory takes no mail: " + err.Error())
	}
}

func (b *IMAP) lay(m keptMail) error {
	_, err := b.user.Append(inbox, literal{bytes.NewReader(m.data)}, &imap.AppendOptions{Time: m.came})
	return err
}

// literal is a mail as the server wants it.
type literal struct{ *bytes.Reader }

// Size is how many bytes it has.
func (l literal) Size() int64 { return l.Reader.Size() }

// Count tells how many mails lie in the folder.
func (b *IMAP) Count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.kept)
}

// stickyListener gives connections that write nothing while the server hangs, and that take what is to be written without waiting.
// The library holds the folder while it writes a mail: who puts another in would else wait for whoever reads the first, or for Heal.
type stickyListener struct {
	*hook
	box  *IMAP
	life *mailboxLife
}

// Accept gives the next connection.
func (l *stickyListener) Accept() (net.Conn, error) {
	c, err := l.hook.Accept()
	if err != nil {
		return nil, err
	}
	s := &sticky{Conn: c, listener: l, more: make(chan struct{}, 1), gone: make(chan struct{})}
	l.life.served.Go(s.flush)
	return s, nil
}

type sticky struct {
	net.Conn
	listener *stickyListener
	more     chan struct{} // there is something to write
	gone     chan struct{} // closed by Close

	mu     sync.Mutex
	queue  []byte
	closed bool
}

const (
	stickyPiece = 4096        // bytes that are written at once: in between the server may begin to hang
	stickyLast  = time.Second // for what is still to be written when the server hangs up
)

// Write has p written in its turn.
func (c *sticky) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, net.ErrClosed
	}
	c.queue = append(c.queue, p...)
	select {
	case c.more <- struct{}{}:
	default: // whoever writes is told already
	}
	return len(p), nil
}

// SetWriteDeadline does nothing: Write never waits.
func (c *sticky) SetWriteDeadline(time.Time) error { return nil }

// Close has the connection closed once everything is written.
func (c *sticky) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	close(c.gone)
	return c.Conn.SetWriteDeadline(time.Now().Add(stickyLast))
}

// flush writes until the connection ends.
func (c *sticky) flush() {
	defer c.Conn.Close()
	for ended := false; !ended; {
		select {
		case <-c.more:
		case <-c.gone:
			ended = true
		}
		for p := c.next(); len(p) > 0; p = c.next() {
			if !c.held() {
				return
			}
			if _, err := c.Conn.Write(p); err != nil {
				return
			}
		}
	}
}

func (c *sticky) next() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(c.queue), stickyPiece)
	p := c.queue[:n:n]
	c.queue = c.queue[n:]
	return p
}

// held waits while the server hangs; false when it never speaks again.
func (c *sticky) held() bool {
	stuck := c.listener.box.holdUp()
	if stuck == nil {
		return true
	}
	select {
	case <-stuck:
		return true
	case <-c.gone:
	case <-c.listener.life.done:
	}
	return false
}
