package whatsapp

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/meta"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Fetch asks where the file is, which holds for five minutes, and gets it from there; an address that ended meanwhile is asked
// for once more. A file without an id is looked for at the address that came with it. It fails as channel.Fetcher says.
func (a *account) Fetch(ctx context.Context, m channel.Media, limit int64, w io.Writer) (channel.Fetched, error) {
	got, err := a.fetch(ctx, m, limit, w)
	if m.Ref != "" && ngo.CodeOf(err) == ngo.NotFound && got.Size == 0 {
		return a.fetch(ctx, m, limit, w)
	}
	return got, err
}

func (a *account) fetch(ctx context.Context, m channel.Media, limit int64, w io.Writer) (channel.Fetched, error) {
	address, told := m.URL, [][]byte{m.SHA256}
	if m.Ref != "" {
		found, err := a.find(ctx, m.Ref)
		if err != nil {
			return channel.Fetched{}, err
		}
		if whole(found.Size) > limit {
			return channel.Fetched{}, &ngo.Error{Code: ngo.TooLarge, Message: "the file is larger than is taken here"}
		}
		address, told = string(found.URL), append(told, digest(found.SHA256))
	}
	sum := sha256.New()
	mediaType, n, err := a.api.Download(ctx, address, limit, io.MultiWriter(w, sum))
	if err != nil {
		return channel.Fetched{Size: n}, err
	}
	for _, t := range told {
		if t != nil && !bytes.Equal(t, sum.Sum(nil)) {
			return channel.Fetched{}, misfit("the file is not the one that WhatsApp announced")
		}
	}
	return channel.Fetched{Type: mediaTypeOf(mediaType, m.Type), Size: n}, nil
}

func mediaTypeOf(answered, told string) string {
	if t := mediaType(meta.Text(answered)); t != "" {
		return t
	}
	return told
}

type found struct {
	URL    meta.Text `json:"url"`
	SHA256 meta.Text `json:"sha256"`
	Size   meta.Text `json:"file_size"`
}

// find asks where a file is.
func (a *account) find(ctx context.Context, id string) (found, error) {
	var f found
	if !digits(id) || len(id) > 64 {
		return f, misfit("the file's id is not one of WhatsApp's")
	}
	body, err := a.api.Get(ctx, "/"+id, nil)
	if err != nil {
		if fault := meta.FaultOf(err); fault != nil && (fault.Code == "100" || fault.Code == "33") {
			return f, &ngo.Error{Code: ngo.NotFound, Message: "WhatsApp has the file no longer", Hint: "ask them to send it again", Err: err}
		}
		return f, err
	}
	if json.Unmarshal(body, &f) != nil || f.URL == "" {
		return f, &ngo.Error{Code: ngo.Unavailable, Message: "WhatsApp does not say where the file is"}
	}
	return f, nil
}
