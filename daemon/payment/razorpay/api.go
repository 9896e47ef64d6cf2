package razorpay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/ngoctl/ngoctl/daemon/egress"
	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	tries     = 4 // of a call that Razorpay throttles
	firstWait = 250 * time.Millisecond
	maxWait   = 30 * time.Second // the longest that one call waits; whoever asks comes again anyway
)

// api asks Razorpay.
type api struct {
	client     *egress.Client
	base       string
	id, secret string
}

// Check asks for the latest payment, which changes nothing.
func (a asked) Check(ctx context.Context) error {
	body, err := a.api.get(ctx, "/payments", url.Values{"count": {"1"}})
	if err != nil {
		return err
	}
	_, err = readPage(body)
	return err
}

// get asks for something that is always there. It fails with Unavailable, Limited, Unauthenticated, Denied, or with Internal
// for a refusal: such a question has nothing in it to refuse.
func (a *api) get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	body, err := a.ask(ctx, path, query)
	switch ngo.CodeOf(err) {
	case ngo.Invalid, ngo.NotFound, ngo.Conflict, ngo.TooLarge:
		err = &ngo.Error{Code: ngo.Internal, Message: "Razorpay refuses a question for " + path, Err: fmt.Errorf("%w: %w", errRefused, err)}
	case ngo.Denied:
		err = fmt.Errorf("%w: %w", errRefused, err)
	}
	return body, err
}

// errRefused marks a question that Razorpay does not answer for this key, while it may answer others.
var errRefused = errors.New("refused")

// ask asks, a few times when Razorpay throttles.
func (a *api) ask(ctx context.Context, path string, query url.Values) ([]byte, error) {
	for try := 1; ; try++ {
		answer, err := a.call(ctx, http.MethodGet, path+"?"+query.Encode(), nil, nil)
		if ngo.CodeOf(err) == ngo.Limited && try < tries && pause(ctx, try, egress.RetryAfter(err)) {
			continue
		}
		return answer.Body, err
	}
}

// pause waits before another try, as long as Razorpay asked or longer each time, and tells whether there is to be one. The
// jitter keeps accounts that were throttled together from coming back together.
func pause(ctx context.Context, try int, asked time.Duration) bool {
	if asked > maxWait {
		return false
	}
	wait := firstWait << (try - 1)
	wait = max(asked, wait/2) + rand.N(wait/2)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
		return false
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// call makes one call. An error that came of a status says what Razorpay said.
func (a *api) call(ctx context.Context, method, path string, header http.Header, body []byte) (egress.Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, a.base+path, bytes.NewReader(body))
	if err != nil {
		return egress.Answer{}, fmt.Errorf("make a request: %w", err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.SetBasicAuth(a.id, a.secret)
	answer, err := a.client.Do(req)
	if e, ok := errors.AsType[*ngo.Error](err); ok {
		return answer, explain(e, answer.Body)
	}
	return answer, err
}

// explain adds Razorpay's own words to an error, and what to do about refused credentials. Razorpay sends troubles of its own
// with the status of a refusal too.
func explain(e *ngo.Error, body []byte) error {
	var said struct {
		Error struct{ Code, Description string }
	}
	if json.Unmarshal(body, &said) != nil {
		said.Error.Code = "" // garbage has nothing to add
	}
	out := *e
	if words := payment.Cut(line(said.Error.Description), maxName); words != "" {
		out.Message = "Razorpay says: " + words
	}
	switch {
	case e.Code == ngo.Invalid && (said.Error.Code == "GATEWAY_ERROR" || said.Error.Code == "SERVER_ERROR"):
		out.Code = ngo.Unavailable
	case e.Code == ngo.Unauthenticated || e.Code == ngo.Denied:
		out.Hint = "compare the API key with the one in the Razorpay dashboard: ngoctl gateway show razorpay"
	}
	return &out
}
