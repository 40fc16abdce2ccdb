package bolt

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"go.etcd.io/bbolt"
)

// format is the version of what the file holds. A file with another one is refused.
const format = "1"

// The buckets.
const (
	metaBucket = "meta" // formatKey -> format
	refsBucket = "refs" // ref as written -> record
	formatKey  = "format"
)

// check makes sure that the file is alertscale's, and whole; it prepares a new one.
func check(db *bbolt.DB, path string) error {
	isNew := false
	err := db.View(func(tx *bbolt.Tx) (err error) {
		if isNew = isBlank(tx); isNew {
			return nil
		}
		if err := checkSize(tx, path); err != nil {
			return err
		}
		if err := checkFormat(tx); err != nil {
			return err
		}
		if err := checkRecords(tx.Bucket([]byte(refsBucket))); err != nil {
			return &damage{err}
		}
		return checkPages(tx)
	})
	if err != nil || !isNew {
		return err
	}
	return db.Update(prepare)
}

// isBlank tells of a file that was made, and nothing more.
func isBlank(tx *bbolt.Tx) bool {
	name, _ := tx.Cursor().First()
	return name == nil
}

func prepare(tx *bbolt.Tx) error {
	meta, err := tx.CreateBucket([]byte(metaBucket))
	if err != nil {
		return err
	}
	if _, err := tx.CreateBucket([]byte(refsBucket)); err != nil {
		return err
	}
	return meta.Put([]byte(formatKey), []byte(format))
}

func checkSize(tx *bbolt.Tx, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() < tx.Size() {
		return &damage{fmt.Errorf("it is cut off: %d bytes of %d", info.Size(), tx.Size())}
	}
	return nil
}

func checkFormat(tx *bbolt.Tx) error {
	meta, refs := tx.Bucket([]byte(metaBucket)), tx.Bucket([]byte(refsBucket))
	if meta == nil {
		return &damage{errors.New("it is the bbolt file of another program")}
	}
	got := meta.Get([]byte(formatKey))
	if got == nil || string(got) == format && refs == nil {
		return &damage{errors.New("it is the bbolt file of another program")}
	}
	if string(got) != format {
		return fmt.Errorf("it has format %.20q, and this alertscale knows %q; run the one that wrote it, "+
			"or give this one another file with --storage=file:PATH", got, format)
	}
	return nil
}

// checkRecords decodes every record, which also touches every page that bbolt is going to read.
func checkRecords(refs *bbolt.Bucket) error {
	return refs.ForEach(func(key, value []byte) error {
		var rec record
		if err := json.Unmarshal(value, &rec); err != nil {
			return fmt.Errorf("what it holds of %.100q is broken: %w", key, err)
		}
		revision, err := revisionOf(value)
		if err != nil {
			return fmt.Errorf("what it holds of %.100q is broken: %w", key, err)
		}
		if rec.Ref.String() != string(key) || revision == 0 || uint64(revision) > refs.Sequence() {
			return fmt.Errorf("what it holds of %.100q is of %.100q, revision %d of %d", key, rec.Ref, revision, refs.Sequence())
		}
		return nil
	})
}

// checkPages lets bbolt check that no page is lost, or used twice.
func checkPages(tx *bbolt.Tx) error {
	var first error
	for err := range tx.Check() {
		if first == nil {
			first = &damage{err}
		}
	}
	return first
}
