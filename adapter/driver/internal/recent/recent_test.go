package recent

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestMap(t *testing.T) {
	m := NewMap[string, int](2)
	_, known := m.Get("a")
	require.False(t, known)
	m.Set("a", 1)
	m.Update("a", func(n int) int { return n + 1 })
	m.Update("b", func(n int) int { return n + 5 })
	a, _ := m.Get("a")
	b, _ := m.Get("b")
	require.Equal(t, []int{2, 5}, []int{a, b})
	m.Forget("a")
	m.Forget("a")
	_, known = m.Get("a")
	require.False(t, known)
}

// It never keeps more than it may, keeps what was set last, and knows nothing that was not set.
func TestMapIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 5).Draw(t, "most")
		m := NewMap[int, int](most)
		model := map[int]int{}
		for i, key := range rapid.SliceOf(rapid.IntRange(0, 9)).Draw(t, "keys") {
			m.Set(key, i)
			model[key] = i
			got, known := m.Get(key)
			require.True(t, known)
			require.Equal(t, i, got)
			require.LessOrEqual(t, len(m.values), most)
		}
		for key, got := range m.values {
			require.Equal(t, model[key], got)
		}
		require.Len(t, m.values, min(most, len(model)))
	})
}
