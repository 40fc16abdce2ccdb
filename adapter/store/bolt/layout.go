package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"

	"go.etcd.io/bbolt"

	"alertscale/rules/engine"
)

// format is the version of what the file holds. A file of an earlier one is moved forward, one of a later one is
// refused.
const format = 2

// The buckets.
const (
	metaBucket    = "meta"    // formatKey -> format
	recordsBucket = "records" // ref as it is written -> value
	formatKey     = "format"
)

// records are the records of the file, within a transaction. Only they know how a record is laid out in the file.
type records struct{ bucket *bbolt.Bucket }

func recordsOf(tx *bbolt.Tx) records { return records{tx.Bucket([]byte(recordsBucket))} }

// load returns a copy of what the file holds of a ref.
func (r records) load(ref string) (engine.Record, error) {
	value := r.bucket.Get([]byte(ref))
	if value == nil {
		return engine.Record{Ref: ref}, nil
	}
	return decode([]byte(ref), value)
}

// revision returns the revision of a ref; the empty one where the file holds nothing of it. It looks at no data.
func (r records) revision(key []byte) (engine.Revision, error) {
	value := r.bucket.Get(key)
	if value == nil {
		return "", nil
	}
	if len(value) <= headSize {
		return "", errShort
	}
	return revisionOf(number(value)), nil
}

// put stores a value of newValue under a new revision. The value is not to be touched until the transaction ends.
func (r records) put(key, value []byte) (engine.Revision, error) {
	// The bucket's sequence outlives what is in it, so that no revision comes twice.
	next, err := r.bucket.NextSequence()
	if err != nil {
		return "", err
	}
	seal(key, value, next)
	return revisionOf(next), r.bucket.Put(key, value)
}

func (r records) remove(key []byte) error { return r.bucket.Delete(key) }

// What a page of records holds at most, but for a record that is larger by itself.
const (
	pageRecords = 1000
	pageBytes   = 1 << 20
)

// page returns copies of the records that follow a ref, as many as a page holds; none at the end.
func (r records) page(after string) ([]engine.Record, error) {
	var page []engine.Record
	cursor, size := r.bucket.Cursor(), 0
	key, value := cursor.Seek([]byte(after))
	if after != "" && string(key) == after {
		key, value = cursor.Next()
	}
	for ; key != nil && len(page) < pageRecords; key, value = cursor.Next() {
		if size += len(value); size > pageBytes && len(page) > 0 {
			break
		}
		rec, err := decode(key, value)
		if err != nil {
			return nil, err
		}
		page = append(page, rec)
	}
	return page, nil
}

// check reads every record.
func (r records) check() error {
	return r.bucket.ForEach(func(key, value []byte) error {
		if err := verify(key, value); err != nil {
			return fmt.Errorf("what it holds of %.100q is broken: %w", key, err)
		}
		if n := number(value); n == 0 || n > r.bucket.Sequence() {
			return fmt.Errorf("what it holds of %.100q has revision %d of %d", key, n, r.bucket.Sequence())
		}
		return nil
	})
}

// A value has four bytes of checksum, eight of its revision, and the data.
const (
	checksumSize = 4
	headSize     = checksumSize + 8
)

var errShort = errors.New("the stored value is too short")

// newValue returns a value of the data, without the rest: that is known only once the commit has begun.
func newValue(data []byte) []byte {
	value := make([]byte, headSize+len(data))
	copy(value[headSize:], data)
	return value
}

// seal completes a value.
func seal(key, value []byte, revision uint64) {
	binary.BigEndian.PutUint64(value[checksumSize:], revision)
	binary.BigEndian.PutUint32(value, checksum(key, value))
}

// checksum is that of all of a value but the checksum, and of its key.
func checksum(key, value []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(value[checksumSize:], table), table, key)
}

func number(value []byte) uint64 { return binary.BigEndian.Uint64(value[checksumSize:]) }

func revisionOf(number uint64) engine.Revision {
	return engine.Revision(strconv.FormatUint(number, 10))
}

// verify returns what is wrong with a value.
func verify(key, value []byte) error {
	if len(value) <= headSize {
		return errShort
	}
	if binary.BigEndian.Uint32(value) != checksum(key, value) {
		return errors.New("its checksum is wrong")
	}
	return nil
}

// decode returns a copy of what a value says.
func decode(key, value []byte) (engine.Record, error) {
	if err := verify(key, value); err != nil {
		return engine.Record{}, fmt.Errorf("what is stored of %.100q is broken: %w", key, err)
	}
	return engine.Record{Ref: string(key), Revision: revisionOf(number(value)), Data: bytes.Clone(value[headSize:])}, nil
}
