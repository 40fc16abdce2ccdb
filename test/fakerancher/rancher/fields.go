package rancher

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// accept takes from a body what its type lets be written: on creation, with
// what is required and with defaults, or on an update. Unknown fields, those
// that cannot be written and nulls where none may stand are left out without
// a word.
func (c *call) accept(kind *schema, creating bool) (map[string]any, error) {
	taken := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(kind.ResourceFields)) {
		f := kind.ResourceFields[name]
		value, named := c.body[name]
		if creating && f.Default != nil {
			taken[name] = f.Default
		}
		if creating && !f.Create || !creating && !f.Update {
			continue
		}
		if named && (value != nil || f.Nullable) {
			clean, err := c.convert(name, f, value)
			if err != nil {
				return nil, err
			}
			taken[name] = clean
		}
		if creating && f.Required && taken[name] == nil {
			return nil, invalid("MissingRequired", name)
		}
	}
	return taken, nil
}

// convert brings a value to a field's type.
func (c *call) convert(name string, f field, value any) (any, error) {
	if value == nil {
		return nil, nil
	}
	switch {
	case f.Type == "int":
		return integer(name, f, value)
	case f.Type == "boolean":
		if b, ok := value.(bool); ok {
			return b, nil
		}
		b, err := strconv.ParseBool(plainText(value))
		if err != nil {
			return nil, invalid("InvalidFormat", name)
		}
		return b, nil
	case f.Type == "string":
		return text(name, f, value)
	case strings.HasPrefix(f.Type, "reference["):
		return c.reference(name, f, value)
	case f.Type == "json":
		return value, nil
	case strings.HasPrefix(f.Type, "array["):
		if _, ok := value.([]any); !ok {
			return nil, invalid("InvalidFormat", name)
		}
		return value, nil
	default: // a map, or a type of its own
		if _, ok := value.(map[string]any); !ok {
			return nil, invalid("InvalidFormat", name)
		}
		return value, nil
	}
}

// integer reads "4" as 4 and 2.5 as 2.
func integer(name string, f field, value any) (any, error) {
	n, err := strconv.ParseInt(plainText(value), 10, 64)
	if number, ok := value.(json.Number); ok && err != nil {
		var real float64
		if real, err = number.Float64(); err == nil {
			n = int64(math.Trunc(real))
		}
	}
	switch {
	case err != nil:
		return nil, invalid("InvalidFormat", name)
	case f.Min != nil && n < *f.Min:
		return nil, invalid("MinLimitExceeded", name)
	case f.Max != nil && n > *f.Max:
		return nil, invalid("MaxLimitExceeded", name)
	}
	return n, nil
}

func text(name string, f field, value any) (any, error) {
	s := plainText(value)
	switch {
	case f.MinLength != nil && len(s) < *f.MinLength:
		return nil, invalid("MinLengthExceeded", name)
	case f.MaxLength != nil && len(s) > *f.MaxLength:
		return nil, invalid("MaxLengthExceeded", name)
	case f.ValidChars != "" && strings.Trim(s, validChars) != "":
		return nil, invalid("InvalidCharacters", name)
	}
	return s, nil
}

// validChars are "a-zA-Z0-9-", the only set that the schemas name.
const validChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"

// reference wants the id of something that the caller can see. What was
// removed can still be referred to.
func (c *call) reference(name string, f field, value any) (any, error) {
	id := plainText(value)
	kind := c.s.schemas.of(strings.TrimSuffix(strings.TrimPrefix(f.Type, "reference["), "]"))
	if kind == nil {
		return id, nil
	}
	if r := c.s.store.find(kind, id); r == nil || !c.sees(r) {
		return nil, invalid("InvalidReference", name)
	}
	return id, nil
}

func plainText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	default:
		encoded, _ := json.Marshal(v)
		return string(encoded)
	}
}

// whole reads an integer from what a body holds, or gives the fallback.
func whole(value any, fallback int64) int64 {
	switch v := value.(type) {
	case int64:
		return v
	case int:
		return int64(v)
	case float64:
		return int64(v)
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
	}
	return fallback
}
