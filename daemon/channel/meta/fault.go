package meta

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/egress"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const maxWords = 300

// Error is a refusal as the Graph API and deliveries write it. Its code and details decide, never its words or the status.
type Error struct {
	Code      Text `json:"code"`
	Subcode   Text `json:"error_subcode"`
	Title     Text `json:"title"`
	Message   Text `json:"message"`
	ErrorData Maybe[struct {
		Details Text `json:"details"`
	}] `json:"error_data"`
}

// Meaning is what a code means to people.
type Meaning struct {
	Class channel.FaultClass
	Says  string
	Hint  string
	Wait  time.Duration
}

// Codes gives the meaning of a code that a channel gives one of its own.
type Codes func(code, subcode int) (Meaning, bool)

// Fault says what a refusal means.
func (c Codes) Fault(e Error) *channel.Fault {
	code, err := strconv.Atoi(string(e.Code))
	sub, _ := strconv.Atoi(string(e.Subcode)) // 0 for none
	m, ok := Meaning{}, false
	if err == nil {
		if c != nil {
			m, ok = c(code, sub)
		}
		if !ok {
			m, ok = common(code)
		}
	}
	if !ok {
		m = Meaning{
			Class: channel.FaultUnknown, Says: "Meta refused it for a reason that ngoctl does not know (code " + cmp.Or(e.Code.Line(20), "none") + ").",
			Hint: "look the code up in Meta's list of error codes",
		}
	}
	words := cmp.Or(e.ErrorData.V.Details, e.Message, e.Title)
	return &channel.Fault{
		Code: e.Code.Line(20), Class: m.Class, Message: m.Says, Hint: m.Hint, Words: words.Line(maxWords), Wait: m.Wait,
	}
}

// What an administrator does about the whole account.
const (
	renew = "make a new permanent token of a system user in Meta Business settings, and give it to the channel: ngoctl channel set NAME --token-file FILE"
	allow = "give the app and the system user the right for this account in Meta Business settings"
	slow  = "it goes on by itself after a while"
)

// common gives what a code means in all of the Graph API.
func common(code int) (Meaning, bool) {
	switch {
	case code >= 200 && code <= 299:
		return Meaning{channel.FaultAccount, "Meta does not allow this to the token.", allow, 0}, true
	}
	m, ok := commonCodes[code]
	return m, ok
}

var commonCodes = map[int]Meaning{
	0:   {channel.FaultAccount, "Meta does not accept the token.", renew, 0},
	1:   {channel.FaultTransient, "Meta has trouble of its own.", slow, 0},
	2:   {channel.FaultTransient, "Meta's service is down or too busy.", slow, 0},
	3:   {channel.FaultAccount, "Meta does not allow this to the app.", allow, 0},
	4:   {channel.FaultLimit, "The app asks Meta too often.", slow, time.Minute},
	10:  {channel.FaultAccount, "Meta does not allow this to the token.", allow, 0},
	33:  {channel.FaultMessage, "What it was sent from or to is not there any more.", "compare the ids in the settings with those at Meta", 0},
	100: {channel.FaultMessage, "Meta does not understand a part of the message.", "", 0},
	190: {channel.FaultAccount, "The token has ended.", renew, 0},
	368: {channel.FaultAccount, "Meta has blocked the account for breaking its policies.", "open the account's page in Meta Business Suite and ask for a review", 0},
	613: {channel.FaultLimit, "Too much was asked of Meta in a short time.", slow, time.Minute},
}

// Coded makes the error that a refusal with this meaning is. Only a class that nobody knows takes its code from under, the
// error that the answer's status makes, nil for none.
func Coded(f *channel.Fault, under error) error {
	code, known := classCodes[f.Class]
	if !known {
		code = cmp.Or(ngo.CodeOf(under), ngo.Invalid)
	}
	cause := error(f)
	if under != nil {
		cause = fmt.Errorf("%w: %w", f, under)
	}
	return &ngo.Error{Code: code, Message: f.Message, Hint: f.Hint, Err: cause}
}

var classCodes = map[channel.FaultClass]ngo.Code{
	channel.FaultAccount:   ngo.Unauthenticated,
	channel.FaultLimit:     ngo.Limited,
	channel.FaultPair:      ngo.Limited,
	channel.FaultTransient: ngo.Unavailable,
	channel.FaultWindow:    ngo.Denied,
	channel.FaultPerson:    ngo.Denied,
	channel.FaultCap:       ngo.Denied,
	channel.FaultMessage:   ngo.Invalid,
	channel.FaultTemplate:  ngo.Invalid,
	channel.FaultMedia:     ngo.Invalid,
}

// explain puts the Graph API's own code in the place of the status's, where there is one. ok tells whether there was.
func (c Codes) explain(a egress.Answer, err error) (_ error, ok bool) {
	var said struct {
		Error Maybe[Error] `json:"error"`
	}
	if json.Unmarshal(a.Body, &said) != nil || !said.Error.OK || said.Error.V.Code == "" {
		return err, false
	}
	f := c.Fault(said.Error.V)
	if wait := egress.RetryAfter(err); wait > f.Wait {
		f.Wait = wait
	}
	return Coded(f, err), true
}

// FaultOf gives the provider's refusal behind an error, nil when there is none.
func FaultOf(err error) *channel.Fault {
	f, _ := errors.AsType[*channel.Fault](err)
	return f
}
