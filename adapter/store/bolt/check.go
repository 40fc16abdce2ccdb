package bolt

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"go.etcd.io/bbolt"
)

// check makes sure that the file is alertscale's, and whole; it prepares a new one, and moves one of an earlier
// format forward.
func check(db *bbolt.DB, path string) error {
	found := 0
	err := db.View(func(tx *bbolt.Tx) (err error) {
		if isBlank(tx) {
			return nil
		}
		if err := checkSize(tx, path); err != nil {
			return err
		}
		if found, err = formatOf(tx); err != nil {
			return err
		}
		if err := checkContent(tx, found); err != nil {
			return &damage{err}
		}
		return checkPages(tx)
	})
	switch {
	case err != nil:
		return err
	case found == 0:
		return db.Update(prepare)
	case found == 1:
		if err := db.Update(moveFormat1); err != nil {
			return fmt.Errorf("move it from format 1 to format %d: %w; it is still of format 1", format, err)
		}
	}
	return nil
}

// isBlank reports whether the file was made, and nothing was put in it.
func isBlank(tx *bbolt.Tx) bool {
	name, _ := tx.Cursor().First()
	return name == nil
}

func prepare(tx *bbolt.Tx) error {
	if _, err := tx.CreateBucket([]byte(metaBucket)); err != nil {
		return err
	}
	if _, err := tx.CreateBucket([]byte(recordsBucket)); err != nil {
		return err
	}
	return setFormat(tx)
}

func setFormat(tx *bbolt.Tx) error {
	return tx.Bucket([]byte(metaBucket)).Put([]byte(formatKey), strconv.AppendInt(nil, format, 10))
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

// formatOf returns the format of a file that this alertscale knows.
func formatOf(tx *bbolt.Tx) (int, error) {
	foreign := &damage{errors.New("it is the bbolt file of another program")}
	meta := tx.Bucket([]byte(metaBucket))
	if meta == nil {
		return 0, foreign
	}
	text := meta.Get([]byte(formatKey))
	found, err := strconv.Atoi(string(text))
	if err != nil || found < 1 {
		return 0, foreign
	}
	if found > format {
		return 0, fmt.Errorf("written by a later alertscale (format %d); use that, "+
			"or another file with --storage=file:PATH", found)
	}
	content := map[int]string{1: refsBucket1, format: recordsBucket}[found]
	if tx.Bucket([]byte(content)) == nil {
		return 0, foreign
	}
	return found, nil
}

// checkContent reads every record, which also touches every page that bbolt is going to read.
func checkContent(tx *bbolt.Tx, found int) error {
	if found == 1 {
		return checkFormat1(tx)
	}
	return recordsOf(tx).check()
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
