package bolt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"alertscale/adapter/controller"
	"alertscale/rules"
)

// record is a value in the file.
type record struct {
	Revision controller.Revision `json:"revision"`
	Ref      rules.Ref           `json:"ref"`
	Memory   rules.Memory        `json:"memory"`
}

// The revision stands first in a record and is put there last: it is known only once the commit has
// begun, and it is looked at there without decoding the memory.
const prefix = `{"revision":`

// encode returns what follows the revision; nil for an empty memory.
func encode(ref rules.Ref, m *rules.Memory) ([]byte, error) {
	if m.Empty() {
		return nil, nil
	}
	name, err := json.Marshal(ref)
	if err != nil {
		return nil, err
	}
	memory, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, `,"ref":%s,"memory":%s}`, name, memory), nil
}

func join(revision controller.Revision, content []byte) []byte {
	value := make([]byte, 0, len(prefix)+20+len(content))
	value = append(value, prefix...)
	value = strconv.AppendUint(value, uint64(revision), 10)
	return append(value, content...)
}

// revisionOf returns the revision of a value; zero of none.
func revisionOf(value []byte) (controller.Revision, error) {
	if value == nil {
		return 0, nil
	}
	digits, ok := bytes.CutPrefix(value, []byte(prefix))
	digits, _, found := bytes.Cut(digits, []byte{','})
	if !ok || !found {
		return 0, errors.New("the stored value has no revision")
	}
	revision, err := strconv.ParseUint(string(digits), 10, 64)
	return controller.Revision(revision), err
}
