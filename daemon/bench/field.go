package bench

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/ngoctl/ngoctl/daemon"
	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// secret signs every delivery of a bench; it protects nothing.
const secret = "bench-webhook-secret"

// field is a throw-away data folder with organisations that have a gateway, and the daemon that works on it.
type field struct {
	o      Options
	top    string // everything of this field lies below it
	dir    string // the data folder
	addr   string // where the daemon listens
	orgs   []string
	daemon *process
	client *http.Client
}

// newField makes the folder. SMTP names a mail server, or is empty for none.
func newField(ctx context.Context, o Options, smtp string) (*field, error) {
	top, err := os.MkdirTemp(o.Dir, "ngoctl-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder to measure in: %w", err)
	}
	f := &field{o: o, top: top, dir: filepath.Join(top, "data")}
	f.client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // the folder's own certificate
	}}
	if f.addr, err = freePort(); err != nil {
		return nil, errors.Join(err, f.remove())
	}
	if err := f.set(ctx, smtp); err != nil {
		return nil, errors.Join(fmt.Errorf("set up the folder to measure in: %w", err), f.remove())
	}
	return f, nil
}

// freePort gives an address that nothing listened on a moment ago.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

func (f *field) set(ctx context.Context, smtp string) error {
	mode := "internal"
	if f.o.Plain {
		mode = "off"
	}
	f.orgs = append(f.orgs, "bench0")
	if err := daemon.Init(ctx, daemon.InitOptions{Dir: f.dir, Org: f.orgs[0], Name: "Bench 0", Listen: f.addr, TLS: mode}); err != nil {
		return err
	}
	c, done, err := daemon.Local(ctx, f.dir)
	if err != nil {
		return err
	}
	for i := 1; i < f.o.Orgs; i++ {
		f.orgs = append(f.orgs, fmt.Sprintf("bench%d", i))
		if _, err := c.CreateOrg(ctx, api.NewOrg{Slug: f.orgs[i], Name: fmt.Sprintf("Bench %d", i)}); err != nil {
			return errors.Join(err, done())
		}
	}
	for _, org := range f.orgs {
		if err := connect(ctx, c, org, smtp); err != nil {
			return errors.Join(err, done())
		}
	}
	return done()
}

// connect gives an organisation a gateway, a profile that makes its gifts deductible, and mail if there is a server.
func connect(ctx context.Context, c *api.Client, org, smtp string) error {
	if _, err := c.AddGateway(ctx, org, api.AddAccount{Driver: "razorpay", Values: setting.Values{"webhook-secret": secret}}); err != nil {
		return err
	}
	text := func(s string) *string { return &s }
	from, until := ngo.Date("2024-04-01"), ngo.Date("2029-03-31")
	_, err := c.SetProfile(ctx, org, api.ProfileEdit{
		LegalName: text("Bench Trust"), Address: text("1 Bench Road, Chennai 600001"), PAN: text("AAATB1234C"),
		ApprovalNumber: text("AAATB1234CF20241"), ApprovalFrom: &from, ApprovalUntil: &until, Signatory: text("B. Ench"), SignatoryTitle: text("Trustee"),
	})
	if err != nil || smtp == "" {
		return err
	}
	_, err = c.AddChannel(ctx, org, api.AddAccount{Driver: "email", Values: setting.Values{"smtp": smtp, "from": "receipts@bench.example"}})
	return err
}

func (f *field) url(path string) string {
	if f.o.Plain {
		return "http://" + f.addr + path
	}
	return "https://" + f.addr + path
}

// start runs the daemon and gives the time until its first 200.
func (f *field) start(ctx context.Context) (time.Duration, error) {
	begin := time.Now()
	p, err := start(f.o.Self, f.dir)
	if err != nil {
		return 0, err
	}
	f.daemon = p
	return p.ready(ctx, f.client, f.url("/readyz"), begin)
}

// local gives the API of the running daemon over its socket.
func (f *field) local() (*api.Client, error) {
	return api.New(api.Options{Socket: filepath.Join(f.dir, "ngoctl.sock")})
}

// stop ends the daemon in good order.
func (f *field) stop() error {
	if f.daemon == nil {
		return nil
	}
	p := f.daemon
	f.daemon = nil
	return p.stop()
}

// remove ends what runs and deletes the folder.
func (f *field) remove() error {
	if f.daemon != nil {
		f.daemon.kill()
	}
	f.client.CloseIdleConnections()
	return os.RemoveAll(f.top)
}
