package flow

import (
	"cmp"
	"errors"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// refusal is why a message did not go, and what comes of it.
type refusal struct {
	class  channel.FaultClass
	code   string        // the provider's; empty when there is none
	reason string        // in plain words, with what to do about it
	wait   time.Duration // no try before; 0 when nothing is told
	// fate: nobody knows whether it went. The class then says nothing.
	fate bool
}

// refusalOf reads what a channel said. A provider's own fault decides; where there is none, or one that nobody has heard of, the
// error's code does.
func refusalOf(err error) refusal {
	r := refusal{class: classOf[ngo.CodeOf(err)], fate: classOf[ngo.CodeOf(err)] == ""}
	e, said := errors.AsType[*ngo.Error](err)
	f, told := errors.AsType[*channel.Fault](err)
	if told {
		r.code, r.wait = f.Code, f.Wait
		if f.Class != channel.FaultUnknown {
			r.class, r.fate = f.Class, false
		}
	}
	switch {
	case said && e.Message != "":
		r.reason = sentence(e.Message, e.Hint)
	case told && f.Message != "":
		r.reason = sentence(f.Message, f.Hint)
	}
	r.reason = cmp.Or(r.reason, classWords[r.class], classWords[channel.FaultUnknown])
	return r
}

// refused reads a fault that came later, as a status.
func refused(f *channel.Fault) refusal {
	if f == nil {
		return refusal{class: channel.FaultUnknown, reason: classWords[channel.FaultUnknown]}
	}
	class := f.Class
	if _, ok := classWords[class]; !ok {
		class = channel.FaultUnknown
	}
	r := refusal{class: class, code: f.Code, wait: f.Wait, reason: classWords[class]}
	if f.Message != "" {
		r.reason = sentence(f.Message, f.Hint)
	}
	return r
}

// retry tells whether a person who has the message sent again, now or after a while, can hope.
func (r refusal) retry() bool {
	return r.class.Retry() || r.class == channel.FaultAccount || r.class == channel.FaultCap
}

// classOf says what an error without a fault of the provider's is. What is not in here leaves open whether the message went.
var classOf = map[ngo.Code]channel.FaultClass{
	ngo.Invalid: channel.FaultMessage, ngo.NotFound: channel.FaultMessage, ngo.Denied: channel.FaultMessage, ngo.TooLarge: channel.FaultMessage,
	ngo.Unauthenticated: channel.FaultAccount, ngo.Limited: channel.FaultLimit, ngo.Unavailable: channel.FaultTransient,
}

// classWords say what each class of refusal means, for where the channel says nothing better.
var classWords = map[channel.FaultClass]string{
	channel.FaultAccount:   "The account cannot send: somebody has to look after it. See: ngoctl channel health",
	channel.FaultLimit:     "Too much was sent at once. It goes on by itself after a while.",
	channel.FaultPair:      "Too much was sent to this person in a short time. It goes on by itself after a while.",
	channel.FaultTransient: "The provider has trouble of its own. It is tried again by itself.",
	channel.FaultWindow:    "The time to answer freely is over. Send an approved template; when they answer, you can write freely again.",
	channel.FaultPerson:    "This person cannot be reached by this channel. Try another way.",
	channel.FaultCap:       "This person gets no more messages of this kind for now. Try again after a day.",
	channel.FaultMessage:   "The message is not taken as it is.",
	channel.FaultTemplate:  "The template cannot be used as it is. See: ngoctl template list",
	channel.FaultMedia:     "The file is not taken.",
	channel.FaultUnknown:   "It was refused, and nobody knows why.",
}

// sentence puts what is wrong and what to do about it together, each as a sentence of one line.
func sentence(message, hint string) string {
	message = full(message)
	if hint == "" {
		return message
	}
	return message + " " + full(hint)
}

// full gives words a capital at the front and a stop at the end.
func full(s string) string {
	s = ngo.Printable(s)
	if s == "" {
		return ""
	}
	if s[0] >= 'a' && s[0] <= 'z' {
		s = string(s[0]-'a'+'A') + s[1:]
	}
	switch s[len(s)-1] {
	case '.', '!', '?', ':':
		return s
	}
	return s + "."
}
