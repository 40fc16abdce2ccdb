package bolt

import (
	"bytes"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"alertscale/rules/engine"
)

// format is the version of what the file holds. A file of an earlier one is moved forward, one of a later one is
// refused.
const format = 3

// The buckets. The parts of a record follow it in its bucket, so that they are listed as they come, and a Put goes down
// one tree: bbolt writes all of the way again, and with a bucket of their own a Put would write two pages more.
const (
	metaBucket    = "meta"    // formatKey -> format
	recordsBucket = "records" // recordKey -> value of a record, partKey -> value of a part
	formatKey     = "format"
)

// records are the records of the file, within a transaction. Only they know how a record is laid out in the file.
type records struct{ bucket *bbolt.Bucket }

func recordsOf(tx *bbolt.Tx) records { return records{tx.Bucket([]byte(recordsBucket))} }

// load returns a copy of what the file holds of a ref.
func (r records) load(ref string) (engine.Record, error) {
	want, cursor := recordKey(ref), r.bucket.Cursor()
	key, value := cursor.Seek(want)
	switch {
	case key != nil && bytes.Equal(key, want):
		rec, _, _, err := decode(cursor, key, value)
		return rec, err
	case isPartOf(key, want):
		return engine.Record{}, broken(want, errStray)
	}
	return engine.Record{Ref: ref}, nil
}

// head returns the head of what is stored of a record; an empty one where the file holds nothing of it. It looks at no
// data.
func (r records) head(key []byte) (head, error) {
	value := r.bucket.Get(key)
	if value == nil {
		return head{}, nil
	}
	if len(value) <= headSize {
		return head{}, errShort
	}
	return headOf(value), nil
}

// put stores a value of newValue under a new revision, and the parts. The value is not to be touched until the
// transaction ends.
func (r records) put(key, value []byte, stored head, parts []part) (engine.Revision, error) {
	// The bucket's sequence outlives what is in it, so that no revision comes twice.
	next, err := r.bucket.NextSequence()
	if err != nil {
		return "", err
	}
	h := head{revision: next, parts: stored.parts + r.added(stored, parts)}
	if h.revision > maxRevision || h.parts > maxParts {
		return "", fmt.Errorf("revision %d with %d parts is more than the file can hold", h.revision, h.parts)
	}
	seal(key, value, h)
	if err := r.bucket.Put(key, value); err != nil {
		return "", err
	}
	for _, p := range parts {
		if err := r.putPart(p); err != nil {
			return "", err
		}
	}
	return h.name(), nil
}

// added returns how many parts more there are with those that are to be put.
func (r records) added(stored head, parts []part) (n int) {
	for _, p := range parts {
		there := stored.parts > 0 && r.bucket.Get(p.key) != nil
		switch {
		case p.value != nil && !there:
			n++
		case p.value == nil && there:
			n--
		}
	}
	return n
}

func (r records) putPart(p part) error {
	if p.value == nil {
		return r.bucket.Delete(p.key)
	}
	return r.bucket.Put(p.key, p.value)
}

// remove deletes a record and its parts.
func (r records) remove(key []byte, stored head) error {
	if err := r.bucket.Delete(key); err != nil || stored.parts == 0 {
		return err
	}
	var parts [][]byte // a cursor does not go on where something was deleted
	cursor := r.bucket.Cursor()
	for next, _ := cursor.Seek(key); isPartOf(next, key); next, _ = cursor.Next() {
		parts = append(parts, next)
	}
	for _, part := range parts {
		if err := r.bucket.Delete(part); err != nil {
			return err
		}
	}
	return nil
}

// A page of records ends with the one that reaches any of these.
const (
	pageRecords = 1000
	pageBytes   = 1 << 20
)

// page returns copies of the records that follow a ref, as many as a page holds; none at the end.
func (r records) page(after string) (page []engine.Record, err error) {
	cursor, size := r.bucket.Cursor(), 0
	var start []byte
	if after != "" {
		start = endOfParts(recordKey(after))
	}
	for key, value := cursor.Seek(start); key != nil && len(page) < pageRecords && size < pageBytes; {
		var rec engine.Record
		if rec, key, value, err = decode(cursor, key, value); err != nil {
			return nil, err
		}
		page, size = append(page, rec), size+sizeOf(rec)
	}
	return page, nil
}

func sizeOf(r engine.Record) int {
	size := len(r.Data)
	for _, p := range r.Parts {
		size += len(p.Data)
	}
	return size
}

// check reads every record and every part.
func (r records) check() error {
	cursor, last := r.bucket.Cursor(), r.bucket.Sequence()
	for key, value := cursor.First(); key != nil; {
		nextKey, nextValue, err := readRecord(cursor, key, value, nil)
		if err != nil {
			return err
		}
		if err := checkRevision(key, headOf(value), last); err != nil {
			return err
		}
		key, value = nextKey, nextValue
	}
	return nil
}

func checkRevision(key []byte, h head, last uint64) error {
	if h.revision == 0 || h.revision > last {
		return fmt.Errorf("what it holds of %.100q has revision %d of %d", key, h.revision, last)
	}
	return nil
}

// decode returns a copy of the record that a cursor is at, and what follows it.
func decode(cursor *bbolt.Cursor, key, value []byte) (rec engine.Record, nextKey, nextValue []byte, err error) {
	nextKey, nextValue, err = readRecord(cursor, key, value, func(name, data []byte) {
		rec.Parts = append(rec.Parts, engine.Part{Name: string(name), Data: bytes.Clone(data)})
	})
	if err != nil {
		return engine.Record{}, nil, nil, err
	}
	rec.Ref, rec.Revision, rec.Data = refOf(key), headOf(value).name(), bytes.Clone(value[headSize:])
	return rec, nextKey, nextValue, nil
}

var errStray = errors.New("it has a part, and no record")

// readRecord verifies the record that a cursor is at, and calls each with its parts, if it is not nil; it returns what
// follows it.
func readRecord(cursor *bbolt.Cursor, key, value []byte, each func(name, data []byte)) (nextKey, nextValue []byte, err error) {
	if !isRecordKey(key) {
		return nil, nil, broken(key, errStray)
	}
	if err := verify(key, value, headSize); err != nil {
		return nil, nil, broken(key, err)
	}
	found := 0
	for nextKey, nextValue = cursor.Next(); isPartOf(nextKey, key); nextKey, nextValue = cursor.Next() {
		if err := verify(nextKey, nextValue, checksumSize); err != nil {
			return nil, nil, broken(nextKey, err)
		}
		if found++; each != nil {
			each(nextKey[len(key)+len(partMark):], nextValue[checksumSize:])
		}
	}
	if want := headOf(value).parts; found != want {
		return nil, nil, broken(key, fmt.Errorf("it has %d parts of %d", found, want))
	}
	return nextKey, nextValue, nil
}

func broken(key []byte, err error) error {
	return fmt.Errorf("what it holds of %.100q is broken: %w", key, err)
}
