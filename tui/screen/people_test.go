package screen

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/tui/widget"
)

func newPeople(t *testing.T, width, height int) (*People, *daemonDouble) {
	t.Helper()
	room, d := newRoom(t)
	meena := ngo.Person{ID: "per_1", Root: "per_1", Name: "மீனா", Identities: []ngo.Identity{{Kind: ngo.Phone, Value: "+919840012345", Shared: true}},
		Parts: []ngo.Person{{ID: "per_2", Root: "per_1", Name: "Meena", Identities: []ngo.Identity{{Kind: ngo.EMail, Value: "meena@example.org"}}}}}
	d.answer["GET /orgs/sevai/persons"] = api.Page[ngo.Person]{Items: []ngo.Person{meena, {ID: "per_3", Name: "Ravi"}}}
	d.answer["GET /orgs/sevai/persons/per_1"] = api.Person{
		Person: meena, Totals: []api.Total{{Money: ngo.Paise(250000), Count: 2}}, First: "2026-04-02", Last: "2026-11-20", Donations: []ngo.Donation{gift(1, "மீனா", 250000)},
		Conversations: chats[:1], Receipts: []ngo.Receipt{{Number: "SVT/2026-27/D/000001", Day: "2026-11-20", State: ngo.ReceiptIssued, Amount: ngo.Paise(250000)}},
		Consents: []ngo.Consent{{Topic: ngo.TopicMarketing, Given: true, Words: "May we write to you?", At: noon}},
	}
	d.answer["GET /orgs/sevai/persons/per_3"] = api.Person{Person: ngo.Person{ID: "per_3", Root: "per_3", Name: "Ravi"}}
	p := NewPeople(room)
	p.Resize(width, height)
	run(p, p.Init())
	return p, d
}

func TestPeopleLookAsTheyShould(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{130, 26}, {80, 24}, {58, 16}} {
		p, _ := newPeople(t, size[0], size[1])
		c := widget.NewCells()
		golden(t, fmt.Sprintf("people_%dx%d.txt", size[0], size[1]), c.Release(p.View(c)))
	}
}

func TestMergingShowsReasonsFirst(t *testing.T) {
	t.Parallel()
	p, d := newPeople(t, 130, 26)
	d.answer["GET /orgs/sevai/persons/per_1/likely"] = api.Page[ngo.Likeness]{Items: []ngo.Likeness{{Person: ngo.Person{ID: "per_7", Name: "मीना"}, Reasons: []string{"The same phone number."}, Doubts: []string{"Another address."}, Score: 80}}}
	hit(p, "m")
	if got := shownOf(p); !strings.Contains(got, "The same phone number.") || !strings.Contains(got, "Another address.") {
		t.Fatalf("the reasons are not shown:\n%s", got)
	}
	d.gotNot(t, "POST")
	hit(p, "9")
	d.gotNot(t, "POST")
	hit(p, "1")
	d.got(t, `POST /orgs/sevai/persons/per_1/join {"with":"per_7","reason":"The same phone number."}`)
}

func TestUnmergingNamesWhom(t *testing.T) {
	t.Parallel()
	p, d := newPeople(t, 80, 24)
	hit(p, "M")
	if got := shownOf(p); !strings.Contains(got, "1 Meena") {
		t.Fatalf("it is not asked whom:\n%s", got)
	}
	hit(p, "enter")
	typed(p, "mother and daughter")
	d.got(t, `POST /orgs/sevai/persons/per_2/part {"reason":"mother and daughter"}`)
}

func TestAConsentNeedsItsWords(t *testing.T) {
	t.Parallel()
	p, d := newPeople(t, 80, 24)
	hit(p, "c")
	typed(p, "stop")
	typed(p, "all")
	hit(p, "enter")
	d.gotNot(t, "POST")
	typed(p, "please do not write")
	typed(p, "by phone")
	d.got(t, `"topic":"all","given":false,"words":"please do not write"`)
}

func TestEnterGoesToTheThread(t *testing.T) {
	t.Parallel()
	p, _ := newPeople(t, 80, 24)
	cmd := p.Update(keyOf("enter"))
	if m, ok := cmd().(GoTo); !ok || m.Conversation != "cnv_1" {
		t.Errorf("enter gives %v", m)
	}
}
