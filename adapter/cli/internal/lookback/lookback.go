// Package lookback makes a recording of what a Prometheus remembers: the notifications that an Alertmanager would have sent
// of its alerts, and counts.
package lookback

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"alertscale/adapter/cli/internal/promapi"
	"alertscale/adapter/recording"
	"alertscale/rules"
)

// Options say whom to ask for what, and how its alerts come to alertscale.
type Options struct {
	URL, HTTPConfig string
	Timeout         time.Duration // of one answer

	From, To string        // RFC 3339, seconds since 1970, a day, how long ago, or now
	Step     time.Duration // between two looks; zero: the interval of evaluations

	Alertmanager []string  // files of its configuration; nil: all goes to alertscale
	In           io.Reader // the file that a dash names
	GroupBy      string    // without them, the labels that make a group

	Counts       []string // TARGET=PROMQL
	FollowCounts bool     // each change of a count is wanted, and not what it is at the start alone

	Now func() time.Time
	Err io.Writer // for progress, and for what is to be known
}

// MissingCount says what to do about a ref without a count.
const MissingCount = "give one with --count REF=N, or by --count-query TARGET=PROMQL"

// NeverSaid are the fields of templates that the series ALERTS have nothing of.
func NeverSaid() []string { return []string{"Annotations", "CommonAnnotations", "ExternalURL"} }

// Read asks for all of it. It begins and ends with lines that say nothing.
func Read(ctx context.Context, set *rules.Set, o Options) (*recording.Recording, error) {
	r := reader{Options: o, warnings: map[string]bool{}}
	if err := r.prepare(set); err != nil {
		return nil, err
	}
	if err := r.settings(ctx); err != nil {
		return nil, err
	}
	counts, err := r.counts(ctx)
	if err != nil {
		return nil, err
	}
	spans, err := r.alerts(ctx)
	if err != nil {
		return nil, err
	}
	lines := append([]recording.Line{{At: r.from, Counts: map[string]int{}}}, counts...)
	lines = append(lines, r.notifications(spans)...)
	lines = append(lines, recording.Line{At: r.to, Counts: map[string]int{}})
	slices.SortStableFunc(lines, func(a, b recording.Line) int { return a.At.Compare(b.At) })
	return &recording.Recording{Lines: lines}, nil
}

// reader reads.
type reader struct {
	Options
	client   *promapi.Client
	from, to time.Time
	queries  []countQuery
	systems  []system
	config   promapi.Settings // of Prometheus, as far as it is known
	progress progress
	warnings map[string]bool // that were passed on
}

// prepare reads all that is needed before anybody is asked.
func (r *reader) prepare(set *rules.Set) (err error) {
	if r.Now == nil {
		r.Now = time.Now
	}
	now := r.Now()
	if r.from, err = parseTime("--from", r.From, now); err != nil {
		return err
	}
	if r.to, err = parseTime("--to", r.To, now); err != nil {
		return err
	}
	if !r.from.Before(r.to) {
		return fmt.Errorf("--from, %s, is not before --to, %s", r.from.Format(time.RFC3339), r.to.Format(time.RFC3339))
	}
	if r.Step < 0 || r.Step%time.Millisecond != 0 {
		return fmt.Errorf("--step %s: want a duration such as 15s: the interval of Prometheus's evaluations", r.Step)
	}
	if r.queries, err = parseCounts(set, r.Counts); err != nil {
		return err
	}
	if r.systems, err = systems(r.Alertmanager, r.In, r.GroupBy); err != nil {
		return err
	}
	r.client, err = promapi.New(promapi.Options{URL: r.URL, HTTPConfig: r.HTTPConfig, Timeout: r.Timeout, Warn: r.warned})
	r.progress = progress{out: r.Err, now: r.Now, said: now}
	return err
}

// settings asks for what the configuration of Prometheus says. Others have none that they show.
func (r *reader) settings(ctx context.Context) error {
	s, err := r.client.Settings(ctx)
	if err != nil && !errors.Is(err, promapi.ErrNoSettings) {
		return err
	}
	if err != nil {
		s.Interval = promapi.DefaultInterval
	}
	if r.config = s; s.Relabeled {
		r.say("alert_relabel_configs of %s are not applied, but for labeldrop: alerts have the labels of the series ALERTS, and external_labels", r.client.Address())
	}
	if r.Step > 0 {
		return nil
	}
	if r.Step = s.Interval; err != nil {
		r.say("%s does not say how often it evaluates rules, so it is asked in steps of %s; --step says otherwise", r.client.Address(), r.Step)
	}
	return nil
}

// warned passes a warning of Prometheus on, once.
func (r *reader) warned(text string) {
	if !r.warnings[text] {
		r.warnings[text] = true
		r.say("%s warns: %s", r.client.Address(), text)
	}
}

func (r *reader) say(format string, args ...any) { fmt.Fprintf(r.Err, format+"\n", args...) }

// ranges are the times from the first to the last, in parts of a day, of which no one has too many.
func (r *reader) ranges() []promapi.Range {
	points := min(promapi.MaxPoints, max(2, int(24*time.Hour/r.Step)))
	var all []promapi.Range
	for at := r.from; !at.After(r.to); {
		end := at.Add(time.Duration(points-1) * r.Step)
		if end.After(r.to) {
			end = r.to.Add(-(r.to.Sub(at) % r.Step))
		}
		all = append(all, promapi.Range{From: at, To: end, Step: r.Step})
		at = end.Add(r.Step)
	}
	return all
}
