package scenarios

import (
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"testing"
	"time"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// decided is a decision, as the API and a replay give it.
type decided struct {
	At                 time.Time
	Ref, Rule, Verdict string
	From, To           int
}

func (d decided) String() string {
	return fmt.Sprintf("%s %q %s %d → %d", d.Ref, d.Rule, d.Verdict, d.From, d.To)
}

// requestsTake is how long the requests of a decision may take on a machine that is busy. In a replay they take no time.
const requestsTake = 10 * time.Second

// replays checks that what an alertscale recorded, which is stopped for it, replays to the decisions that it made: the same
// ones in the same order for each ref, at the same times but for what requests took.
func replays(t *testing.T, a *stack.Alertscale, history string) {
	var made struct{ Data []decided }
	code, body := a.Get(t, "/api/v1/decisions?limit=0")
	require.Equal(t, 200, code, body)
	require.NoError(t, json.Unmarshal([]byte(body), &made))
	slices.Reverse(made.Data)
	a.Stop(t)

	out, err := exec.CommandContext(t.Context(), shipped.Build(t), "replay", "--config.file="+a.Config, "--json", "--tail=1s", history).Output()
	require.NoError(t, err, "%s", out)
	var again struct{ Decisions []decided }
	require.NoError(t, json.Unmarshal(out, &again))

	want, got := byRef(made.Data), byRef(again.Decisions)
	require.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)))
	for ref := range want {
		require.Equal(t, fmt.Sprint(want[ref]), fmt.Sprint(got[ref]))
		for i, d := range want[ref] {
			require.WithinDuration(t, d.At, got[ref][i].At, requestsTake, "%s", d)
		}
	}
}

func byRef(all []decided) map[string][]decided {
	by := map[string][]decided{}
	for _, d := range all {
		by[d.Ref] = append(by[d.Ref], d)
	}
	return by
}
