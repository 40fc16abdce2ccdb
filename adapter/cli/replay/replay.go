// Package replay is the command replay: what the rules of now would have done with what was recorded, on a clock that
// jumps, through the code that decides in the program.
package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"alertscale/adapter/cli/internal/counts"
	"alertscale/adapter/cli/internal/lookback"
	"alertscale/adapter/config"
	"alertscale/adapter/recording"
	"alertscale/rules"
)

// Options say what is replayed, and what is told of it.
type Options struct {
	Config  string             // the file of rules
	Against string             // another one, to compare with; empty: none
	Load    config.LoadOptions // of both
	Files   []string           // of recordings; - is In
	In      io.Reader

	// Prometheus is whom to ask in place of files; without a url nobody is.
	Prometheus Prometheus

	Counts       []string // REF=N: counts at the start
	FollowCounts bool     // what was read later is what somebody else set
	Tail         time.Duration

	JSON bool
	Out  string // the file of a page; empty: none is written
}

// Prometheus says whom to ask for what, and how its alerts come to alertscale.
type Prometheus = lookback.Options

// Run replays, and prints what came of it.
func Run(ctx context.Context, out, errOut io.Writer, o Options) error {
	recorded, err := o.recording(ctx, errOut)
	if err != nil {
		return err
	}
	first, err := o.replay(o.Config, recorded)
	if err != nil {
		return err
	}
	var second *outcome
	if o.Against != "" {
		if second, err = o.replay(o.Against, recorded); err != nil {
			return err
		}
		second.warnOfRules(errOut)
	}
	first.warn(errOut)
	if o.Out != "" {
		if err := writePage(o.Out, first, second); err != nil {
			return err
		}
	}
	if o.JSON {
		return writeJSON(out, first, second)
	}
	writeText(out, first, second)
	return nil
}

// looksBack reports whether what is replayed is what a Prometheus remembers.
func (o *Options) looksBack() bool { return o.Prometheus.URL != "" }

// recording is what is replayed.
func (o *Options) recording(ctx context.Context, errOut io.Writer) (*recording.Recording, error) {
	switch {
	case o.looksBack() && len(o.Files) > 0:
		return nil, fmt.Errorf("--prometheus goes without files; there is %s", strings.Join(o.Files, ", "))
	case o.looksBack():
		return o.lookBack(ctx, errOut)
	case len(o.Files) == 0:
		return nil, errors.New("want the files that serve --history recorded, or --prometheus=URL, whose alerts are replayed")
	}
	recorded, err := recording.Read(o.Files, o.In)
	if err != nil {
		return nil, err
	}
	for _, bad := range recorded.Bad {
		fmt.Fprintln(errOut, "left out:", bad)
	}
	if len(recorded.Lines) == 0 {
		return nil, fmt.Errorf("nothing is recorded in %s; alertscale serve --history=FILE records", strings.Join(o.Files, ", "))
	}
	return recorded, nil
}

// lookBack asks a Prometheus, once it is known that nothing else is wrong.
func (o *Options) lookBack(ctx context.Context, errOut io.Writer) (*recording.Recording, error) {
	var sets []*rules.Set
	for _, path := range []string{o.Config, o.Against} {
		if path == "" {
			continue
		}
		file, err := o.load(path)
		if err != nil {
			return nil, err
		}
		if _, err := counts.Parse(file.Rules, o.Counts); err != nil {
			return nil, err
		}
		sets = append(sets, file.Rules)
	}
	p := o.Prometheus
	p.FollowCounts, p.In, p.Err = o.FollowCounts, o.In, errOut
	return lookback.Read(ctx, sets[0], p)
}

func (o *Options) load(path string) (*config.File, error) {
	file, err := config.Load(path, o.Load)
	if err != nil {
		return nil, fmt.Errorf("the configuration cannot be used:\n%w", err)
	}
	return file, nil
}

// replay replays a recording on the rules of a file.
func (o *Options) replay(path string, recorded *recording.Recording) (*outcome, error) {
	file, err := o.load(path)
	if err != nil {
		return nil, err
	}
	given, err := counts.Parse(file.Rules, o.Counts)
	if err != nil {
		return nil, err
	}
	if !o.looksBack() {
		return play(file, file.Rules, recorded.Lines, given, o), nil
	}
	set, leftOut := replayable(file)
	result := play(file, set, recorded.Lines, given, o)
	result.leftOut = leftOut
	return result, nil
}

// replayable returns the rules that a series ALERTS is enough for, and says of the others why it is not.
func replayable(file *config.File) (*rules.Set, []string) {
	var leftOut []string
	var without []*rules.Rule
	for _, r := range file.Rules.Rules {
		if what := r.AsksFor(lookback.NeverSaid()...); what != "" {
			without = append(without, r)
			leftOut = append(leftOut, fmt.Sprintf("%s: %s: %s, which the series ALERTS has not", r.Place(), r.Where(), what))
		}
	}
	if without == nil {
		return file.Rules, nil
	}
	return file.Rules.Without(without...), leftOut
}
