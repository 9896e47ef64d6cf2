package org

import (
	"context"
	"sync/atomic"

	"github.com/ngoctl/ngoctl/store"
)

// entry is a cached value with the version it was read under.
type entry struct {
	version uint64
	value   any
}

// entryCost is what an entry costs beside its value.
const entryCost = 128

// cached gives what read finds, from memory as long as the version stands. read also tells the bytes its value takes.
//
// The version is taken before the read: a commit in between makes the value carry a version that is no longer the
// present one, and so the value is never served.
func cached[T any](ctx context.Context, o *Org, version *atomic.Uint64, name string, read func(*store.Rx) (T, int64, error)) (T, error) {
	now := version.Load()
	key := o.Info().Slug + "\x00" + name
	if e, ok := o.book.cache.Get(key); ok && e.version == now {
		return e.value.(T), nil
	}
	var value T
	var size int64
	err := o.Store.Read(ctx, func(rx *store.Rx) (err error) {
		value, size, err = read(rx)
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	o.book.cache.Set(key, entry{now, value}, size+entryCost) // it may be dropped: then the next reader reads again
	return value, nil
}
