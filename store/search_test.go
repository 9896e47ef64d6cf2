package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// indexAll has everything found, a few notes at a time.
func indexAll(t testing.TB, o *store.Org) {
	t.Helper()
	for {
		var words store.Words
		storetest.Read(t, o, func(r *store.Rx) (err error) {
			words, err = r.Unsearched(7)
			return err
		})
		if words.Empty() {
			return
		}
		storetest.Write(t, o, func(tx *store.Tx) error { return tx.Index(words) })
	}
}

// finds gives the subjects that a search finds, of each kind the newest first.
func finds(t testing.TB, o *store.Org, words, kind string) (out []string) {
	t.Helper()
	storetest.Read(t, o, func(r *store.Rx) error {
		hits, err := r.Search(words, kind, 0)
		for _, h := range hits {
			out = append(out, h.Subject)
		}
		return err
	})
	return out
}

// written is a house in which a few people gave and wrote.
type written struct {
	o                       *store.Org
	chat                    ngo.AccountID
	meena, ravi, murugan    ngo.PersonID
	gift                    ngo.Donation
	receipt                 ngo.Receipt
	thanks, question, paper store.Heard
}

func writeAll(t testing.TB) (w written) {
	t.Helper()
	w.o = storetest.Org(t)
	account := w.o.NewAccount(ngo.Channel, "whatsapp", "whatsapp", nil, nil)
	w.chat = account.Account.ID
	storetest.Write(t, w.o, func(tx *store.Tx) error { return tx.AddAccount(account) })
	w.gift = gift(t, w.o, "pay_29QQoUBi66xm2f", func(d *ngo.Donation) {
		d.Donor = ngo.Donor{Name: "Meena Raman", EMail: "meena.raman@example.org", Phone: "+919840012345", Address: "1 Lake Road", PAN: "ABCPE1234F"}
	})
	w.meena, w.receipt = w.gift.Person, issue(t, w.o, w.gift)
	w.ravi, _, _ = personFor(t, w.o, "ரவி குமார்", ngo.Identity{Kind: ngo.WhatsApp, Value: "919876500001"})
	w.murugan, _, _ = personFor(t, w.o, "मुरुगन", ngo.Identity{Kind: ngo.WhatsAppUser, Value: "IN.13491208655302741918"})
	w.thanks = w.hear(t, "wamid.1", w.ravi, "Thank you, Lakshmi! Congratulations. The UTR was 412345678901, for receipt SVT/2026-27/D/000123")
	w.question = w.hear(t, "wamid.2", w.murugan, "नमस्ते, रसीद नहीं मिली")
	w.paper = w.hear(t, "wamid.3", w.ravi, "என் மகள் மீனா பள்ளியில் சேர உதவி வேண்டும்")
	indexAll(t, w.o)
	return w
}

func (w written) hear(t testing.TB, ref ngo.Ref, person ngo.PersonID, text string) (h store.Heard) {
	t.Helper()
	storetest.Write(t, w.o, func(tx *store.Tx) (err error) {
		h, err = tx.Hear(store.NewIncoming{Account: w.chat, Line: "1", Ref: ref, Kind: ngo.Chat, Person: person, Address: ngo.Identity{Kind: ngo.WhatsApp, Value: "919876500001"},
			Name: "Somebody", At: time.Now(), What: "text", Text: text})
		return err
	})
	return h
}

func TestSearch(t *testing.T) {
	t.Parallel()
	w := writeAll(t)
	thanks, question, paper := string(w.thanks.Message), string(w.question.Message), string(w.paper.Message)
	meena, ravi, murugan := string(w.meena), string(w.ravi), string(w.murugan)
	receipt, payment := string(w.receipt.ID), string(w.gift.Payment)
	for _, tt := range []struct {
		words, kind string
		want        []string
	}{
		{"Meena", "", []string{meena, paper}}, {"மீனா", "", []string{meena, paper}}, {"मीना", "", []string{meena, paper}}, {"mina raman", "", []string{meena}}, {"Meen", "person", []string{meena}},
		{"raman meena", "", []string{meena}}, {"ரவி", "person", []string{ravi}}, {"Ravi Kumar", "person", []string{ravi}}, {"Murugan", "person", []string{murugan}}, {"முருகன்", "person", []string{murugan}},
		{"meena raja", "", nil}, {"nobody", "", nil},
		// phones
		{"2345", "person", []string{meena}}, {"12345", "", []string{meena}}, {"98400 12345", "", []string{meena}}, {"+91 98400-12345", "", []string{meena}}, {"९८४००१२३४५", "", []string{meena}},
		{"00001", "person", []string{ravi}}, {"345", "person", nil}, {"919876500001", "person", []string{ravi}},
		// addresses
		{"meena.raman@example.org", "", []string{meena}}, {"meena.raman@", "", []string{meena}}, {"MEENA.RAMAN", "person", []string{meena}}, {"example.org", "person", []string{meena}},
		{"IN.13491208655302741918", "", []string{murugan}},
		// numbers
		{w.receipt.Number, "receipt", []string{receipt}}, {lastPart(w.receipt.Number), "receipt", []string{receipt}}, {strings.TrimLeft(lastPart(w.receipt.Number), "0"), "receipt", []string{receipt}},
		{strings.ToLower(w.receipt.Number), "receipt", []string{receipt}}, {"pay_29QQoUBi66xm2f", "", []string{payment}}, {"29qqoubi", "payment", []string{payment}},
		{"abcpe1234f", "donation", []string{string(w.gift.ID)}}, {"ABCPE1234G", "", nil},
		{"412345678901", "", []string{thanks}}, {"SVT/2026-27/D/000123", "message", []string{thanks}},
		// texts
		{"thank you", "", []string{thanks}}, {"lakshmi", "message", []string{thanks}}, {"லட்சுமி", "message", []string{thanks}}, {"lak", "message", []string{thanks}}, {"l", "message", []string{thanks}},
		{"रसीद", "", []string{question}}, {"रसी", "", []string{question}}, {"பள்ளியில் உதவி", "", []string{paper}}, {"உ", "message", []string{paper}}, {"பள்ளியி", "", []string{paper}}, {"பள்ளிய", "", []string{paper}},
		{"congratul", "", []string{thanks}}, {"congratulations", "", []string{thanks}},
		{"thank नहीं", "", nil}, {"", "", nil}, {"   ", "", nil}, {`" OR *`, "", nil}, {`"thank`, "message", []string{thanks}}, {"NEAR(thank you)", "message", nil}, {"-(", "", nil}, {"th*nk", "message", nil},
	} {
		if got := finds(t, w.o, tt.words, tt.kind); !slices.Equal(got, tt.want) {
			t.Errorf("%q in %q finds %v; want %v", tt.words, tt.kind, got, tt.want)
		}
	}
	err := w.o.Read(t.Context(), func(r *store.Rx) error { _, err := r.Search("a", "secret", 0); return err })
	if ngo.CodeOf(err) != ngo.Invalid {
		t.Errorf("a kind that there is not: %v", err)
	}
}

func lastPart(number string) string { return number[strings.LastIndexByte(number, '/')+1:] }

func TestHitsSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	w := writeAll(t)
	storetest.Write(t, w.o, func(tx *store.Tx) error { _, err := tx.Join(w.meena, w.ravi, ""); return err })
	long := w.hear(t, "wamid.9", w.ravi, strings.Repeat("much was said before ", 20)+"and here the camp in Velur\n"+strings.Repeat("and much behind ", 20))
	indexAll(t, w.o)
	storetest.Read(t, w.o, func(r *store.Rx) error {
		hits, err := r.Search("velur", "", 0)
		if err != nil || len(hits) != 1 {
			t.Fatalf("hits = %+v, %v", hits, err)
		}
		h := hits[0]
		if h.Kind != "message" || h.Conversation != long.Conversation.ID || h.Person != w.meena || h.Title != "Somebody" || !strings.Contains(h.Snippet, "camp in Velur and") ||
			!strings.HasPrefix(h.Snippet, "…") || !strings.HasSuffix(h.Snippet, "…") || len(h.Snippet) > 140 {
			t.Errorf("hit = %+v", h)
		}
		hits, err = r.Search(w.receipt.Number, "", 0)
		if len(hits) < 1 || hits[0].Title != w.receipt.Number || hits[0].Snippet != "Meena Raman" || hits[0].Person != w.meena {
			t.Errorf("hits = %+v", hits)
		}
		return err
	})
}

// What is searched follows what is written, and what was erased is not found by what it was.
func TestSearchFollows(t *testing.T) {
	t.Parallel()
	w := writeAll(t)
	storetest.Write(t, w.o, func(tx *store.Tx) error {
		_, err := tx.Ripple(store.NewRipple{Account: w.chat, Ref: "e1", About: "wamid.1", Kind: store.RippleEdit, Line: "1", Person: w.ravi, Text: "Sorry, it was Kamala", At: time.Now(), Count: 1})
		return err
	})
	storetest.Write(t, w.o, func(tx *store.Tx) error {
		_, err := tx.Ripple(store.NewRipple{Account: w.chat, Ref: "e2", About: "wamid.3", Kind: store.RippleRevoke, Line: "1", Person: w.ravi, At: time.Now()})
		return err
	})
	indexAll(t, w.o)
	for words, want := range map[string]int{"lakshmi": 0, "kamala": 1, "பள்ளியில்": 0} {
		if got := finds(t, w.o, words, "message"); len(got) != want {
			t.Errorf("after an edit %q finds %v; want %d", words, got, want)
		}
	}
	storetest.Write(t, w.o, func(tx *store.Tx) error { return tx.ErasePerson(w.ravi) })
	for _, again := range []bool{false, true} {
		for _, words := range []string{"ரவி", "76500001", "kamala"} {
			if got := finds(t, w.o, words, ""); got != nil {
				t.Errorf("of somebody who was erased %q finds %v", words, got)
			}
		}
		if !again {
			indexAll(t, w.o)
		}
	}
	if got := finds(t, w.o, "meena", "person"); len(got) != 1 {
		t.Errorf("others are found no more: %v", got)
	}
}

// Of many the newest are found, and a limit holds.
func TestTheNewestAreFoundFirst(t *testing.T) {
	t.Parallel()
	w := writeAll(t)
	var want []string
	for i := range 120 {
		h := w.hear(t, ngo.Ref(fmt.Sprint("many.", i)), w.ravi, fmt.Sprintf("camp number %d", i))
		want = append([]string{string(h.Message)}, want...)
	}
	indexAll(t, w.o)
	storetest.Read(t, w.o, func(r *store.Rx) error {
		for _, limit := range []int{1, 50, 100} {
			hits, err := r.Search("camp", "message", limit)
			if err != nil || len(hits) != limit {
				t.Fatalf("%d hits of %d, %v", len(hits), limit, err)
			}
			for i, h := range hits {
				if h.Subject != want[i] {
					t.Fatalf("hit %d of %d is %+v", i, limit, h)
				}
			}
		}
		return nil
	})
}

// Nobody can ask what the engine does not understand.
func FuzzSearch(f *testing.F) {
	w := writeAll(f)
	for _, s := range []string{"meena", `"`, "a AND b", "x*", "w : y", "^a", "a-b/c@d 1", "\x00", "\xff", "நீ 12345", "{a b}", "NOT", "()", "000", "+", "1.2.3", "ﬁ", "'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		err := w.o.Read(t.Context(), func(r *store.Rx) error {
			_, err := r.Search(s, "", 5)
			return err
		})
		if err != nil {
			t.Errorf("Search(%q): %v", s, err)
		}
	})
}

// What is shown of a message that was found is what it says now.
func TestFoundMessagesAreShownAsTheyAre(t *testing.T) {
	t.Parallel()
	w := writeAll(t)
	ripple := func(ref, about ngo.Ref, kind store.RippleKind, text string) {
		storetest.Write(t, w.o, func(tx *store.Tx) error {
			_, err := tx.Ripple(store.NewRipple{Account: w.chat, Ref: ref, About: about, Kind: kind, Line: "1", Person: w.ravi, Text: text, At: time.Now()})
			return err
		})
	}
	ripple("wamid.4", "wamid.1", store.RippleEdit, "Thank you, Kamala!")
	shown := func(words string) (out []string) {
		storetest.Read(t, w.o, func(r *store.Rx) error {
			hits, err := r.Search(words, "message", 0)
			for _, h := range hits {
				out = append(out, h.Snippet)
			}
			return err
		})
		return out
	}
	for range 2 { // before the search knows of it, and after
		if got := shown("thank"); len(got) != 1 || got[0] != "Thank you, Kamala!" {
			t.Errorf("an edited message is shown as %q", got)
		}
		indexAll(t, w.o)
	}
	ripple("wamid.5", "wamid.1", store.RippleRevoke, "")
	for range 2 {
		if got := shown("thank"); len(got) != 0 {
			t.Errorf("what was taken back is shown as %q", got)
		}
		indexAll(t, w.o)
	}
}
