package bolt

import (
	"bytes"
	"strings"
)

// The key of a record is its ref, in which a zero byte, which hardly one has, is followed by 0xff. The key of a part is
// that of its record, the mark, and its name: so the parts of a record come after it, in the order of their names, and
// before any other record.
const (
	zero        = "\x00"
	escapedZero = "\x00\xff"
	partMark    = "\x00\x01"
	afterParts  = "\x00\x02"
)

func recordKey(ref string) []byte {
	return []byte(strings.ReplaceAll(ref, zero, escapedZero))
}

// refOf is the ref of the key of a record.
func refOf(key []byte) string {
	return strings.ReplaceAll(string(key), escapedZero, zero)
}

// isRecordKey reports whether a key is that of a record, and not of a part.
func isRecordKey(key []byte) bool {
	return bytes.IndexByte(key, 0) < 0 || bytes.Count(key, []byte(zero)) == bytes.Count(key, []byte(escapedZero))
}

func partKey(record []byte, name string) []byte {
	key := make([]byte, 0, len(record)+len(partMark)+len(name))
	return append(append(append(key, record...), partMark...), name...)
}

// isPartOf reports whether a key is that of a part of a record.
func isPartOf(key, record []byte) bool {
	rest, ok := bytes.CutPrefix(key, record)
	return ok && bytes.HasPrefix(rest, []byte(partMark))
}

// endOfParts is where what follows a record and its parts begins.
func endOfParts(record []byte) []byte { return append(record, afterParts...) }
