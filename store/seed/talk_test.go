package seed_test

import (
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seed"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// told is what people wrote, each in their place.
func told(t *testing.T) (texts []string, people int) {
	t.Helper()
	o := storetest.Org(t)
	end := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	if err := seed.Talk(t.Context(), o, seed.TalkOptions{People: 60, Messages: 500, To: end}); err != nil {
		t.Fatal(err)
	}
	storetest.Read(t, o, func(r *store.Rx) error {
		q := store.ConversationQuery{ListQuery: store.ListQuery{Limit: 500}}
		threads, _, err := r.Conversations(q)
		if err != nil {
			return err
		}
		for _, c := range threads {
			messages, _, err := r.Thread(c.ID, store.ListQuery{Limit: 500})
			if err != nil {
				return err
			}
			for _, m := range messages {
				texts = append(texts, string(m.Direction)+" "+ngo.Stamp(m.At)+" "+m.Subject+" "+m.Text)
			}
		}
		listed, _, err := r.Persons(store.PersonQuery{ListQuery: store.ListQuery{Limit: 500}})
		people = len(listed)
		w, also := r.Unsearched(1)
		if !w.Empty() || also != nil {
			t.Errorf("something is not searched: %v", also)
		}
		hits, also := r.Search("மீனா", "person", 5)
		if len(hits) == 0 || also != nil {
			t.Errorf("nobody is called Meena: %v", also)
		}
		return err
	})
	return texts, people
}

func TestTheSameIsSaidEachTime(t *testing.T) {
	t.Parallel()
	first, people := told(t)
	again, _ := told(t)
	if len(first) != 500 || people != 60 {
		t.Fatalf("%d messages of %d people; want 500 of 60", len(first), people)
	}
	count := map[string]int{}
	for _, s := range first {
		count[s]++
	}
	for _, s := range again {
		count[s]--
	}
	for s, n := range count {
		if n != 0 {
			t.Errorf("%q was said %d times more at first", s, n)
		}
	}
}
