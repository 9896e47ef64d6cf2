// Package apiserver serves the staff interface that package api describes: it finds out who asks, holds every request
// against one permission table, and turns it into reads and transactions of the store. It knows no provider and no
// listener: the door in front of it bounds connections and time, and puts a client's own address into RemoteAddr.
//
// It promises that nothing of a request is read before it is admitted, that an organisation in which somebody has no role
// looks to them like one that does not exist, and that a revocation counts from its acknowledgement on. A Server is safe
// for concurrent use.
package apiserver

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/user"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/daemon/channel/rate"
	"github.com/ngoctl/ngoctl/daemon/inspect"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/daemon/typeset"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Options is what a Server is made with. Store, Book, Blobs, Fonts, Accounts and Addresses are required.
type Options struct {
	Dir   string // the data folder, for its backup
	Store *store.Store
	Book  *org.Book
	Blobs *blob.Shelves
	Fonts *typeset.Library
	Laws  receipt.Laws // for made-up receipts
	Rates rate.Rates   // what messages cost; none leaves prices out

	Accounts  Limiter // of wrong passwords, by user
	Addresses Limiter // of wrong passwords, by Source
	// Peer tells who connected to the Unix socket; false for a request that came another way. Nil: nobody does.
	Peer func(context.Context) (Peer, bool)
	// Source gives the key by which a client's failures are counted; its address when nil.
	Source func(*http.Request) string
	Owner  int                       // uid of the data folder's owner, who may do everything on the socket
	OSUser func(int) (string, error) // name of a uid; of the system when nil

	// CatchUp asks a gateway for what was missed since a moment; Try tries its credentials and the way in. Both take as long
	// as they need. Nil without a daemon: then their routes are Unavailable.
	CatchUp func(ctx context.Context, o *org.Org, gateway string, since time.Time) (api.CatchUpReport, error)
	Try     func(ctx context.Context, o *org.Org, gateway string) ([]api.TestStep, error)
	Asking  func(ngo.AccountID) bool // tells whether a gateway is being asked right now; nil: none is

	// TryChannel tries whether what people write comes in by a channel. Nil without a daemon: then a test leaves it out.
	TryChannel func(ctx context.Context, o *org.Org, channel string) ([]api.TestStep, error)
	// Answers is told of a channel whose provider took its credentials when somebody tried it: what waits for the channel goes now.
	// Nil without a daemon: then that goes when its time comes.
	Answers func(ctx context.Context, o *org.Org, channel ngo.AccountID)
	// Inspect looks at the files that are to be sent; nil: none is taken.
	Inspect *inspect.Inspector

	Problems []string        // of the data folder, for whoever asks for the status
	Troubles func() []string // of the moment, beside Problems; nil: none

	Probe   func() time.Time // when the last probe row was committed; nil: never
	Version string           // of the program
	BaseURL string           // https://HOST[:PORT] under which providers reach the daemon
	// DonorURL is where donors find the pages of the appliance, for the address printed on receipts; empty when there is none.
	DonorURL string
	Log      *slog.Logger     // discards when nil
	Now      func() time.Time // time.Now when nil
}

// Server is the handler of everything under api.Prefix.
type Server struct {
	o       Options
	log     *slog.Logger
	mux     *http.ServeMux
	tokens  *tokens
	hub     *hub
	hasher  *hasher
	guesses *attempts
	started time.Time
	streams atomic.Int64
	large   chan struct{} // places for large bodies
	tellers tellers

	connecting sync.Mutex // one change of accounts at a time

	description []byte // OpenAPI

	stopping context.Context
	close    func()
}

// New makes a server and subscribes it to the store's feed. Close ends it. It fails with Invalid, naming what is missing.
func New(o Options) (*Server, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	stopping, stop := context.WithCancel(context.Background())
	s := &Server{
		o: o, log: o.Log, tokens: newTokens(o.Store.TokenByDigest, o.Now), hub: newHub(), hasher: newHasher(),
		guesses: newAttempts(o.Accounts, o.Addresses), started: o.Now(), stopping: stopping, large: make(chan struct{}, atOnce),
		tellers: tellers{places: make(chan struct{}, tellersAtOnce)},
	}
	dropTokens := o.Store.Feed().Subscribe(s.tokens.published)
	dropHub := o.Store.Feed().Subscribe(s.hub.publish)
	s.close = func() { stop(); s.tellers.end(); dropTokens(); dropHub() }
	var described *huma.OpenAPI
	s.mux, described = s.router()
	description, err := json.Marshal(described)
	if err != nil {
		return nil, fmt.Errorf("write the description of the interface: %w", err)
	}
	s.description = description
	return s, nil
}

func (o *Options) check() error {
	for name, missing := range map[string]bool{
		"Store": o.Store == nil, "Book": o.Book == nil, "Blobs": o.Blobs == nil, "Fonts": o.Fonts == nil, "Accounts": o.Accounts == nil, "Addresses": o.Addresses == nil,
	} {
		if missing {
			return &ngo.Error{Code: ngo.Invalid, Message: "apiserver: " + name + " is missing"}
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Peer == nil {
		o.Peer = func(context.Context) (Peer, bool) { return Peer{}, false }
	}
	if o.Probe == nil {
		o.Probe = func() time.Time { return time.Time{} }
	}
	if o.Source == nil {
		o.Source = address
	}
	if o.OSUser == nil {
		o.OSUser = osUser
	}
	o.Version = cmp.Or(o.Version, "devel")
	return nil
}

func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func osUser(uid int) (string, error) {
	u, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		return "", fmt.Errorf("look up system user %d: %w", uid, err)
	}
	return u.Username, nil
}

// Close ends every stream with a last comment and leaves the store's feed. Other requests run to their end.
func (s *Server) Close() { s.close() }

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set(api.HeaderVersion, api.Version)
	h.Set(api.HeaderProgram, s.o.Version)
	if v := r.Header.Get(api.HeaderVersion); v != "" && v != api.Version {
		s.refuse(w, r, &ngo.Error{
			Code: ngo.Conflict, Message: "the program speaks version " + ngo.Printable(v) + " of the interface, the daemon version " + api.Version,
			Hint: "use the same version of ngoctl on both sides",
		})
		return
	}
	s.mux.ServeHTTP(w, r)
}
