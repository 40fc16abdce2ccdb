package lookback

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"alertscale/adapter/cli/internal/promapi"
	"alertscale/adapter/recording"
	"alertscale/rules"
)

// countQuery is an expression that gives the count of a ref or, of a family, those of its refs.
type countQuery struct {
	flag string        // as it was given
	ref  string        // empty: each series names one
	of   *rules.Target // the family
	expr string
}

// parseCounts reads TARGET=PROMQL. A ref may have a = itself.
func parseCounts(set *rules.Set, given []string) ([]countQuery, error) {
	all := make([]countQuery, 0, len(given))
	for _, text := range given {
		q := countQuery{flag: fmt.Sprintf("--count-query %q", text)}
		if !strings.Contains(text, "=") {
			return nil, fmt.Errorf("%s: want TARGET=PROMQL, such as web=sum(kube_deployment_spec_replicas{namespace=\"shop\",deployment=\"web\"})", q.flag)
		}
		if err := q.find(set, text); err != nil {
			return nil, fmt.Errorf("%s: %w", q.flag, err)
		}
		if strings.TrimSpace(q.expr) == "" {
			return nil, fmt.Errorf("%s: there is no expression behind =", q.flag)
		}
		all = append(all, q)
	}
	return all, nil
}

// find takes a text apart where what is before the = is a target or a ref. The error is that of the first =.
func (q *countQuery) find(set *rules.Set, text string) (first error) {
	for i := range len(text) {
		if text[i] != '=' {
			continue
		}
		name := strings.TrimSpace(text[:i])
		q.expr = text[i+1:]
		if t := set.Targets[name]; t != nil {
			if ref, fixed := t.Ref(); fixed {
				q.ref = ref.String()
			} else {
				q.of = t
			}
			return nil
		}
		ref, err := set.RefNamed(name)
		if err == nil {
			q.ref = ref
			return nil
		}
		first = cmp.Or(first, err)
	}
	return first
}

// maxStarts is how many looks find out what counts were at the start, where no change of them is wanted.
const maxStarts = 1000

// counts asks for all counts.
func (r *reader) counts(ctx context.Context) ([]recording.Line, error) {
	ranges := r.ranges()
	if !r.FollowCounts {
		step := max(r.Step, (r.to.Sub(r.from) / maxStarts).Truncate(time.Second))
		ranges = []promapi.Range{{From: r.from, To: r.to, Step: step}}
	}
	var lines []recording.Line
	for _, q := range r.queries {
		c := counted{countQuery: q, last: map[string]int{}}
		for i, part := range ranges {
			all, err := r.client.Range(ctx, q.expr, part)
			if err == nil {
				err = c.add(all)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", q.flag, err)
			}
			r.progress.asked("--count-query", i+1, len(ranges), part.To)
		}
		if len(c.last) == 0 {
			return nil, fmt.Errorf("%s: it gives nothing from %s to %s; try it in Prometheus", q.flag, r.from.Format(time.DateTime), r.to.Format(time.DateTime))
		}
		lines = append(lines, c.lines...)
	}
	return lines, nil
}

// counted is what an expression gives.
type counted struct {
	countQuery
	last  map[string]int // by ref
	lines []recording.Line
}

// add takes the series of the next times, of which each ref has one at a time.
func (c *counted) add(all []promapi.Series) error {
	refs := map[string]map[int64]int{}
	for _, s := range all {
		ref := c.ref
		if c.of != nil {
			var err error
			if ref, err = c.of.RefOf(s.Labels); err != nil {
				return fmt.Errorf("its series %s names no ref of target %q: %w", s.Labels, c.of.Name, err)
			}
		}
		if refs[ref] == nil {
			refs[ref] = map[int64]int{}
		}
		if err := values(refs[ref], ref, s.Points); err != nil {
			return err
		}
	}
	for _, ref := range slices.Sorted(maps.Keys(refs)) {
		c.changes(ref, refs[ref])
	}
	return nil
}

// values enters what a series says of a ref.
func values(of map[int64]int, ref string, points []promapi.Point) error {
	for _, p := range points {
		n := int(p.Value)
		if float64(n) != p.Value || n < 0 || n > rules.MaxCount {
			return fmt.Errorf("it gives %v at %s, which is no count", p.Value, p.Time().Format(time.DateTime))
		}
		if other, known := of[p.At]; known && other != n {
			return fmt.Errorf("it gives %d and %d for %s at %s; want one series of it, such as by sum(…) or max by (…)", other, n, ref, p.Time().Format(time.DateTime))
		}
		of[p.At] = n
	}
	return nil
}

// changes adds a line for each time at which a count is another one.
func (c *counted) changes(ref string, of map[int64]int) {
	for _, at := range slices.Sorted(maps.Keys(of)) {
		if last, known := c.last[ref]; known && last == of[at] {
			continue
		}
		c.last[ref] = of[at]
		c.lines = append(c.lines, recording.Line{At: time.UnixMilli(at).UTC(), Counts: map[string]int{ref: of[at]}})
	}
}
