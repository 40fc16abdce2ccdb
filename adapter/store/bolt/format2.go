package bolt

import (
	"bytes"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
)

// In a file of format 2, the key of a record was its ref, no record had parts, and all of the eight bytes of its head
// were those of the revision, which was never as large as to need the first three.

// checkFormat2 reads every record, as records.check does.
func checkFormat2(tx *bbolt.Tx) error {
	bucket := recordsOf(tx).bucket
	return bucket.ForEach(func(key, value []byte) error {
		if err := verify(key, value, headSize); err != nil {
			return broken(key, err)
		}
		if headOf(value).parts > 0 {
			return broken(key, errors.New("its revision is too large"))
		}
		return checkRevision(key, headOf(value), bucket.Sequence())
	})
}

// moveFormat2 makes of the content of format 2, which was checked, that of format 3. It touches only the records whose
// keys are others now: a file of many records does not grow.
func moveFormat2(tx *bbolt.Tx) error {
	bucket := recordsOf(tx).bucket
	moved := map[string][]byte{} // by ref; the new key of one may be the old one of another
	err := bucket.ForEach(func(key, value []byte) error {
		if bytes.IndexByte(key, 0) >= 0 {
			moved[string(key)] = bytes.Clone(value)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for ref := range moved {
		if err := bucket.Delete([]byte(ref)); err != nil {
			return err
		}
	}
	for ref, value := range moved {
		key := recordKey(ref)
		seal(key, value, headOf(value))
		if err := bucket.Put(key, value); err != nil {
			return fmt.Errorf("move %.100q: %w", ref, err)
		}
	}
	return nil
}
