package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"

	"go.etcd.io/bbolt"

	"alertscale/rules/engine"
)

// The value of a record has four bytes of checksum, three that say how many parts it has, five of its revision, and
// the data. That of a part has the checksum and the data.
const (
	checksumSize = 4
	headSize     = checksumSize + 8
	revisionBits = 40
	maxRevision  = 1<<revisionBits - 1
	maxParts     = 1<<24 - 1
)

// head is what the value of a record says of it.
type head struct {
	revision uint64 // 0: there is no record
	parts    int
}

func headOf(value []byte) head {
	n := binary.BigEndian.Uint64(value[checksumSize:])
	return head{revision: n & maxRevision, parts: int(n >> revisionBits)}
}

// name is the revision as callers see it.
func (h head) name() engine.Revision {
	if h.revision == 0 {
		return ""
	}
	return engine.Revision(strconv.FormatUint(h.revision, 10))
}

// newValue returns a value of the data, without the rest: that is known only once the commit has begun.
func newValue(data []byte) []byte {
	value := make([]byte, headSize+len(data))
	copy(value[headSize:], data)
	return value
}

// seal completes a value of newValue.
func seal(key, value []byte, h head) {
	binary.BigEndian.PutUint64(value[checksumSize:], uint64(h.parts)<<revisionBits|h.revision)
	binary.BigEndian.PutUint32(value, checksum(key, value))
}

// part is a part on its way into the file.
type part struct {
	key   []byte
	value []byte // nil deletes
}

func newPart(record []byte, p engine.Part) part {
	next := part{key: partKey(record, p.Name)}
	if len(p.Data) > 0 {
		next.value = make([]byte, checksumSize+len(p.Data))
		copy(next.value[checksumSize:], p.Data)
		binary.BigEndian.PutUint32(next.value, checksum(next.key, next.value))
	}
	return next
}

func (p part) fits() error {
	if len(p.key) > bbolt.MaxKeySize || len(p.value) > bbolt.MaxValueSize {
		return fmt.Errorf("%.100q is too large: %d bytes of name, %d of data", p.key, len(p.key), len(p.value))
	}
	return nil
}

// checksum is that of all of a value but the checksum, and of its key.
func checksum(key, value []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(value[checksumSize:], table), table, key)
}

var errShort = errors.New("the stored value is too short")

// verify returns what is wrong with a value whose data comes after size bytes.
func verify(key, value []byte, size int) error {
	if len(value) <= size {
		return errShort
	}
	if binary.BigEndian.Uint32(value) != checksum(key, value) {
		return errors.New("its checksum is wrong")
	}
	return nil
}
