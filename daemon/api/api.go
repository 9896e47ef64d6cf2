// Package api is the contract between staff programs and the daemon: the types of every request and answer, the body of
// an error, and the Client that the command line and the desk share. What goes over the wire is JSON as the tags say;
// fields are only ever added. A Client is safe for concurrent use. The package opens no database and knows no handler.
package api

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Version is the version of this contract. Both sides send it in HeaderVersion and refuse any other.
const Version = "1"

// Headers of our own.
const (
	HeaderVersion = "Ngoctl-Api"     // version of the contract, on requests and answers
	HeaderProgram = "Ngoctl-Version" // version of the program that sends it, for people
)

// Prefix is where the staff interface begins.
const Prefix = "/api/v1"

// LocalHost is the host name that a client on the Unix socket or in the same process sends.
const LocalHost = "ngoctl"

// ErrUnreachable is wrapped by the error of a call that got no answer from a daemon.
var ErrUnreachable = errors.New("no answer from a daemon")

// Options says how to reach a daemon: by Socket, by Server, or by Transport alone for one in the same process.
type Options struct {
	Socket    string            // path of the Unix socket
	Server    string            // https://HOST[:PORT]; http only on the loopback
	Token     string            // bearer token; overrides who the user is on the socket
	Program   string            // version of the calling program, for the daemon's log
	Transport http.RoundTripper // nil: made from Socket or Server. With Server set it carries the requests, say with own roots
}

// Client calls a daemon. Its methods return *ngo.Error with the code, message and hint the daemon sent; Unavailable
// wrapping ErrUnreachable when no daemon answered; and the context's own error when the caller gave up.
type Client struct {
	base    string
	token   string
	program string
	http    *http.Client
}

// New makes a client. It connects to nothing. It fails with Invalid when the options do not name one way to a daemon.
func New(o Options) (*Client, error) {
	base, transport, err := o.road()
	if err != nil {
		return nil, err
	}
	return &Client{
		base: base, token: o.Token, program: o.Program,
		http: &http.Client{Transport: transport, CheckRedirect: refuseRedirect},
	}, nil
}

// refuseRedirect keeps the token from following a redirect; the daemon sends none.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (o Options) road() (base string, transport http.RoundTripper, err error) {
	switch {
	case o.Socket != "" && o.Server != "":
		return "", nil, &ngo.Error{Code: ngo.Invalid, Message: "both a socket and a server are given", Hint: "leave one out"}
	case o.Server != "":
		base, err = serverBase(o.Server)
		if err != nil {
			return "", nil, err
		}
		return base, cmpTransport(o.Transport, dial(nil)), nil
	case o.Socket != "":
		return "http://" + LocalHost, cmpTransport(o.Transport, dial(socketDialer(o.Socket))), nil
	case o.Transport != nil:
		return "http://" + LocalHost, o.Transport, nil
	}
	return "", nil, &ngo.Error{Code: ngo.Invalid, Message: "no daemon is named", Hint: "give --data DIR or --server URL"}
}

func cmpTransport(given, made http.RoundTripper) http.RoundTripper {
	if given != nil {
		return given
	}
	return made
}

// serverBase checks the address of a server. A token must not cross a network in plain text.
func serverBase(server string) (string, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.User != nil {
		return "", &ngo.Error{Code: ngo.Invalid, Message: "the server's address cannot be understood", Hint: "write it as https://ngo.example.org", Err: err}
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return "", &ngo.Error{Code: ngo.Invalid, Message: "http would send your token unprotected", Hint: "write https://" + u.Host}
	}
	return u.Scheme + "://" + u.Host, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

func socketDialer(path string) dialFunc {
	var d net.Dialer
	return func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "unix", path) }
}

// dial makes a transport with every time-out set. A nil dialer means TCP, by way of the environment's proxy.
func dial(to dialFunc) *http.Transport {
	t := &http.Transport{
		DialContext:           to,
		TLSHandshakeTimeout:   10 * time.Second,
		IdleConnTimeout:       60 * time.Second,
		ExpectContinueTimeout: time.Second,
		MaxIdleConnsPerHost:   4,
		ForceAttemptHTTP2:     true,
	}
	if to == nil {
		d := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
		t.DialContext, t.Proxy = d.DialContext, http.ProxyFromEnvironment
	}
	return t
}

// unreachable turns the failure of a round trip into an error for people.
func unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("wait for the daemon: %w", context.Cause(ctx))
	}
	out := &ngo.Error{
		Code: ngo.Unavailable, Message: "the daemon cannot be reached",
		Hint: "start it with: ngoctl daemon; or check --data and --server", Err: fmt.Errorf("%w: %w", ErrUnreachable, err),
	}
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); untrusted {
		out.Message = "the server's certificate is not trusted on this machine, or is for another name"
		out.Hint = "check --server; where the daemon makes its own (--tls internal), install its DATA/tls/internal/ca.pem here, or name that file in SSL_CERT_FILE"
	}
	return out
}
