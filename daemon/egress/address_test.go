package egress

import (
	"crypto/tls"
	"net/http"
	"net/netip"
	"testing"
)

func TestPublic(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		addr string
		want bool
	}{
		{"52.66.75.174", true}, {"8.8.8.8", true}, {"2606:4700::6810:84e5", true}, {"::ffff:8.8.8.8", true},
		{"127.0.0.1", false}, {"127.9.9.9", false}, {"::1", false}, {"::ffff:127.0.0.1", false}, {"0.0.0.0", false}, {"::", false}, {"0.1.2.3", false},
		{"10.0.0.1", false}, {"172.16.0.1", false}, {"192.168.1.1", false}, {"fd00:ec2::254", false}, {"::ffff:10.0.0.1", false},
		{"169.254.169.254", false}, {"fe80::1", false}, {"fe80::1%eth0", false}, {"100.100.100.200", false}, {"192.0.0.192", false},
		{"168.63.129.16", false}, {"224.0.0.1", false}, {"ff02::1", false}, {"255.255.255.255", false}, {"240.0.0.1", false},
		{"64:ff9b::7f00:1", false}, {"2002:7f00:1::", false}, {"::7f00:1", false}, {"198.18.0.1", false}, {"203.0.113.9", false},
	} {
		if got := public(netip.MustParseAddr(tt.addr)); got != tt.want {
			t.Errorf("public(%s) = %v; want %v", tt.addr, got, tt.want)
		}
	}
	if err := refuseNear("tcp", "nonsense", nil); err == nil {
		t.Error("an address that cannot be read is dialled")
	}
}

func TestOldTLSIsNotSpoken(t *testing.T) {
	t.Parallel()
	transport, ok := NewClient(Options{}).http.Transport.(*http.Transport)
	if !ok || transport.TLSClientConfig.MinVersion != tls.VersionTLS12 || transport.TLSClientConfig.InsecureSkipVerify || transport.Proxy != nil {
		t.Error("the client speaks TLS older than 1.2, believes any certificate, or goes through a proxy")
	}
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("7", "")
	f.Add("Sun, 22 Nov 2026 10:00:30 GMT", "Sun, 22 Nov 2026 10:00:00 GMT")
	f.Add("-1", "x")
	f.Fuzz(func(t *testing.T, after, date string) {
		a := Answer{Header: http.Header{"Retry-After": {after}, "Date": {date}}}
		if got := a.wait(); got < 0 || got > maxWait {
			t.Errorf("Retry-After %q at %q waits %v", after, date, got)
		}
	})
}
