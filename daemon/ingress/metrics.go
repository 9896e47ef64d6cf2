package ingress

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics is what the door counts. Labels come from fixed sets only, never from what a stranger sent.
type metrics struct {
	requests        *prometheus.CounterVec
	seconds         *prometheus.HistogramVec
	connections     prometheus.Gauge
	turnedAway      *prometheus.CounterVec
	handshakeErrors prometheus.Counter
}

func newMetrics(reg *prometheus.Registry) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ngoctl_http_requests_total", Help: "Requests by listener, route and class of status.",
		}, []string{"listener", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ngoctl_http_request_seconds", Help: "How long requests took, by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route"}),
		connections: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "ngoctl_connections", Help: "Open TCP connections.",
		}),
		turnedAway: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ngoctl_connections_turned_away_total", Help: "Connections closed at once, by the limit they met.",
		}, []string{"limit"}),
		handshakeErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ngoctl_tls_handshake_errors_total", Help: "TLS handshakes that failed.",
		}),
	}
	reg.MustRegister(m.requests, m.seconds, m.connections, m.turnedAway, m.handshakeErrors)
	return m
}

func (m *metrics) request(listener, route string, status int, took time.Duration) {
	if route == "" {
		route = "none" // refused before it had one
	}
	m.requests.WithLabelValues(listener, route, class(status)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

func class(status int) string {
	return [...]string{"1xx", "2xx", "3xx", "4xx", "5xx"}[min(max(status/100, 1), 5)-1]
}
