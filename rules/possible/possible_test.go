package possible

import (
	"testing"

	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var (
	aValue   = rapid.SampledFrom([]string{"", "a", "b", "c", "ab"})
	aMatcher = rapid.Custom(func(t *rapid.T) Matcher {
		how := rapid.SampledFrom([]labels.MatchType{labels.MatchEqual, labels.MatchNotEqual, labels.MatchRegexp, labels.MatchNotRegexp}).Draw(t, "how")
		value := rapid.SampledFrom([]string{"", "a", "b", "a|b", "a|", ".*", ".+", "a.*", "[ab]"}).Draw(t, "value")
		m, err := NewMatcher(how, "x", value)
		if err != nil {
			t.Fatal(err)
		}
		return m
	})
)

// valueOf draws what may be known of a label that has a value.
func valueOf(t *rapid.T, has string) Value {
	v := Any()
	if rapid.Bool().Draw(t, "listed") {
		v = OneOf(append(rapid.SliceOf(aValue).Draw(t, "values"), has)...)
	}
	for _, m := range rapid.SliceOfN(aMatcher, 0, 4).Draw(t, "matchers") {
		if m.Match(has) {
			v, _ = v.Narrow(m)
		}
	}
	return v
}

// TestValue_NothingPossibleIsLost: whatever is known of a label, the value that it has stays possible, and what a matcher
// says of it holds.
func TestValue_NothingPossibleIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		has, other := aValue.Draw(t, "has"), aValue.Draw(t, "other")
		v, w := valueOf(t, has), valueOf(t, other)
		require.True(t, v.MayBe(has))
		require.True(t, v.Or(w).MayBe(has) && v.Or(w).MayBe(other))
		require.True(t, v.And(valueOf(t, has)).MayBe(has))

		m := aMatcher.Draw(t, "matcher")
		switch narrowed, verdict := v.Narrow(m); verdict {
		case Yes:
			require.True(t, m.Match(has), "%v", m)
		case No:
			require.False(t, m.Match(has), "%v", m)
		case Maybe:
			require.Equal(t, m.Match(has), m.Match(has) && narrowed.MayBe(has), "%v", m)
		}
	})
}

func TestValue_WhatIsKnown(t *testing.T) {
	m := func(how labels.MatchType, value string) Matcher {
		m, err := NewMatcher(how, "x", value)
		require.NoError(t, err)
		return m
	}
	v, verdict := Any().Narrow(m(labels.MatchRegexp, "b|a|b"))
	require.Equal(t, Maybe, verdict)
	require.Equal(t, []string{"a", "b"}, v.Values())
	_, verdict = v.Narrow(m(labels.MatchEqual, "c"))
	require.Equal(t, No, verdict)
	_, verdict = v.Narrow(m(labels.MatchNotEqual, "c"))
	require.Equal(t, Yes, verdict)
	v, _ = v.Narrow(m(labels.MatchNotEqual, "a"))
	exact, ok := v.Exact()
	require.True(t, ok)
	require.Equal(t, "b", exact)

	v, _ = Any().Narrow(m(labels.MatchNotRegexp, "kube-.*"))
	_, verdict = v.Narrow(m(labels.MatchEqual, "kube-system"))
	require.Equal(t, No, verdict)
	_, verdict = v.Narrow(m(labels.MatchNotRegexp, "kube-.*"))
	require.Equal(t, Yes, verdict)
	_, verdict = v.Narrow(m(labels.MatchRegexp, "kube-.*"))
	require.Equal(t, No, verdict)
	_, verdict = v.Narrow(m(labels.MatchRegexp, ".*"))
	require.Equal(t, Yes, verdict)
	require.Nil(t, v.Values())
	require.False(t, Any().IsMissing())
	require.True(t, Missing().IsMissing())
	require.Equal(t, `x!~"kube-.*"`, m(labels.MatchNotRegexp, "kube-.*").String())

	many := make([]string, maxValues+1)
	for i := range many {
		many[i] = string(rune('a' + i))
	}
	require.Nil(t, OneOf(many...).Values(), "too many to list")
}

func TestLabels(t *testing.T) {
	l := NoLabels().With("a", OneOf("1")).With("b", Any()).With("c", Missing())
	require.True(t, l.Closed())
	require.Equal(t, []string{"a", "b"}, l.Names())
	require.True(t, l.Get("d").IsMissing())
	require.Equal(t, []string{"a"}, l.Keep("a", "e").Drop("b").Names())
	require.Equal(t, []string{"b"}, l.Drop("a").Names())
	require.False(t, AnyLabels().Drop("a").Closed())
	require.True(t, AnyLabels().Drop("a").Get("a").IsMissing())

	or := l.Or(NoLabels().With("a", OneOf("2")))
	require.Equal(t, []string{"1", "2"}, or.Get("a").Values())
	require.True(t, or.Closed())
	and := AnyLabels().With("a", OneOf("1", "2")).And(l)
	require.Equal(t, []string{"1"}, and.Get("a").Values())
	require.True(t, and.Closed())

	equal, err := NewMatcher(labels.MatchEqual, "b", "x")
	require.NoError(t, err)
	narrowed, verdict, _ := l.Narrow(equal)
	require.Equal(t, Maybe, verdict)
	require.Equal(t, []string{"x"}, narrowed.Get("b").Values())
	other, err := NewMatcher(labels.MatchEqual, "a", "2")
	require.NoError(t, err)
	same, verdict, by := l.Narrow(equal, other)
	require.Equal(t, No, verdict)
	require.Equal(t, other.String(), by.String())
	_ = same
	_, err = NewMatcher(labels.MatchRegexp, "a", "(")
	require.Error(t, err)
}
