package seed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// TalkOptions says with what Talk fills an organisation.
type TalkOptions struct {
	People   int
	Messages int
	From, To time.Time // over which messages are spread; the year before now when zero
	Progress func(people, messages int)
	// Settings gives what a driver's account is made with; one that is made with nothing cannot be opened by the daemon.
	Settings func(driver string) (settings, secrets map[string]string)
}

const (
	peopleAtOnce   = 2000
	messagesAtOnce = 4000
	sortedAtOnce   = 40_000 // messages that are put in the order of who writes them, so that the database finds these side by side
	notesAtOnce    = 20_000 // of what is to be searched
)

// Talk fills an organisation with people who write in three languages, by WhatsApp and by mail, and with what they were answered. A
// tenth of them gave too, and were joined with who writes from their phone. It adds accounts of its own, and has everything found by
// the search. The same options give the same people and messages but for the ids.
func Talk(ctx context.Context, o *store.Org, s TalkOptions) error {
	if s.To.IsZero() {
		s.To = time.Now()
	}
	if s.From.IsZero() {
		s.From = s.To.AddDate(-1, 0, 0)
	}
	if s.Progress == nil {
		s.Progress = func(int, int) {}
	}
	if s.Settings == nil {
		s.Settings = func(string) (settings, secrets map[string]string) { return nil, nil }
	}
	t := talker{org: o, options: s, speaker: newSpeaker(), ids: make([]ngo.PersonID, s.People), threads: map[int32]int32{}}
	for _, a := range []struct {
		driver string
		id     *ngo.AccountID
	}{{"whatsapp", &t.chat}, {"email", &t.mail}} {
		settings, secrets := s.Settings(a.driver)
		account := o.NewAccount(ngo.Channel, a.driver, "seed-"+a.driver+"-"+string(ngo.NewID[ngo.AccountID](s.To)), settings, secrets)
		*a.id = account.Account.ID
		if err := o.Write(ctx, store.Work, "seed", func(tx *store.Tx) error { return tx.AddAccount(account) }); err != nil {
			return fmt.Errorf("seed: %w", err)
		}
	}
	for start := 0; start < s.People; start += peopleAtOnce {
		if err := t.meet(ctx, start, min(start+peopleAtOnce, s.People)); err != nil {
			return fmt.Errorf("seed people from %d: %w", start, err)
		}
		s.Progress(min(start+peopleAtOnce, s.People), 0)
	}
	return t.talkAll(ctx)
}

// talkAll has all messages written, and found by the search at the same time.
func (t *talker) talkAll(ctx context.Context) error {
	var group errgroup.Group
	group.SetLimit(1)
	for start := 0; start < t.options.Messages; start += sortedAtOnce {
		var said []saying
		for i := start; i < min(start+sortedAtOnce, t.options.Messages); i++ {
			said = append(said, t.message(i))
		}
		slices.SortStableFunc(said, func(a, b saying) int { return a.person - b.person })
		for some := range slices.Chunk(said, messagesAtOnce) {
			if err := t.talk(ctx, some); err != nil {
				return errors.Join(fmt.Errorf("seed messages from %d: %w", start, err), group.Wait())
			}
			group.TryGo(func() error { return Search(ctx, t.org) })
		}
		t.options.Progress(t.options.People, start+len(said))
	}
	return errors.Join(group.Wait(), Search(ctx, t.org))
}

// saying is a message of a person's, or one to them.
type saying struct {
	person int
	store.NewIncoming
}

type talker struct {
	org        *store.Org
	options    TalkOptions
	chat, mail ngo.AccountID
	speaker    *speaker
	ids        []ngo.PersonID  // as they are known where they write
	threads    map[int32]int32 // of those who mail: the last message of theirs, plus one
}

// mails tells whether the i-th person writes mail; the others chat.
func mails(i int) bool { return i%4 == 3 }

// meet makes people known.
func (t *talker) meet(ctx context.Context, from, to int) error {
	err := t.org.Write(ctx, store.Work, "seed", func(tx *store.Tx) error {
		for i := from; i < to; i++ {
			d := Somebody(i)
			if i%10 == 0 {
				if _, err := tx.JoinPerson(d); err != nil {
					return err
				}
			}
			id, _, _, err := tx.PersonFor(t.account(i), known(i), d.Name, ngo.Languages[languageOf(i)])
			if err != nil {
				return err
			}
			t.ids[i] = id
		}
		return nil
	})
	if err != nil {
		return err
	}
	return Search(ctx, t.org)
}

func (t *talker) account(i int) ngo.AccountID {
	if mails(i) {
		return t.mail
	}
	return t.chat
}

// known is what the channel tells of the i-th person.
func known(i int) []ngo.Identity {
	if mails(i) {
		return []ngo.Identity{{Kind: ngo.EMail, Value: mailOf(i)}}
	}
	return []ngo.Identity{{Kind: ngo.WhatsApp, Value: numberOf(i)}, {Kind: ngo.Phone, Value: "+" + numberOf(i)}}
}

// talk has people write.
func (t *talker) talk(ctx context.Context, said []saying) error {
	return t.org.Write(ctx, store.Work, "seed", func(tx *store.Tx) error {
		for _, m := range said {
			if _, err := tx.Hear(m.NewIncoming); err != nil {
				return err
			}
		}
		return nil
	})
}

// message is the i-th of all. Few people write much, and two of five messages are ours.
func (t *talker) message(i int) saying {
	span := t.options.To.Sub(t.options.From)
	person := min(t.speaker.IntN(t.options.People), t.speaker.IntN(t.options.People))
	ours := t.speaker.IntN(5) < 2
	m := store.NewIncoming{
		Account: t.account(person), Line: "15550001111", Ref: ngo.Ref(fmt.Sprintf("seed.%09d", i)), Kind: ngo.Chat, Person: t.ids[person], Address: known(person)[0],
		Name: nameOf(person, languageOf(person)), At: t.options.From.Add(span / time.Duration(t.options.Messages) * time.Duration(i)), Echo: ours, Renews: !ours,
		What: "text", Text: t.speaker.say(person),
	}
	if !mails(person) {
		return saying{person, m}
	}
	m.Kind, m.Line, m.Renews = ngo.Mail, "office@example.org", false
	m.Aliases = []ngo.Ref{ngo.Ref(fmt.Sprintf("<seed.%09d@example.org>", i))}
	if last := t.threads[int32(person)]; last != 0 && t.speaker.IntN(4) > 0 {
		m.ReplyTo = []ngo.Ref{ngo.Ref(fmt.Sprintf("<seed.%09d@example.org>", last-1))}
		m.Subject = "Re: our mail"
	} else {
		m.Subject, m.Echo = t.speaker.subject(person), false
	}
	t.threads[int32(person)] = int32(i + 1)
	return saying{person, m}
}

// Search has all that was written found by the search.
func Search(ctx context.Context, o *store.Org) error {
	for {
		var words store.Words
		err := o.Read(ctx, func(r *store.Rx) (err error) {
			words, err = r.Unsearched(notesAtOnce)
			return err
		})
		if err != nil || words.Empty() {
			return err
		}
		if err := o.Write(ctx, store.Work, "seed", func(tx *store.Tx) error { return tx.Index(words) }); err != nil {
			return err
		}
	}
}
