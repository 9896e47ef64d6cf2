package sqlite

import (
	"fmt"
	"net/url"
)

// shared are the settings of every connection. They stand in the DSN because a statement would reach only one
// connection of a pool.
func shared(s setup) url.Values {
	v := url.Values{
		"_dqs":         {"0"},         // "x" is a name, never a string
		"_defensive":   {"1"},         // no statement can corrupt the file on purpose
		"_error_rc":    {"1"},         // no stale texts in errors
		"_time_format": {"sqlite"},    // should a time ever be bound, no m=+… in it
		"_txlock":      {"immediate"}, // a transaction that reads and then writes cannot fail half-way as busy
		"_pragma": {
			fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()), // for another process that looks into the file
			"foreign_keys(1)",
			"trusted_schema(0)",
			"secure_delete(1)", // what is erased is overwritten
			"temp_store(2)",    // no plaintext in temporary files
			"cell_size_check(1)",
		},
	}
	if s.vfs != "" {
		v.Set("vfs", s.vfs)
	}
	return v
}

func writerDSN(path string, s setup) string {
	sync := "full"
	if s.synchronous != "" {
		sync = s.synchronous
	}
	v := shared(s)
	v["_pragma"] = append(v["_pragma"],
		"journal_mode(wal)",
		"synchronous("+sync+")",
		"fullfsync(1)", // macOS: through the drive's own cache
		"checkpoint_fullfsync(1)",
		"wal_autocheckpoint(0)",        // the writer does it, after the callers have been woken
		"journal_size_limit(33554432)", // a log that has space already is synced faster than one that grows
		"cache_size(-4096)",
	)
	return fileURI(path, v)
}

func readerDSN(path string, s setup) string {
	v := shared(s)
	v["_pragma"] = append(v["_pragma"], "cache_size(-512)", "query_only(1)")
	return fileURI(path, v)
}

// copyDSN is for the connection that copies the database. It is not query-only, because a copy counts as writing.
func copyDSN(path string) string {
	v := shared(setup{})
	v["_pragma"] = append(v["_pragma"], "cache_size(-2048)")
	return fileURI(path, v)
}

// fileURI is a file: name, because a plain one drops SQLite's own parameters. Signs with a meaning in it are escaped.
func fileURI(path string, v url.Values) string {
	u := url.URL{Scheme: "file", Path: path, RawQuery: v.Encode()}
	return u.String()
}
