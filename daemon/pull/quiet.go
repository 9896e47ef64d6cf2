package pull

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// quietLook is how often the webhooks of channels are looked at, so that an unusual silence is told within the hour.
const quietLook = 15 * time.Minute

// shyFor is how long a channel may be silent of which too little is known to say what is usual: a weekend, with a holiday.
const shyFor = 72 * time.Hour

// overhear looks whether the webhooks of a channel are silent for unusually long. What else is wrong with the channel is graver, and
// stays what is told of it.
func (p *Puller) overhear(ctx context.Context, o *org.Org, c org.Channel) error {
	now := p.o.Now()
	if !org.Hooked(c.Account) || now.Sub(p.started) < settling {
		return nil
	}
	var h ngo.Health
	var came map[time.Time]int
	err := o.Store.Read(ctx, func(rx *store.Rx) (err error) {
		if h, err = rx.Health(c.Info.ID); err != nil || h.LastWebhook == nil {
			return err
		}
		came, err = rx.WebhookHours(c.Info.ID, now.Add(-listenBack))
		return err
	})
	if err != nil || h.Alarm != "" && !strings.HasPrefix(h.Alarm, silenceAlarm) {
		return err
	}
	was := h.Alarm
	if alarm := hushed(h, came, now); alarm != was {
		p.settle(ctx, o, c.Info, was, sound(h, alarm, now))
	}
	return nil
}

// hushed gives what should be said of a channel whose latest webhook is long ago.
func hushed(h ngo.Health, came map[time.Time]int, now time.Time) string {
	if h.LastWebhook == nil {
		return "" // none ever came: it may not be set up yet
	}
	usual, limit := usualSilence(came, now)
	tells := "the longest silence at this time of the day is usually " + hours(usual)
	if usual == 0 && limit == mostSilence {
		limit, tells = shyFor, "that is long for any channel that people write to"
	}
	silent := now.Sub(*h.LastWebhook)
	if silent < limit {
		return ""
	}
	return again(h.Alarm, silenceAlarm, fmt.Sprintf(" %s: %s. Try the way in with channel test, and look at the webhook in the provider's dashboard.", hours(silent), tells))
}
