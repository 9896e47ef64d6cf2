package apiserver

import (
	"context"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// PicturePath names a picture of an organisation.
type PicturePath struct {
	OrgPath
	Kind string `path:"kind" enum:"logo,signature"`
}

type pictureIn struct {
	PicturePath
	RawBody []byte `contentType:"image/png"`
}

type pictureOut struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

// of gives where the profile names the picture.
func (in PicturePath) of(p *ngo.Profile) *ngo.BlobID {
	if api.PictureKind(in.Kind) == api.Signature {
		return &p.Signature
	}
	return &p.Logo
}

// setPicture keeps a picture and names it in the profile. The one before stays: receipts that were issued have it, and undoing
// brings it back. The file is durable before the row that names it.
func (s *Server) setPicture(ctx context.Context, in *pictureIn) (*answer[api.Picture], error) {
	picture, err := receipt.NewPicture(in.RawBody)
	if err != nil {
		return nil, err
	}
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, err
	}
	shelf, err := s.o.Blobs.Of(o.Info())
	if err != nil {
		return nil, err
	}
	file, err := shelf.Put(ctx, ngo.NewID[ngo.BlobID](s.o.Now()), picture.Data)
	if err != nil {
		return nil, err
	}
	err = s.write(ctx, in.OrgPath, func(tx *store.Tx) error {
		p, err := tx.Profile()
		if err != nil {
			return err
		}
		if err := tx.AddBlob(file.ID, file.Size, file.SHA, file.Key); err != nil {
			return err
		}
		*in.of(&p) = file.ID
		_, err = tx.SetProfile(p)
		return err
	})
	return &answer[api.Picture]{api.Picture{Kind: api.PictureKind(in.Kind), Type: picture.Type, Width: picture.Width, Height: picture.Height, Bytes: len(picture.Data)}}, err
}

func (s *Server) picture(ctx context.Context, in *PicturePath) (*pictureOut, error) {
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, err
	}
	var row store.Blob
	err = o.Store.Read(ctx, func(rx *store.Rx) error {
		p, err := rx.Profile()
		if err != nil {
			return err
		}
		id := *in.of(&p)
		if id == "" {
			return errNoPicture(in.Kind)
		}
		row, err = rx.Blob(id)
		return err
	})
	if err != nil {
		return nil, err
	}
	data, err := s.file(ctx, o, row)
	return &pictureOut{ContentType: receipt.PictureType(data), Body: data}, err
}

func (s *Server) dropPicture(ctx context.Context, in *PicturePath) (*struct{}, error) {
	err := s.write(ctx, in.OrgPath, func(tx *store.Tx) error {
		p, err := tx.Profile()
		if err != nil {
			return err
		}
		id := in.of(&p)
		if *id == "" {
			return errNoPicture(in.Kind)
		}
		*id = ""
		_, err = tx.SetProfile(p)
		return err
	})
	return nil, err
}

func errNoPicture(kind string) error {
	return &ngo.Error{Code: ngo.NotFound, Message: "the receipts have no " + kind}
}
