package bolt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"go.etcd.io/bbolt"

	"alertscale/rules"
)

// In a file of format 1, the bucket refs had for each ref `{"revision":N,"ref":{…},"memory":{…}}`.
const (
	refsBucket1 = "refs"
	prefix1     = `{"revision":`
)

// value1 is a value of format 1.
type value1 struct {
	Ref    rules.Ref       `json:"ref"`
	Memory json.RawMessage `json:"memory"`
}

// checkFormat1 reads every value, as records.check does.
func checkFormat1(tx *bbolt.Tx) error {
	refs := tx.Bucket([]byte(refsBucket1))
	return refs.ForEach(func(key, value []byte) error {
		var v value1
		if err := json.Unmarshal(value, &v); err != nil {
			return fmt.Errorf("what it holds of %.100q is broken: %w", key, err)
		}
		revision, _, err := split1(value)
		if err != nil {
			return fmt.Errorf("what it holds of %.100q is broken: %w", key, err)
		}
		if len(v.Memory) == 0 {
			return fmt.Errorf("what it holds of %.100q is broken: the stored value has no memory", key)
		}
		if v.Ref.String() != string(key) || revision == 0 || revision > refs.Sequence() {
			return fmt.Errorf("what it holds of %.100q is of %.100q, revision %d of %d", key, v.Ref, revision, refs.Sequence())
		}
		return nil
	})
}

// split1 returns the revision of a value, and what follows it.
func split1(value []byte) (revision uint64, rest []byte, err error) {
	digits, ok := bytes.CutPrefix(value, []byte(prefix1))
	digits, rest, found := bytes.Cut(digits, []byte{','})
	if !ok || !found {
		return 0, nil, errors.New("the stored value has no revision")
	}
	revision, err = strconv.ParseUint(string(digits), 10, 64)
	return revision, rest, err
}

// moveFormat1 makes of the content of format 1, which was checked, that of format 2. Each record keeps its ref and its revision;
// its data is `{"version":1,"ref":{…},"memory":{…}}`.
func moveFormat1(tx *bbolt.Tx) error {
	refs := tx.Bucket([]byte(refsBucket1))
	bucket, err := tx.CreateBucket([]byte(recordsBucket))
	if err != nil {
		return err
	}
	if err := bucket.SetSequence(refs.Sequence()); err != nil {
		return err
	}
	err = refs.ForEach(func(key, old []byte) error {
		revision, rest, err := split1(old)
		if err != nil {
			return err
		}
		value := newValue(append([]byte(`{"version":1,`), rest...))
		seal(key, value, head{revision: revision})
		return bucket.Put(key, value)
	})
	if err != nil {
		return err
	}
	return tx.DeleteBucket([]byte(refsBucket1))
}
