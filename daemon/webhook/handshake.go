package webhook

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Handshaker is a Source whose provider asks, before it sends anything, whether the address is ours.
type Handshaker interface {
	// Handshake gives the whole answer. It fails with Denied when the word is wrong, and with Invalid when there is nothing to answer.
	Handshake(query url.Values) (answer string, err error)
}

// Learner is a Source that may lack what Verify needs, such as a certificate: Verify then fails with Unavailable.
type Learner interface {
	// Learn gets it, from those alone whom the account trusts. It fails with Unavailable or Limited when it may be tried later; any
	// other failure says that nobody trustworthy sent this.
	Learn(ctx context.Context, header http.Header, body []byte) error
}

// handshake answers a provider that asks whether the address is ours. A wrong word counts as a wrong signature does.
func (v *visit) handshake() *answer {
	source, ok := v.account.Source.(Handshaker)
	if !ok {
		return notAllowed
	}
	word, err := source.Handshake(v.r.URL.Query())
	switch {
	case err == nil:
		v.desk.shaken.Inc()
		return spoken(word)
	case ngo.CodeOf(err) == ngo.Invalid:
		return v.failed(unasked)
	}
	v.desk.refused.Inc()
	v.refuse("handshake refused", err)
	return v.failed(wrongWord)
}

// spoken gives a stranger's own text back, and nothing that a browser could take for a page.
func spoken(word string) *answer {
	return newAnswer(http.StatusOK, "text/plain; charset=utf-8", word,
		"X-Content-Type-Options", "nosniff", "Content-Security-Policy", "default-src 'none'; sandbox", "Cache-Control", "no-store")
}

// verify checks who sent the body; when something lacks for that, it is learned first, and then the check alone counts. A
// client that failed too often makes us learn nothing.
func (v *visit) verify(ctx context.Context, body []byte) *answer {
	source := v.account.Source
	err := source.Verify(v.r.Header, body)
	learner, ok := source.(Learner)
	if ok && unready(err) && !v.blocked {
		if !v.h.lessons.TryAcquire(1) {
			return unavailable
		}
		defer v.h.lessons.Release(1)
		if err = learner.Learn(ctx, v.r.Header, body); err == nil {
			err = source.Verify(v.r.Header, body)
		}
	}
	switch {
	case err == nil:
		return nil
	case unready(err):
		v.desk.unlearned.say(v.h, slog.LevelWarn, "what a signature is checked with cannot be had", v.r, v.attrs(err)...)
		return unavailable
	}
	v.desk.refused.Inc()
	v.refuse("delivery refused", err)
	return v.failed(unsigned)
}

// unready tells whether nothing is known yet of who sent something.
func unready(err error) bool {
	code := ngo.CodeOf(err)
	return code == ngo.Unavailable || code == ngo.Limited
}

var (
	wrongWord = newProblem(http.StatusForbidden, "denied", "this is not the word")
	unasked   = newProblem(http.StatusBadRequest, "invalid", "there is nothing to answer")
)
