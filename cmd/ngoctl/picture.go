package main

import (
	"context"
	"io"
	"net/http"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// pictureCommand stands below org: what receipts show beside what they say.
func pictureCommand(t terminal) *cli.Command {
	const kinds = "\n\nKIND is logo or signature."
	return group(&cli.Command{
		Name: "picture", Usage: "the logo and signature on receipts",
		Subcommands: []*cli.Command{
			{
				Name: "set", Usage: "put a picture on receipts to come", ArgsUsage: "KIND FILE", Action: inOrg(t, pictureSet),
				UsageText:   "ngoctl org picture set logo logo.png\nngoctl org picture set signature signature.jpg",
				Description: "PNG or JPEG, at most 1 MiB and 4 megapixels. It is decoded and written anew, so that nothing hidden in the file is kept.\nReceipts that are issued keep the pictures they had." + kinds,
			},
			{
				Name: "save", Usage: "write a picture to a file", ArgsUsage: "KIND FILE", Action: inOrg(t, pictureSave),
				UsageText: "ngoctl org picture save logo logo-as-kept.png", Description: "FILE may be - for standard output." + kinds,
			},
			{
				Name: "drop", Usage: "take a picture off receipts to come", ArgsUsage: "KIND", Action: inOrg(t, pictureDrop),
				UsageText: "ngoctl org picture drop signature", Description: "Receipts that are issued keep it." + kinds,
			},
		},
	})
}

// mostPicture is what the daemon takes.
const mostPicture = 1 << 20

func (c *call) pictureKind() (api.PictureKind, error) {
	switch k := api.PictureKind(c.arg(0)); k {
	case api.Logo, api.Signature:
		return k, nil
	}
	return "", usage("there is no picture "+ngo.Printable(c.arg(0)), "write logo or signature")
}

func pictureSet(ctx context.Context, c *call, s session) error {
	kind, err := c.pictureKind()
	if err != nil {
		return err
	}
	f, err := os.Open(c.arg(1))
	if err != nil {
		return &ngo.Error{Code: ngo.Invalid, Message: "the picture " + ngo.Printable(c.arg(1)) + " cannot be read", Hint: "give the path of a PNG or JPEG file", Err: err}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostPicture+1))
	if err != nil {
		return &ngo.Error{Code: ngo.Invalid, Message: "the picture cannot be read", Hint: "give the path of a PNG or JPEG file", Err: err}
	}
	if len(data) > mostPicture {
		return &ngo.Error{Code: ngo.TooLarge, Message: "the picture is larger than 1 MiB", Hint: "save it smaller: 800 pixels wide are enough"}
	}
	if media := http.DetectContentType(data); media != "image/png" && media != "image/jpeg" {
		return &ngo.Error{Code: ngo.Invalid, Message: ngo.Printable(c.arg(1)) + " is no PNG or JPEG", Hint: "save it as one"}
	}
	p, err := s.SetPicture(ctx, s.org, kind, data)
	if err != nil {
		return err
	}
	err = c.record(p, record{title: "Picture " + string(kind), fields: []field{
		{"kind", p.Kind}, {"type", p.Type}, {"width", p.Width}, {"height", p.Height}, {"size", size(p.Bytes)},
	}})
	if err != nil {
		return err
	}
	c.next("ngoctl receipt preview --mail YOU", "ngoctl org undo --org "+s.org)
	return nil
}

func pictureSave(ctx context.Context, c *call, s session) error {
	kind, err := c.pictureKind()
	if err != nil {
		return err
	}
	path := c.arg(1)
	if path == "-" {
		if err := c.mayPour(); err != nil {
			return err
		}
	} else if err := c.mayReplace(path); err != nil {
		return err
	}
	data, err := s.Picture(ctx, s.org, kind)
	if err != nil {
		return err
	}
	return c.keep(path, data)
}

func pictureDrop(ctx context.Context, c *call, s session) error {
	kind, err := c.pictureKind()
	if err != nil {
		return err
	}
	if err := s.DropPicture(ctx, s.org, kind); err != nil {
		return err
	}
	if err := c.record(done{ID: string(kind), Done: "dropped"}, record{fields: []field{{"name", string(kind)}, {"done", "dropped"}}}); err != nil {
		return err
	}
	c.note("\nTo take it back: ngoctl org undo --org %s", s.org)
	return nil
}
