package ingress

import (
	"cmp"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// The paths that are the door's own.
const (
	healthz     = "/healthz"
	readyz      = "/readyz"
	metricsPath = "/metrics"
)

// Below these are the public pages: of an organisation, of a receipt, and what staff has a link to.
const (
	publicOrg     = "/o/"
	publicReceipt = "/r/"
	publicFile    = "/files/"
)

// A probe row older than this says that nothing can be made durable.
const probeAge = 10 * time.Second

func (s *Server) mainRoutes() http.Handler {
	mux := http.NewServeMux()
	s.health(mux)
	mux.Handle("/hooks/", limited(s.o.Limits.HookBody, s.o.Hooks))
	mux.Handle("/api/", s.guarded(s.apiHosts(), limited(s.o.Limits.APIBody, s.o.API)))
	if s.o.Public != nil {
		pages := s.paced(limited(s.o.Limits.PublicBody, s.o.Public))
		mux.Handle(publicOrg, pages)
		mux.Handle(publicReceipt, pages)
		mux.Handle(publicFile, pages)
	}
	mux.HandleFunc("/", notFound)
	return mux
}

func (s *Server) socketRoutes() http.Handler {
	mux := http.NewServeMux()
	s.health(mux)
	mux.Handle(metricsPath, s.guarded(localHosts(), s.metricsHandler()))
	mux.Handle("/api/", s.guarded(localHosts(), limited(s.o.Limits.APIBody, s.o.API)))
	mux.HandleFunc("/", notFound)
	return mux
}

func (s *Server) metricsRoutes() http.Handler {
	mux := http.NewServeMux()
	s.health(mux)
	mux.Handle(metricsPath, s.guarded(localHosts(), s.metricsHandler()))
	mux.HandleFunc("/", notFound)
	return mux
}

// redirectRoutes answers on the plain port: challenges of the certificate authority, and the way to HTTPS for all else.
func (s *Server) redirectRoutes() http.Handler {
	port := s.publicPort()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		host := hostOf(r.Host)
		if !slices.Contains(s.o.TLS.Domains, host) {
			notFound(w, r) // a redirect to wherever Host says would lend our name to anybody
			return
		}
		if port != "443" {
			host = net.JoinHostPort(host, port)
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			problem(w, http.StatusForbidden, "denied", "this is served over HTTPS only", "use https://"+host)
			return
		}
		http.Redirect(w, r, "https://"+host+r.URL.RequestURI(), http.StatusMovedPermanently)
	})
	return s.acme.challenges(mux)
}

// publicPort gives the port at which the world finds the main listener, which a router may have moved.
func (s *Server) publicPort() string {
	if u, err := url.Parse(s.o.BaseURL); err == nil && u.Host != "" {
		return cmp.Or(u.Port(), "443")
	}
	return strconv.Itoa(s.main.(*net.TCPAddr).Port)
}

func (s *Server) health(mux *http.ServeMux) {
	mux.HandleFunc(healthz, func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, []byte(`{"status":"ok"}`))
	})
	mux.HandleFunc(readyz, func(w http.ResponseWriter, _ *http.Request) {
		if age := s.o.Now().Sub(s.o.Probe()); age > probeAge {
			w.Header().Set("Retry-After", "5")
			problem(w, http.StatusServiceUnavailable, "unavailable", "nothing can be stored at the moment", "see why: ngoctl status, and the log of the daemon")
			return
		}
		writeJSON(w, http.StatusOK, []byte(`{"status":"ready"}`))
	})
}

func (s *Server) metricsHandler() http.Handler {
	return promhttp.HandlerFor(s.o.Registry, promhttp.HandlerOpts{})
}

// paced lets one address have so many public pages a minute: enough for an office behind one address, and too few to guess a
// link, or to keep the box busy with opening what strangers make up.
func (s *Server) paced(next http.Handler) http.Handler {
	seen := NewFailures(FailuresOptions{Burst: s.o.Limits.Pages, Every: time.Minute / time.Duration(s.o.Limits.Pages), Now: s.o.Now})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		source := Source(r.RemoteAddr)
		if seen.Blocked(source) {
			w.Header().Set("Retry-After", "60")
			problem(w, http.StatusTooManyRequests, "limited", "too many pages were asked for from this address", "wait a minute and try again")
			return
		}
		seen.Fail(source)
		next.ServeHTTP(w, r)
	})
}

// limited refuses a body above max: at once when its length is told, else while it is read.
func limited(max int64, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > max {
			w.Header().Set("Connection", "close") // else net/http would read what nobody wants
			problem(w, http.StatusRequestEntityTooLarge, "too_large", "the body is larger than "+strconv.FormatInt(max, 10)+" bytes", "")
			return
		}
		if r.ContentLength != 0 {
			r.Body = http.MaxBytesReader(inner(w), r.Body, max)
		}
		next.ServeHTTP(w, r)
	})
}

// inner gives net/http's own writer, which MaxBytesReader tells to close the connection.
func inner(w http.ResponseWriter) http.ResponseWriter {
	if rec, ok := w.(*recorder); ok {
		return rec.ResponseWriter
	}
	return w
}

// guarded refuses what a foreign web page could make a browser send: a request with an Origin, and one for a foreign
// host, where no certificate vouches for the name. A nil list allows every host.
func (s *Server) guarded(hosts []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := r.Header["Origin"]; ok {
			problem(w, http.StatusForbidden, "denied", "web pages may not call this", "use ngoctl, or leave out the Origin header")
			return
		}
		if host := hostOf(r.Host); hosts != nil && !loopbackName(host) && !slices.Contains(hosts, host) {
			problem(w, http.StatusForbidden, "denied", "this is not served under that name", "set base_url in config.toml to the address people use")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Over the socket the name in Host means nothing; these are what clients write.
func localHosts() []string { return []string{"", "ngoctl", "unix"} }

// apiHosts gives the names under which the API answers besides loopback; nil is any, as TLS vouches for the name.
func (s *Server) apiHosts() []string {
	if s.o.TLS.Mode != Off {
		return nil
	}
	hosts := append([]string{hostOf(s.o.Listen)}, s.o.TLS.Domains...)
	if u, err := url.Parse(s.o.BaseURL); err == nil && u.Host != "" {
		hosts = append(hosts, strings.ToLower(u.Hostname()))
	}
	return hosts
}

// hostOf gives the name in lower case and without its port.
func hostOf(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		hostport = host
	}
	return strings.ToLower(strings.Trim(hostport, "[]"))
}

func loopbackName(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	problem(w, http.StatusNotFound, "not_found", "there is nothing here", "")
}

// problem answers with problem details (RFC 9457).
func problem(w http.ResponseWriter, status int, code, detail, hint string) {
	body, err := json.Marshal(struct {
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
		Code   string `json:"code"`
		Hint   string `json:"hint,omitempty"`
	}{http.StatusText(status), status, detail, code, hint})
	if err != nil {
		panic(err) // five plain values always marshal
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client has gone: there is nobody to tell
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client has gone: there is nobody to tell
}
