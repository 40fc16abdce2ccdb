// Package possible knows which labels an alert may have, before there is any: what can be said of them from the rules that
// make it and from the routes that it takes. What is not known is possible.
package possible

import (
	"slices"
)

// Value is what is known of the value of a label. Empty is what a label that is missing has. Of the zero Value nothing is
// known.
type Value struct {
	oneOf []string  // sorted, the only ones there are; nil: any that the tests let through
	tests []Matcher // where oneOf is nil: what the value matches
}

// maxValues is of how many values a label is known to have one; of more, it may have any.
const maxValues = 64

// Any is a value of which nothing is known.
func Any() Value { return Value{} }

// OneOf is one of some values.
func OneOf(values ...string) Value {
	if len(values) > maxValues {
		return Value{}
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return Value{oneOf: slices.Compact(sorted)}
}

// Missing is the value of a label that is not there.
func Missing() Value { return OneOf("") }

// Exact returns the value where there is only one; false: there may be others.
func (v Value) Exact() (string, bool) {
	if len(v.oneOf) != 1 {
		return "", false
	}
	return v.oneOf[0], true
}

// Values returns all possible values, sorted, where they are known; else nil.
func (v Value) Values() []string { return slices.Clone(v.oneOf) }

// IsMissing reports whether the label is certainly not there.
func (v Value) IsMissing() bool {
	value, ok := v.Exact()
	return ok && value == ""
}

// MayBe reports whether the value is possible.
func (v Value) MayBe(value string) bool {
	if v.oneOf != nil {
		return slices.Contains(v.oneOf, value)
	}
	return !slices.ContainsFunc(v.tests, func(m Matcher) bool { return !m.Match(value) })
}

// Narrow returns what is known of a value that a matcher matches, and whether it matches at all. With No, it is v.
func (v Value) Narrow(m Matcher) (Value, Verdict) {
	if v.oneOf != nil {
		return v.filter(m)
	}
	if choices := m.choices(); choices != nil {
		kept := slices.DeleteFunc(choices, func(c string) bool { return !v.MayBe(c) })
		if len(kept) == 0 {
			return v, No
		}
		return OneOf(kept...), Maybe
	}
	switch {
	case m.matchesAll(), slices.ContainsFunc(v.tests, m.same):
		return v, Yes
	case slices.ContainsFunc(v.tests, m.opposite):
		return v, No
	}
	return Value{tests: append(slices.Clip(v.tests), m)}, Maybe
}

// filter is Narrow of a value of which all possible ones are known.
func (v Value) filter(m Matcher) (Value, Verdict) {
	var kept []string
	for _, value := range v.oneOf {
		if m.Match(value) {
			kept = append(kept, value)
		}
	}
	switch len(kept) {
	case 0:
		return v, No
	case len(v.oneOf):
		return v, Yes
	}
	return Value{oneOf: kept}, Maybe
}

// Or is a value that is one or the other.
func (v Value) Or(w Value) Value {
	if v.oneOf == nil || w.oneOf == nil {
		return Value{}
	}
	return OneOf(append(slices.Clone(v.oneOf), w.oneOf...)...)
}

// And is a value that is both. Two that cannot be are taken for what the first one is: nothing is concluded from that.
func (v Value) And(w Value) Value {
	switch {
	case v.oneOf == nil && w.oneOf == nil:
		return Value{tests: append(slices.Clip(v.tests), w.tests...)}
	case v.oneOf == nil:
		return w.And(v)
	}
	var kept []string
	for _, value := range v.oneOf {
		if w.MayBe(value) {
			kept = append(kept, value)
		}
	}
	if kept == nil {
		return v
	}
	return Value{oneOf: kept}
}
