package figures

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// table is what is printed: a figure, its goal, and the details of how it came about.
type table struct{ rows [][4]string }

// add adds a row. One without a goal is there to be known.
func (b *table) add(name, goal string, reached bool, value string, details ...string) {
	mark := "ok"
	if !reached {
		mark = "MISSED"
	}
	if goal == "" {
		mark = ""
	}
	b.rows = append(b.rows, [4]string{name, value, goal, strings.TrimSpace(mark + "  " + strings.Join(details, ", "))})
}

// atMost adds a row of a figure that is to be at most so large.
func (b *table) atMost(name string, goal, value float64, unit string, details ...string) {
	b.add(name, strings.TrimSpace(fmt.Sprintf("<= %g %s", goal, unit)), value <= goal, strings.TrimSpace(fmt.Sprintf("%.2f %s", value, unit)), details...)
}

// String returns the table in columns.
func (b *table) String() string {
	var text strings.Builder
	for _, row := range append([][4]string{{"figure", "measured", "goal", ""}}, b.rows...) {
		fmt.Fprintf(&text, "%-58s %10s  %-11s %s\n", row[0], row[1], row[2], row[3])
	}
	return text.String()
}

func median[T ~int64 | ~float64](all []T) T {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}

// took returns the time that f takes.
func took(t *testing.T, f func() error) time.Duration {
	t.Helper()
	begin := time.Now()
	err := f()
	d := time.Since(begin)
	require.NoError(t, err)
	return d
}
