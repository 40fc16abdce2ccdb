package scenarios

import (
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
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

// requestBucket is a bucket of how long requests took.
var requestBucket = regexp.MustCompile(`(?m)^alertscale_(driver|store)_request_duration_seconds_bucket\{(.*),le="([0-9.]+)"\} (\d+)$`)

// slowestRequest returns how long no request took, to the driver or to the store: the bucket that has all of them.
func slowestRequest(t *testing.T, a *stack.Alertscale) time.Duration {
	t.Helper()
	_, metrics := a.Get(t, "/metrics")
	all, most := map[string]string{}, map[string]float64{}
	for _, m := range requestBucket.FindAllStringSubmatch(metrics, -1) { // in the order of le
		if series := m[1] + m[2]; all[series] != m[4] {
			le, err := strconv.ParseFloat(m[3], 64)
			require.NoError(t, err)
			all[series], most[series] = m[4], le
		}
	}
	require.NotEmpty(t, most, metrics)
	return time.Duration(slices.Max(slices.Collect(maps.Values(most))) * float64(time.Second))
}

// replays checks that what an alertscale recorded, which is stopped for it, replays to the decisions that it made: the same
// ones in the same order for each ref, each within a second, beside what the requests of a decision took, which take no
// time in a replay: a read, a commit and a change.
func replays(t *testing.T, a *stack.Alertscale, history string) {
	var made struct{ Data []decided }
	code, body := a.Get(t, "/api/v1/decisions?limit=0")
	require.Equal(t, 200, code, body)
	require.NoError(t, json.Unmarshal([]byte(body), &made))
	slices.Reverse(made.Data)
	apart := time.Second + 3*slowestRequest(t, a)
	a.Stop(t)

	out, err := exec.CommandContext(t.Context(), shipped.Build(t), "replay", "--config.file="+a.Config, "--json", "--tail=1s", history).Output()
	require.NoError(t, err, "%s", out)
	var again struct{ Decisions []decided }
	require.NoError(t, json.Unmarshal(out, &again))

	want, got := byRef(made.Data), byRef(again.Decisions)
	require.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)))
	worst := time.Duration(0)
	for ref := range want {
		require.Equal(t, fmt.Sprint(want[ref]), fmt.Sprint(got[ref]))
		for i, d := range want[ref] {
			worst = max(worst, d.At.Sub(got[ref][i].At).Abs())
			require.WithinDuration(t, d.At, got[ref][i].At, apart, "%s", d)
		}
	}
	t.Logf("%d decisions, each within %s of the replay's", len(made.Data), worst)
}

func byRef(all []decided) map[string][]decided {
	by := map[string][]decided{}
	for _, d := range all {
		by[d.Ref] = append(by[d.Ref], d)
	}
	return by
}
