package apiserver

import (
	"cmp"
	"context"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func (s *Server) purposes(ctx context.Context, in *OrgPath) (*page[ngo.Purpose], error) {
	return list(ctx, s, *in, func(rx *store.Rx) ([]ngo.Purpose, string, error) {
		items, err := rx.Purposes()
		return items, "", err
	})
}

func (s *Server) addPurpose(ctx context.Context, in *orgBody[api.NewPurpose]) (*answer[ngo.Purpose], error) {
	n := in.Body
	p := ngo.Purpose{Name: n.Name, Title: n.Title, Kind: cmp.Or(n.Kind, ngo.FundSpecific), Aliases: n.Aliases}
	return s.changePurpose(ctx, in.OrgPath, n.Name, func(tx *store.Tx) error { return tx.AddPurpose(p) })
}

func (s *Server) setPurpose(ctx context.Context, in *nameBody[api.PurposeEdit]) (*answer[ngo.Purpose], error) {
	return s.changePurpose(ctx, in.OrgPath, in.Name, func(tx *store.Tx) error {
		old, err := tx.Purpose(in.Name)
		if err != nil {
			return err
		}
		_, err = tx.SetPurpose(in.Body.Apply(old))
		return err
	})
}

// changePurpose runs a change and gives the purpose as it is then.
func (s *Server) changePurpose(ctx context.Context, in OrgPath, name string, do func(*store.Tx) error) (*answer[ngo.Purpose], error) {
	var out answer[ngo.Purpose]
	err := s.write(ctx, in, func(tx *store.Tx) (err error) {
		if err := do(tx); err != nil {
			return err
		}
		out.Body, err = tx.Purpose(name)
		return err
	})
	return &out, err
}

func (s *Server) closePurpose(ctx context.Context, in *NamePath) (*struct{}, error) {
	return nil, s.write(ctx, in.OrgPath, func(tx *store.Tx) error {
		_, err := tx.ClosePurpose(in.Name)
		return err
	})
}
