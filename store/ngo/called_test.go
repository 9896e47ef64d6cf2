package ngo_test

import (
	"testing"

	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestCalled(t *testing.T) {
	t.Parallel()
	id := ngo.Identity{Kind: ngo.WhatsAppUser, Value: "IN.13491208655302741918"}
	for _, tt := range []struct {
		p    ngo.Person
		want string
	}{
		{ngo.Person{Name: "Meena", Identities: []ngo.Identity{id}}, "Meena"},
		{ngo.Person{Identities: []ngo.Identity{{Kind: ngo.WhatsAppParent, Value: "IN.ENT.118"}, id}}, "somebody on WhatsApp (…1918)"},
		{ngo.Person{Identities: []ngo.Identity{{Kind: ngo.Instagram, Value: "17"}}}, "somebody on Instagram (…17)"},
		{ngo.Person{Identities: []ngo.Identity{{Kind: ngo.Phone, Value: "+919840012345"}, id}}, ""}, // that stands beside it
		{ngo.Person{}, ""},
	} {
		if got := tt.p.Called(); got != tt.want {
			t.Errorf("%+v is called %q; want %q", tt.p, got, tt.want)
		}
	}
}
