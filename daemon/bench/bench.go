// Package bench measures ngoctl as a whole: a real daemon in a process of its own on a throw-away data folder, and a load
// generator beside it on the same machine. Each measurement says what it measured and on what; none of them judges.
package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// Options is what every measurement takes. The zero value of a field means its default.
type Options struct {
	Self     []string      // how to run ngoctl, such as {"/usr/local/bin/ngoctl"}
	Dir      string        // where the throw-away folder is made; the system's own place when empty
	Orgs     int           // organisations
	Clients  int           // connections of the load generator; 64, or two per organisation if that is more
	For      time.Duration // length of the loaded part
	Gifts    int           // gifts to send, or to find there
	Jobs     int           // so many jobs to find parked, and as many that are due in a month
	Kills    int           // of a torture
	Messages int           // to be sent by people
	People   int           // to be made
	Batch    int           // of them in a delivery; 1 when 0
	Plain    bool          // without TLS
	Progress func(string)  // told what goes on; may be nil
}

func (o Options) defaults() Options {
	if o.Orgs == 0 {
		o.Orgs = 1
	}
	if o.Clients == 0 {
		o.Clients = max(64, 2*o.Orgs) // each organisation has a gateway of its own that sends
	}
	if o.For == 0 {
		o.For = 10 * time.Second
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	return o
}

func (o Options) say(format string, args ...any) { o.Progress(fmt.Sprintf(format, args...)) }

// Report is what a measurement found.
type Report struct {
	Name     string  `json:"name"`
	What     string  `json:"what"` // one sentence: what was measured
	On       Machine `json:"on"`
	Given    Figures `json:"given"`
	Measured Figures `json:"measured"`
}

// Machine is what it was measured on.
type Machine struct {
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	Cores   int    `json:"cores"`
	CPU     string `json:"cpu"`
	Go      string `json:"go"`
	Program string `json:"program"`
}

// Figure is one number with its unit in its name, such as p99_ms.
type Figure struct {
	Name  string
	Value float64
}

// Figures is written in JSON as one object, in order.
type Figures []Figure

// MarshalJSON writes the figures as an object.
func (f Figures) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, figure := range f {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(figure.Name)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.WriteString(figure.Text())
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Text writes the value: whole above a hundred, else with three decimals at most.
func (f Figure) Text() string {
	digits := 3
	if f.Value >= 100 || f.Value <= -100 {
		digits = 0
	}
	text := strconv.FormatFloat(f.Value, 'f', digits, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

func (f *Figures) add(name string, value float64) { *f = append(*f, Figure{name, value}) }

// addLoad adds what a load found under the names that its kind of request has.
func (f *Figures) addLoad(kind string, l load) {
	f.add(kind+"_per_second", l.rate())
	f.add(kind, float64(l.OK))
	f.add("failed", float64(l.Failed))
	f.add("p50_ms", ms(l.quantile(0.5)))
	f.add("p99_ms", ms(l.quantile(0.99)))
	f.add("max_ms", ms(l.quantile(1)))
	f.add("generator_cpu_cores", l.CPU.Seconds()/l.Took.Seconds())
}

// each is the microseconds that one of n has taken.
func each(d time.Duration, n int64) float64 { return float64(d.Microseconds()) / float64(max(n, 1)) }

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func mb(bytes int64) float64 { return float64(bytes) / (1 << 20) }

func newReport(name, what string) Report {
	m := Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), CPU: processor(), Go: runtime.Version()}
	if b, ok := debug.ReadBuildInfo(); ok {
		m.Program = b.Main.Version
	}
	return Report{Name: name, What: what, On: m}
}

func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
