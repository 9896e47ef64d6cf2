package sim

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// Step is a point of an SMTP session at which a Fault can strike.
type Step string

// The steps.
const (
	Connect   Step = "connect"   // instead of the greeting
	Hello     Step = "hello"     // at EHLO
	Auth      Step = "auth"      // at log-in
	From      Step = "from"      // at MAIL FROM
	Recipient Step = "recipient" // at RCPT TO
	Data      Step = "data"      // while the mail comes in: it is not taken
	End       Step = "end"       // after the mail was taken, instead of the answer that says so
)

// Fault is something that goes wrong. Without a Code and without Drop it is a delay only.
type Fault struct {
	Step  Step
	Code  int           // the refusal, such as 451; at End the mail is then not taken
	Text  string        // what the refusal says, with its enhanced code in front if it has one
	Drop  bool          // the connection is cut without a word
	Delay time.Duration // before anything else
	Times int           // how often; without end when 0
}

// errDropped stands for a connection that has been cut.
var errDropped = errors.New("the connection is cut")

// faults are those still to strike. It is safe for concurrent use.
type faults struct {
	mu   sync.Mutex
	list []Fault
}

func (f *faults) add(x Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, x)
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// take gives the next fault at the step and uses it up.
func (f *faults) take(step Step) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.list, func(x Fault) bool { return x.Step == step })
	if i < 0 {
		return Fault{}, false
	}
	out := f.list[i]
	switch f.list[i].Times {
	case 0:
	case 1:
		f.list = slices.Delete(f.list, i, i+1)
	default:
		f.list[i].Times--
	}
	return out, true
}

// pass waits the fault's delay, or until done.
func (x Fault) pass(done <-chan struct{}) {
	if x.Delay <= 0 {
		return
	}
	t := time.NewTimer(x.Delay)
	defer t.Stop()
	select {
	case <-t.C:
	case <-done:
	}
}

// refusal is what the server answers, nil when it does not refuse.
func (x Fault) refusal() error {
	if x.Code == 0 {
		return nil
	}
	return &smtp.SMTPError{Code: x.Code, EnhancedCode: smtp.NoEnhancedCode, Message: x.Text}
}
