package possible

import (
	"maps"
	"slices"
)

// Labels is what is known of the labels of an alert, or of a series. The zero Labels may be any. It does not change.
type Labels struct {
	named map[string]Value
	rest  Value // of those that are not named: Any or Missing
}

// AnyLabels may have any labels.
func AnyLabels() Labels { return Labels{} }

// NoLabels has none.
func NoLabels() Labels { return Labels{rest: Missing()} }

// Get returns what is known of a label.
func (l Labels) Get(name string) Value {
	if v, ok := l.named[name]; ok {
		return v
	}
	return l.rest
}

// With returns the labels with another value of one.
func (l Labels) With(name string, v Value) Labels {
	named := make(map[string]Value, len(l.named)+1)
	maps.Copy(named, l.named)
	named[name] = v
	return Labels{named, l.rest}
}

// Closed reports whether only labels that are named can be there.
func (l Labels) Closed() bool { return l.rest.IsMissing() }

// Names returns the labels of which something is known, and that may be there, sorted.
func (l Labels) Names() []string {
	var names []string
	for name, v := range l.named {
		if !v.IsMissing() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Keep returns these labels alone.
func (l Labels) Keep(names ...string) Labels {
	kept := NoLabels()
	for _, name := range names {
		kept = kept.With(name, l.Get(name))
	}
	return kept
}

// Drop returns the labels without these.
func (l Labels) Drop(names ...string) Labels {
	for _, name := range names {
		l = l.With(name, Missing())
	}
	return l
}

// Narrow returns what is known of labels that all matchers match, and whether they match. With No, it returns the matcher
// that does not.
func (l Labels) Narrow(matchers ...Matcher) (Labels, Verdict, Matcher) {
	all := Yes
	for _, m := range matchers {
		v, verdict := l.Get(m.Name).Narrow(m)
		if verdict == No {
			return l, No, m
		}
		if verdict == Maybe {
			l = l.With(m.Name, v)
		}
		all = min(all, verdict)
	}
	return l, all, Matcher{}
}

// Or returns what is known of labels that are these or others.
func (l Labels) Or(other Labels) Labels { return l.merge(other, Value.Or) }

// And returns what is known of labels that are these and others.
func (l Labels) And(other Labels) Labels { return l.merge(other, Value.And) }

func (l Labels) merge(other Labels, merge func(Value, Value) Value) Labels {
	merged := Labels{named: map[string]Value{}, rest: merge(l.rest, other.rest)}
	for _, names := range []map[string]Value{l.named, other.named} {
		for name := range names {
			merged.named[name] = merge(l.Get(name), other.Get(name))
		}
	}
	return merged
}
