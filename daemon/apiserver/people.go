package apiserver

import (
	"context"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// joinPersons shows two persons as one. Nothing moves, so that it can be taken back at any time.
func (s *Server) joinPersons(ctx context.Context, in *idBody[api.Join]) (*answer[ngo.Joining], error) {
	var out answer[ngo.Joining]
	err := s.write(ctx, in.OrgPath, func(tx *store.Tx) (err error) {
		out.Body, err = tx.Join(ngo.PersonID(in.ID), in.Body.With, strings.TrimSpace(in.Body.Reason))
		return err
	})
	return &out, err
}

func (s *Server) partPersons(ctx context.Context, in *idBody[api.Why]) (*answer[ngo.Joining], error) {
	var out answer[ngo.Joining]
	err := s.write(ctx, in.OrgPath, func(tx *store.Tx) (err error) {
		out.Body, err = tx.Part(ngo.PersonID(in.ID), strings.TrimSpace(in.Body.Reason))
		return err
	})
	return &out, err
}

func (s *Server) likely(ctx context.Context, in *IDPath) (*page[ngo.Likeness], error) {
	return list(ctx, s, in.OrgPath, func(rx *store.Rx) ([]ngo.Likeness, string, error) {
		all, err := rx.Likely(ngo.PersonID(in.ID))
		for i := range all {
			all[i].Person = reachable(all[i].Person)
			all[i].Reasons, all[i].Doubts = append([]string{}, all[i].Reasons...), append([]string{}, all[i].Doubts...)
		}
		return all, "", err
	})
}

func (s *Server) differ(ctx context.Context, in *idBody[api.Join]) (*struct{}, error) {
	return nil, s.write(ctx, in.OrgPath, func(tx *store.Tx) error { return tx.Differ(ngo.PersonID(in.ID), in.Body.With) })
}

// shareIdentity says of an address that a person has whether others have it, too.
func (s *Server) shareIdentity(ctx context.Context, in *idBody[ngo.Identity]) (*struct{}, error) {
	return nil, s.write(ctx, in.OrgPath, func(tx *store.Tx) error { return tx.ShareIdentity(ngo.PersonID(in.ID), in.Body) })
}

func (s *Server) consents(ctx context.Context, in *IDPath) (*page[ngo.Consent], error) {
	return list(ctx, s, in.OrgPath, func(rx *store.Rx) ([]ngo.Consent, string, error) {
		root, err := rx.RootOf(ngo.PersonID(in.ID))
		if err != nil {
			return nil, "", err
		}
		all, err := rx.Consents(root)
		return all, "", err
	})
}

// recordConsent records what somebody of ours heard. Nothing said before is changed.
func (s *Server) recordConsent(ctx context.Context, in *idBody[api.ConsentRecord]) (*answer[ngo.Consent], error) {
	words, source := strings.TrimSpace(in.Body.Words), strings.TrimSpace(in.Body.Source)
	if words == "" || source == "" {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "a consent needs the words in which they were asked or said it, and how that was heard"}
	}
	var out answer[ngo.Consent]
	err := s.write(ctx, in.OrgPath, func(tx *store.Tx) error {
		p, err := tx.Person(ngo.PersonID(in.ID))
		if err != nil {
			return err
		}
		if words, _, err = maskAadhaar(&tx.Rx, words); err != nil {
			return err
		}
		out.Body, err = tx.AddConsent(ngo.Consent{
			Person: p.ID, Topic: in.Body.Topic, Given: in.Body.Given, Words: words, Language: in.Body.Language, Source: source,
		})
		return err
	})
	return &out, err
}
