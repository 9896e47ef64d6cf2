package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strings"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// step is a part of a session. Its text goes into: the mail server refuses …
type step string

const (
	greeting   step = "the connection"
	encrypting step = "encryption"
	loggingIn  step = "the user or the password"
	naming     step = "our address as the sender"
	addressing step = "the recipient"
	sending    step = "the mail"
)

const (
	checkCommand = "ngoctl channel test" // of all channels: a driver does not know what its own is called
	checkHint    = "see what is wrong: " + checkCommand
)

// explain turns what went wrong at a step before the end of a mail into an error with a code.
func explain(ctx context.Context, at step, err error) error {
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		return refused(at, reply)
	}
	if cause := ctx.Err(); cause != nil {
		return &ngo.Error{Code: ngo.Unavailable, Message: "sending was stopped before the mail server had the mail", Err: cause}
	}
	if bad, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return &ngo.Error{
			Code: ngo.Unavailable, Message: "the mail server's certificate is not to be trusted",
			Hint: "check the server's name in the channel, and the clock of this box: " + checkCommand, Err: bad,
		}
	}
	if timedOut(err) {
		return &ngo.Error{Code: ngo.Unavailable, Message: "the mail server took too long to answer", Hint: checkHint, Err: err}
	}
	return &ngo.Error{Code: ngo.Unavailable, Message: "the connection to the mail server broke", Hint: checkHint, Err: err}
}

func timedOut(err error) bool {
	n, ok := errors.AsType[net.Error](err)
	return ok && n.Timeout()
}

// unreachable is the error of a server that could not even be called.
func unreachable(ctx context.Context, addr string, err error) error {
	if ctx.Err() != nil {
		return explain(ctx, greeting, err)
	}
	return &ngo.Error{Code: ngo.Unavailable, Message: "the mail server " + addr + " cannot be reached", Hint: checkHint, Err: err}
}

// answered reads the answer to a whole mail. An error without a code says that there was none.
func answered(err error) error {
	if err == nil {
		return nil
	}
	reply, ok := errors.AsType[*textproto.Error](err)
	if !ok {
		return fmt.Errorf("wait for the answer to a mail that was sent: %w", err)
	}
	if reply.Code/100 == 2 {
		return nil
	}
	return refused(sending, reply)
}

// refused is the error of a server that said no.
func refused(at step, reply *textproto.Error) error {
	status := statusOf(reply)
	e := &ngo.Error{Code: codeOf(at, reply.Code, status), Message: fmt.Sprintf("the mail server refuses %s: %s", at, saidBy(reply, status))}
	switch {
	case e.Code == ngo.Unauthenticated && at == naming:
		e.Hint = "check --from, --user and --password-file; the provider must allow this sender: " + checkCommand
	case e.Code == ngo.Unauthenticated:
		e.Hint = "add the channel again with the right --user and --password-file"
	case e.Code == ngo.NotFound:
		e.Hint = "ask them for the right address"
	}
	return e
}

// status is an enhanced status code (RFC 3463), such as 5.1.1; zero when the server gave none.
type status [3]int

func statusOf(reply *textproto.Error) status {
	var s status
	word, _, _ := strings.Cut(reply.Msg, " ")
	if n, err := fmt.Sscanf(word, "%d.%d.%d", &s[0], &s[1], &s[2]); err != nil || n != 3 || s[0] != reply.Code/100 {
		return status{}
	}
	return s
}

// codeOf decides what follows from a refusal.
func codeOf(at step, code int, s status) ngo.Code {
	switch {
	case slices.Contains([]int{530, 534, 535, 538}, code):
		return ngo.Unauthenticated
	case code/100 != 5:
		return later(at, code, s)
	case at == loggingIn || at == naming && code != 552:
		return ngo.Unauthenticated
	case at == greeting || at == encrypting:
		return ngo.Unavailable // it says no to us, whatever the mail; that may pass
	case s[1] == 3 && s[2] == 4 || code == 552 && at != addressing:
		return ngo.TooLarge
	case at == addressing:
		return badRecipient(code, s)
	case s[1] == 1:
		return ngo.NotFound
	}
	return ngo.Denied
}

// later tells a server that has trouble from one to which we send too much.
func later(at step, code int, s status) ngo.Code {
	busy := s[1] == 7 || s == status{4, 2, 1} || s == status{4, 5, 3} || code == 454 && at != loggingIn && at != encrypting
	if busy {
		return ngo.Limited
	}
	return ngo.Unavailable
}

func badRecipient(code int, s status) ngo.Code {
	switch {
	case s[1] == 1 && (s[2] == 7 || s[2] == 8): // it is the sender's address that is at fault
		return ngo.Unauthenticated
	case s[1] == 1, s[1] == 4:
		return ngo.NotFound
	case s[1] == 2, s[1] == 7, code == 552, code == 554:
		return ngo.Denied
	case code == 550, code == 551, code == 553:
		return ngo.NotFound
	}
	return ngo.Invalid
}

// saidBy gives the server's own words, cleaned and cut, and its code.
func saidBy(reply *textproto.Error, s status) string {
	code := fmt.Sprint(reply.Code)
	text := reply.Msg
	if s != (status{}) {
		enhanced := fmt.Sprintf("%d.%d.%d", s[0], s[1], s[2])
		code += " " + enhanced
		text = strings.ReplaceAll(text, enhanced, "")
	}
	text = strings.Join(strings.Fields(ngo.Printable(text)), " ")
	if r := []rune(text); len(r) > 200 {
		text = string(r[:200]) + "…"
	}
	if text == "" {
		return code
	}
	return text + " (" + code + ")"
}

// hide takes the recipient's address, which servers like to repeat, out of an error: errors are logged.
func hide(err error, address string) error {
	if e, ok := errors.AsType[*ngo.Error](err); ok {
		e.Message = strings.ReplaceAll(e.Message, address, "the address")
	}
	return err
}
