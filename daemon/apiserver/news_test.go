package apiserver_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// Who has missed events reads what was recorded since, in pages: also what was written long before, and each as it is alone.
func TestMessagesAreListedAsTheyWereRecorded(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	_, agent := in.user("ravi", storetest.Slug, ngo.Agent)
	c := in.with(agent)
	var want []ngo.MessageID
	for i := range 5 {
		h := in.hears(fmt.Sprint("91984001234", i%2), "Meena", fmt.Sprint(i), time.Duration(i)*time.Hour)
		want = append(want, h.Message)
	}
	var got []ngo.MessageID
	for q := (api.ListQuery{Limit: 2}); ; {
		page, err := c.Messages(t.Context(), storetest.Slug, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Items {
			got = append(got, m.ID)
			if one, err := c.Message(t.Context(), storetest.Slug, m.ID); err != nil || one.Text != m.Text || one.Created != m.Created {
				t.Errorf("it lists %+v; alone it is %+v (%v)", m, one, err)
			}
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	slices.Sort(want) // two of one millisecond are in the order of their ids
	slices.Reverse(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	_, finance := in.user("asha", storetest.Slug, ngo.Finance)
	_, err := in.with(finance).Messages(t.Context(), storetest.Slug, api.ListQuery{})
	wantCode(t, err, ngo.Denied)
}
