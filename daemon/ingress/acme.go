package ingress

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// acme keeps certificates for the configured names, and for no other: a stranger who asks for a name that is not ours
// costs a failed handshake and never an order at the authority.
type acme struct {
	s      *Server
	cache  *certmagic.Cache
	magic  *certmagic.Config
	issuer *certmagic.ACMEIssuer
	log    *zap.Logger
}

// newACME starts the upkeep of certificates; close ends it. The main port is open by then.
func newACME(s *Server) (*acme, error) {
	a := &acme{s: s, log: zap.New(slogCore{s.o.Log})}
	host, httpPort, err := net.SplitHostPort(s.o.TLS.HTTP)
	if err != nil {
		return nil, fmt.Errorf("listen for challenges: %w", err)
	}
	port, err := strconv.Atoi(httpPort)
	if err != nil {
		return nil, fmt.Errorf("listen for challenges: %w", err)
	}
	// Own values throughout: the package's defaults are shared by the whole program.
	a.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return a.magic, nil },
		Logger:           a.log,
	})
	a.magic = certmagic.New(a.cache, certmagic.Config{
		Storage:           &certmagic.FileStorage{Path: s.o.TLS.Dir},
		DefaultServerName: s.o.TLS.Domains[0], // for clients that name none
		Logger:            a.log,
		OnEvent:           a.event,
	})
	a.issuer = certmagic.NewACMEIssuer(a.magic, certmagic.ACMEIssuer{
		CA:           s.o.TLS.Directory,
		Email:        s.o.TLS.EMail,
		Agreed:       true, // to its terms, as whoever chooses this mode does; docs/operations.md says so
		TrustedRoots: s.o.TLS.Roots,
		Logger:       a.log,
		// Both challenges arrive at our own listeners; certmagic would otherwise open some.
		ListenHost:                host,
		AltHTTPPort:               port,
		AltTLSALPNPort:            s.main.(*net.TCPAddr).Port,
		DisableDistributedSolvers: true,
	})
	a.magic.Issuers = []certmagic.Issuer{a.issuer}
	return a, nil
}

func (a *acme) config() *tls.Config {
	config, base := a.magic.TLSConfig(), tlsBase()
	config.MinVersion = base.MinVersion
	config.NextProtos = append(base.NextProtos, config.NextProtos...)
	return config
}

// run asks for what is missing or ends soon, and returns when ctx ends. Failures are tried again, at growing distances.
func (a *acme) run(ctx context.Context) error {
	if err := a.magic.ManageAsync(ctx, a.s.o.TLS.Domains); err != nil {
		return fmt.Errorf("keep certificates: %w", err)
	}
	<-ctx.Done()
	return nil
}

func (a *acme) close(ctx context.Context) {
	a.cache.Stop()
	certmagic.CleanUpOwnLocks(ctx, a.log)
}

func (a *acme) challenges(next http.Handler) http.Handler { return a.issuer.HTTPChallengeHandler(next) }

// withoutHTTP leaves only the challenge on the main port.
func (a *acme) withoutHTTP() { a.issuer.DisableHTTPChallenge = true }

func (a *acme) event(_ context.Context, name string, data map[string]any) error {
	if name == "cert_obtained" {
		a.s.o.Log.Info("certificate obtained", "name", data["identifier"], "renewal", data["renewal"])
	}
	return nil
}

// slogCore passes what certmagic warns of on to our log. The rest is chatter.
type slogCore struct{ log *slog.Logger }

func (c slogCore) Enabled(l zapcore.Level) bool { return l >= zapcore.WarnLevel }

func (c slogCore) With(fields []zapcore.Field) zapcore.Core {
	return slogCore{slog.New(c.log.Handler().WithAttrs(attrsOf(fields)))}
}

func (c slogCore) Check(e zapcore.Entry, to *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return to.AddCore(e, c)
	}
	return to
}

func (c slogCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	level := slog.LevelWarn
	if e.Level >= zapcore.ErrorLevel {
		level = slog.LevelError
	}
	attrs := append(attrsOf(fields), slog.String("said", e.Message))
	c.log.LogAttrs(context.Background(), level, "certificate upkeep", attrs...)
	return nil
}

func (c slogCore) Sync() error { return nil }

func attrsOf(fields []zapcore.Field) []slog.Attr {
	enc := zapcore.NewMapObjectEncoder()
	for _, f := range fields {
		f.AddTo(enc)
	}
	out := make([]slog.Attr, 0, len(enc.Fields))
	for k, v := range enc.Fields {
		if d, ok := v.(time.Duration); ok {
			v = d.Round(time.Second).String()
		}
		out = append(out, slog.Any(k, v))
	}
	return out
}
