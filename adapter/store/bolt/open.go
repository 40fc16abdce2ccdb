package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// lockTimeout is how long Open waits for another process to let go of the file, as one that is
// being replaced does at its end.
const lockTimeout = time.Second

// pageSize is that of a new file, whatever the system's: a page is the least that bbolt writes, and some systems have
// pages of 64 KiB. Less than what file systems and disks write at once would leave a page, or the other one of the two
// of meta, to a write of its neighbour that is torn.
const pageSize = 4096

// Open opens the file, and makes it, and its folder, where there is none. It reads all of it: a
// file that is damaged, of another program, or in use elsewhere is an error that says what to do,
// and is left as it is.
func Open(path string) (*Store, error) {
	s, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, explain(path, err))
	}
	return s, nil
}

func open(path string) (*Store, error) {
	if path == "" {
		return nil, errors.New("it needs a path: --storage=file:PATH")
	}
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	if err := readAll(path); err != nil {
		return nil, err
	}
	db, err := openDB(path, false)
	if err != nil {
		return nil, err
	}
	err = guard(func() error {
		if err := db.View(checkPages); err != nil {
			return err
		}
		return moveForward(db)
	})
	if err == nil {
		err = syncFolder(folder)
	}
	if err != nil {
		_ = db.Close() // the error above says more
		return nil, err
	}
	return &Store{db: db, path: path, update: db.Update}, nil
}

// readAll checks the content of a file that is there, before it is opened to be written to: then bbolt looks for the
// free pages, where neither a panic nor a page that is not there can be caught.
func readAll(path string) error {
	info, err := os.Stat(path)
	if there := err == nil && info.Mode().IsRegular() && info.Size() > 0; !there {
		return nil // what opens it says more, or makes it
	}
	db, err := openDB(path, true)
	if err != nil {
		return err
	}
	err = guard(func() error {
		return db.View(func(tx *bbolt.Tx) error { return checkContent(tx, path) })
	})
	if closed := db.Close(); err == nil {
		err = closed
	}
	return err
}

// openDB distinguishes what the system refuses from what bbolt does not like about the file. Where bbolt
// panics, the file stays locked for as long as this process lives.
//
// The list of the free pages is not written, but made again when the file is opened, in some 50 ms for 100,000 records.
// It would be 4 KiB of each commit, and more where much was deleted: 400 KiB after 100,000 records of 1 KB.
func openDB(path string, readOnly bool) (db *bbolt.DB, err error) {
	err = guard(func() error {
		db, err = bbolt.Open(path, 0o600, &bbolt.Options{
			Timeout: lockTimeout, ReadOnly: readOnly, PageSize: pageSize,
			FreelistType: bbolt.FreelistMapType, NoFreelistSync: true,
		})
		return err
	})
	_, ofSystem := errors.AsType[syscall.Errno](err)
	if err == nil || ofSystem || errors.Is(err, berrors.ErrTimeout) {
		return db, err
	}
	return nil, &damage{err}
}

// guard turns into a damage what bbolt, which maps the file and trusts it, does on a damaged one:
// it panics, or reads where there is nothing.
func guard(read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch r := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }:
			err = &damage{errors.New("it refers to pages that it does not have; it may be cut off")}
		default:
			err = &damage{fmt.Errorf("%v", r)}
		}
	}()
	return read()
}

// syncFolder makes the file's name durable, which matters if it is new.
func syncFolder(folder string) error {
	dir, err := os.Open(folder)
	if err != nil {
		return err
	}
	err = dir.Sync()
	_ = dir.Close() // it was only read
	if err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) {
		return err // some file systems, those of Windows among them, do not sync folders
	}
	return nil
}

// damage is what is wrong with the content of a file.
type damage struct{ err error }

func (d *damage) Error() string { return d.err.Error() }
func (d *damage) Unwrap() error { return d.err }

// explain adds what to do.
func explain(path string, err error) error {
	_, damaged := errors.AsType[*damage](err)
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return errors.New("another process has it open, most likely another alertscale; " +
			"stop that one, or give this one another file with --storage=file:PATH")
	case errors.Is(err, syscall.EISDIR):
		return fmt.Errorf("it is a folder; name a file in it, as %s", filepath.Join(path, "alertscale.db"))
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w; user %d must be able to write there: mount a volume, "+
			"or choose another file with --storage=file:PATH", err, os.Geteuid())
	case damaged:
		return fmt.Errorf("damaged, or not a file of alertscale: %w; it was left as it is: put a copy of it back, or move it "+
			"away to start with no memory, in which every alert that still fires counts as new", err)
	default:
		return err
	}
}
