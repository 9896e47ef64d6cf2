package pull

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// When something is wrong for long enough to tell a person.
const (
	missedAtOnce = 3             // gifts that one asking found: webhooks do not arrive
	failingFor   = 2 * time.Hour // without one good answer
	leastSilence = 3 * time.Hour // of webhooks, where they are all there is
	mostSilence  = 20 * time.Hour
	settling     = time.Hour // after the start, for what gateways send again
	listenBack   = 28 * 24 * time.Hour
	enoughDays   = 7 // of webhooks, to know what is usual
)

// How each kind of alarm begins; by that it is known again.
const (
	hooksAlarm   = "Webhooks do not arrive"
	askingAlarm  = "The gateway cannot be asked"
	silenceAlarm = "No webhook has come for"
)

const switchedOff = "A gateway switches a webhook off when it failed for about a day."

// signs are what tells whether something is wrong with a gateway that can be asked.
type signs struct {
	now     time.Time
	missed  int64     // gifts found by the latest asking
	before  bool      // an earlier one found some too, and no webhook came since
	failing time.Time // since when asking fails; zero when it does not
	hooked  bool
}

// alarm gives what should be said of the gateway; empty when all is well. An alarm that stays keeps its words.
func (s signs) alarm(h ngo.Health) string {
	switch {
	case !s.failing.IsZero() && s.now.Sub(s.failing) >= failingFor:
		return again(h.Alarm, askingAlarm, fmt.Sprintf(": it has given no good answer for %s. What it says: %s", hours(s.now.Sub(s.failing)), h.PollError))
	case s.missed >= missedAtOnce || s.missed > 0 && s.before:
		return again(h.Alarm, hooksAlarm, fmt.Sprintf(": %d gifts were found by asking alone. Look at the webhook in the gateway's dashboard and try the way in with gateway test. %s", s.missed, switchedOff))
	case !s.failing.IsZero():
		return h.Alarm // nothing new is known
	case s.hooked && strings.HasPrefix(h.Alarm, hooksAlarm) && !after(h.LastWebhook, h.AlarmSince):
		return h.Alarm // that nothing was missed may be because nothing was given
	}
	return ""
}

// again keeps the words of an alarm of the same kind.
func again(standing, kind, rest string) string {
	if strings.HasPrefix(standing, kind) {
		return standing
	}
	return kind + rest
}

func after(a, b *time.Time) bool { return a != nil && b != nil && a.After(*b) }

// judge draws the conclusions of an asking and keeps them.
func (p *Puller) judge(ctx context.Context, d due, h ngo.Health, a *asking) {
	now := p.o.Now()
	s := signs{now: now, missed: a.missed, hooked: hooked(d.gateway.Info)}
	p.mu.Lock()
	l := d.line
	if h.LastWebhook != nil && h.LastWebhook.After(l.missed) {
		l.missed = time.Time{}
	}
	s.before = !l.missed.IsZero()
	if a.missed > 0 && !s.before {
		l.missed = now
	}
	if a.err == nil {
		l.failed, l.failing = 0, time.Time{}
	} else if l.failed++; l.failed == 1 {
		l.failing = now
	}
	s.failing = l.failing
	p.mu.Unlock()
	was := h.Alarm
	h = a.health(h, now)
	p.settle(ctx, d.org, d.gateway.Info, was, sound(h, s.alarm(h), now))
}

// sound gives the health with what should be said.
func sound(h ngo.Health, alarm string, now time.Time) ngo.Health {
	switch {
	case alarm == "":
		h.AlarmSince = nil
	case alarm != h.Alarm:
		h.AlarmSince = &now
	}
	h.Alarm = alarm
	return h
}

// settle keeps the health, and says once in the log that an alarm came or went.
func (p *Puller) settle(ctx context.Context, o *org.Org, a ngo.Account, was string, h ngo.Health) {
	log := p.o.Log.With("org", o.Info().Slug, "account", a.Name)
	if err := saveHealth(ctx, o, a, h); err != nil {
		log.Warn("health of a gateway not kept", "err", err)
		return
	}
	switch {
	case h.Alarm == was:
	case h.Alarm == "":
		log.Info("gateway alarm over")
	default:
		log.Warn("gateway alarm", "alarm", h.Alarm)
	}
}

// listen looks whether webhooks are silent for unusually long, where a gateway cannot be asked and they are all there is.
func (p *Puller) listen(ctx context.Context, d due) {
	now, id := p.o.Now(), d.gateway.Info.ID
	if now.Sub(p.started) < settling {
		return
	}
	var h ngo.Health
	var came map[time.Time]int
	err := d.org.Store.Read(ctx, func(rx *store.Rx) (err error) {
		if h, err = rx.Health(id); err != nil || h.LastWebhook == nil {
			return err
		}
		came, err = rx.WebhookHours(id, now.Add(-listenBack))
		return err
	})
	if err != nil {
		p.o.Log.Warn("listening for webhooks put off", "org", d.org.Info().Slug, "account", d.gateway.Info.Name, "err", err)
		return
	}
	was := h.Alarm
	if alarm := silence(h, came, now); alarm != was || h.PollError != "" {
		h.PollError = "" // of a time when it could be asked
		p.settle(ctx, d.org, d.gateway.Info, was, sound(h, alarm, now))
	}
}

// silence gives what should be said of a gateway whose latest webhook is long ago.
func silence(h ngo.Health, came map[time.Time]int, now time.Time) string {
	if h.LastWebhook == nil {
		return "" // none ever came: it may not be set up yet
	}
	usual, limit := usualSilence(came, now)
	silent := now.Sub(*h.LastWebhook)
	if silent < limit {
		return ""
	}
	rest := fmt.Sprintf(" %s. Try the way in with gateway test, and look at the webhook in the gateway's dashboard. %s", hours(silent), switchedOff)
	if usual > 0 {
		rest = fmt.Sprintf(" %s; at this time of the day the longest silence is usually %s. Try the way in with gateway test, and look at the webhook in the gateway's dashboard. %s",
			hours(silent), hours(usual), switchedOff)
	}
	return again(h.Alarm, silenceAlarm, rest)
}

// usualSilence tells how long it is usually silent at this time of the day, and from when on silence is unusual: three times as
// long, but not before three hours, and before a gateway gives up after a day. Where a day without webhooks is nothing unusual,
// it must be silent for clearly longer than ever: an alarm that always stands is one that nobody hears. The two worst days of
// the four weeks do not count, which may have been outages.
func usualSilence(came map[time.Time]int, now time.Time) (usual, limit time.Duration) {
	known := slices.SortedFunc(maps.Keys(came), time.Time.Compare)
	var silences []time.Duration
	for day := 1; day <= int(listenBack/(24*time.Hour)); day++ {
		then := now.Add(-time.Duration(day) * 24 * time.Hour)
		n, exact := slices.BinarySearchFunc(known, then, time.Time.Compare)
		if exact {
			n++
		}
		if n > 0 {
			silences = append(silences, then.Sub(known[n-1]))
		}
	}
	if len(silences) < enoughDays {
		return 0, mostSilence
	}
	slices.Sort(silences)
	usual = silences[len(silences)-1-min(2, len(silences)/enoughDays-1)]
	return usual, max(min(max(3*usual, leastSilence), mostSilence), usual+usual/4)
}

// hours writes a duration for people.
func hours(d time.Duration) string {
	switch h := int(d.Round(time.Hour) / time.Hour); {
	case h < 1:
		return "less than an hour"
	case h == 1:
		return "an hour"
	case h < 48:
		return fmt.Sprintf("%d hours", h)
	default:
		return fmt.Sprintf("%d days", h/24)
	}
}
