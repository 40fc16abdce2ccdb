package bolt

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"go.etcd.io/bbolt"
)

// formats are those that are known: what a file of one has to have, and how it becomes one of the next.
var formats = map[int]struct {
	bucket string
	check  func(*bbolt.Tx) error // reads every record, which also touches every page that bbolt is going to read
	move   func(*bbolt.Tx) error
}{
	1:      {refsBucket1, checkFormat1, moveFormat1},
	2:      {recordsBucket, checkFormat2, moveFormat2},
	format: {recordsBucket, func(tx *bbolt.Tx) error { return recordsOf(tx).check() }, nil},
}

// checkContent makes sure that the file is alertscale's, and that all that it has can be read.
func checkContent(tx *bbolt.Tx, path string) error {
	if err := checkSize(tx, path); err != nil {
		return err
	}
	if isBlank(tx) {
		return nil
	}
	found, err := formatOf(tx)
	if err != nil {
		return err
	}
	if err := formats[found].check(tx); err != nil {
		return &damage{err}
	}
	return nil
}

// moveForward prepares a new file, and makes one of an earlier format one of this one.
func moveForward(db *bbolt.DB) error {
	found := 0
	err := db.View(func(tx *bbolt.Tx) (err error) {
		if !isBlank(tx) {
			found, err = formatOf(tx)
		}
		return err
	})
	switch {
	case err != nil || found == format:
		return err
	case found == 0:
		return db.Update(prepare)
	}
	if err := db.Update(func(tx *bbolt.Tx) error { return moveFrom(tx, found) }); err != nil {
		return fmt.Errorf("move it from format %d to format %d: %w; it is still of format %d", found, format, err, found)
	}
	return nil
}

func moveFrom(tx *bbolt.Tx, found int) error {
	for ; found < format; found++ {
		if err := formats[found].move(tx); err != nil {
			return err
		}
	}
	return setFormat(tx)
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
	if tx.Bucket([]byte(formats[found].bucket)) == nil {
		return 0, foreign
	}
	return found, tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
		if known := []string{metaBucket, formats[found].bucket}; b == nil || !slices.Contains(known, string(name)) {
			return foreign
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
