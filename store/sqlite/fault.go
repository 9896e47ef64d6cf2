package sqlite

import (
	"errors"

	modernc "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// translate gives SQLite's errors their code, once and for all callers. Others pass as they are.
func translate(err error) error {
	e, ok := errors.AsType[*modernc.Error](err)
	if !ok {
		return err
	}
	if _, done := errors.AsType[*ngo.Error](err); done {
		return err
	}
	t, ok := meaning(e.Code())
	if !ok {
		return err
	}
	t.Err = err
	return &t
}

// meaning says what a result code of SQLite means to us.
func meaning(code int) (ngo.Error, bool) {
	switch code {
	case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY, lib.SQLITE_CONSTRAINT_ROWID:
		return ngo.Error{Code: ngo.Conflict, Message: "there is one already"}, true
	case lib.SQLITE_CONSTRAINT_FOREIGNKEY:
		return ngo.Error{Code: ngo.Conflict, Message: "something this belongs to is not there, or something else still needs it"}, true
	case lib.SQLITE_CONSTRAINT_TRIGGER:
		return ngo.Error{Code: ngo.Conflict, Message: "this record does not change any more"}, true
	case lib.SQLITE_CONSTRAINT_COMMITHOOK: // ours, against a closure that commits
		return ngo.Error{}, false
	}
	switch code & 0xff {
	case lib.SQLITE_CONSTRAINT, lib.SQLITE_MISMATCH, lib.SQLITE_RANGE:
		return ngo.Error{Code: ngo.Invalid, Message: "a value is not allowed here"}, true
	case lib.SQLITE_TOOBIG:
		return ngo.Error{Code: ngo.TooLarge, Message: "a value is too large for the database"}, true
	case lib.SQLITE_FULL:
		return ngo.Error{Code: ngo.Unavailable, Message: "the disk is full",
			Hint: "free some space; ngoctl goes on by itself"}, true
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_PROTOCOL:
		return ngo.Error{Code: ngo.Unavailable, Message: "the database is in use by another program",
			Hint: "close the program that has opened it, then try again"}, true
	case lib.SQLITE_INTERRUPT:
		return ngo.Error{Code: ngo.Unavailable, Message: "the work on the database was stopped", Hint: "try again"}, true
	case lib.SQLITE_NOMEM:
		return ngo.Error{Code: ngo.Unavailable, Message: "the database ran out of memory", Hint: "try again"}, true
	case lib.SQLITE_IOERR, lib.SQLITE_CANTOPEN, lib.SQLITE_READONLY, lib.SQLITE_PERM, lib.SQLITE_AUTH:
		return ngo.Error{Code: ngo.Unavailable, Message: "the database file cannot be read or written",
			Hint: "check the disk and who owns the file"}, true
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return ngo.Error{Code: ngo.Internal, Message: "the database file is damaged",
			Hint: "stop ngoctl and restore the last backup: ngoctl backup restore"}, true
	}
	return ngo.Error{}, false
}

// syncFailed tells that the disk did not keep what it was asked to. The kernel may have dropped those pages and say
// yes to the next attempt, so nothing that is acknowledged afterwards could be trusted.
func syncFailed(err error) bool {
	e, ok := errors.AsType[*modernc.Error](err)
	return ok && (e.Code() == lib.SQLITE_IOERR_FSYNC || e.Code() == lib.SQLITE_IOERR_DIR_FSYNC)
}
