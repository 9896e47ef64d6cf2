package blob

import (
	"errors"
	"path/filepath"
	"sync"

	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seal"
)

// Shelves holds the folder of every organisation of a data folder. Each is opened when it is first asked for and stays
// open. It is safe for concurrent use.
type Shelves struct {
	dir    string
	keys   *seal.Ring
	bucket *Bucket

	mu   sync.Mutex
	open map[ngo.OrgID]*Store
}

// NewShelves makes the shelves of the data folder dir. It opens nothing yet.
func NewShelves(dir string, keys *seal.Ring) *Shelves {
	return &Shelves{dir: dir, keys: keys, open: map[ngo.OrgID]*Store{}}
}

// NewShelvesIn makes shelves that keep what comes from now on in a bucket; what lies in the data folder already stays there.
func NewShelvesIn(b *Bucket, dir string, keys *seal.Ring) *Shelves {
	s := NewShelves(dir, keys)
	s.bucket = b
	return s
}

// Bucket gives where files are kept; nil when that is the data folder.
func (s *Shelves) Bucket() *Bucket { return s.bucket }

// Of gives the folder of an organisation. It fails with Unavailable when the disk is full.
func (s *Shelves) Of(o ngo.Org) (*Store, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st, ok := s.open[o.ID]; ok {
		return st, nil
	}
	st, err := Open(filepath.Join(s.dir, "orgs", o.Slug, "blobs"), s.keys.Org(string(o.ID)))
	if err != nil {
		return nil, err
	}
	if s.bucket != nil {
		st.bucket = &shelf{s.bucket, s.bucket.prefix + "blobs/" + string(o.ID) + "/"}
	}
	s.open[o.ID] = st
	return st, nil
}

// Close releases every folder, and the connections to a bucket.
func (s *Shelves) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bucket != nil {
		s.bucket.line.CloseIdleConnections()
	}
	var errs []error
	for id, st := range s.open {
		errs = append(errs, st.Close())
		delete(s.open, id)
	}
	return errors.Join(errs...)
}
