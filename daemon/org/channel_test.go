package org

import (
	"testing"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestChannel(t *testing.T) {
	each(t, func(t *testing.T, o *Org) {
		if _, _, err := o.Channel(t.Context(), "post"); ngo.CodeOf(err) != ngo.NotFound {
			t.Errorf("Channel before it is added = %v; want NotFound", err)
		}
		if _, _, err := o.ChannelByID(t.Context(), "acc_none"); ngo.CodeOf(err) != ngo.NotFound {
			t.Errorf("ChannelByID of none = %v; want NotFound", err)
		}
		row := addAccount(t, o, ngo.Channel, "post", "post", "s3cret")
		addAccount(t, o, ngo.Gateway, "pay", "pay", "x")
		info, acc, err := o.Channel(t.Context(), "post")
		if err != nil || info.ID != row.ID || acc.(account).values["secret"] != "s3cret" {
			t.Fatalf("Channel = %+v, %v, %v", info, acc, err)
		}
		if _, _, err := o.Channel(t.Context(), "pay"); ngo.CodeOf(err) != ngo.NotFound {
			t.Errorf("Channel by a gateway's name = %v; want NotFound", err)
		}
		bad := addAccount(t, o, ngo.Channel, "post", "bad", "bad")
		if _, _, err := o.ChannelByID(t.Context(), bad.ID); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("ChannelByID of one that cannot be opened = %v; want Invalid", err)
		}
		storetest.Write(t, o.Store, func(tx *store.Tx) error { _, err := tx.RemoveAccount(row.ID); return err })
		if _, _, err := o.Channel(t.Context(), "post"); ngo.CodeOf(err) != ngo.NotFound {
			t.Errorf("Channel after its removal = %v; want NotFound", err)
		}
		if info, acc, err := o.ChannelByID(t.Context(), row.ID); err != nil || acc == nil || info.Removed == nil {
			t.Errorf("ChannelByID after its removal = %+v, %v, %v; want the account, for what it brought before", info, acc, err)
		}
	})
}

func TestChannelsKeepTheirOrder(t *testing.T) {
	each(t, func(t *testing.T, o *Org) {
		for _, name := range []string{"whatsapp", "email", "office"} {
			addAccount(t, o, ngo.Channel, "post", name, "x")
		}
		all, err := o.Channels(t.Context())
		if err != nil || len(all) != 3 || all[0].Info.Name != "email" || all[1].Info.Name != "office" || all[2].Info.Name != "whatsapp" {
			t.Errorf("Channels = %v, %v; want them by name", all, err)
		}
	})
}
