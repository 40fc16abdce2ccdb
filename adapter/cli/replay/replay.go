// Package replay is the command replay: what the rules of now would have done with what was recorded, on a clock that
// jumps, through the code that decides in the program.
package replay

import (
	"fmt"
	"io"
	"strings"
	"time"

	"alertscale/adapter/cli/internal/counts"
	"alertscale/adapter/config"
	"alertscale/adapter/recording"
)

// Options say what is replayed, and what is told of it.
type Options struct {
	Config  string             // the file of rules
	Against string             // another one, to compare with; empty: none
	Load    config.LoadOptions // of both
	Files   []string           // of recordings; - is In
	In      io.Reader

	Counts       []string // REF=N: counts at the start
	FollowCounts bool     // what was read later is what somebody else set
	Tail         time.Duration

	JSON bool
	Out  string // the file of a page; empty: none is written
}

// Run replays, and prints what came of it.
func Run(out, errOut io.Writer, o Options) error {
	recorded, err := recording.Read(o.Files, o.In)
	if err != nil {
		return err
	}
	for _, bad := range recorded.Bad {
		fmt.Fprintln(errOut, "left out:", bad)
	}
	if len(recorded.Lines) == 0 {
		return fmt.Errorf("nothing is recorded in %s; alertscale serve --history=FILE records", strings.Join(o.Files, ", "))
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

// replay replays a recording on the rules of a file.
func (o *Options) replay(path string, recorded *recording.Recording) (*outcome, error) {
	file, err := config.Load(path, o.Load)
	if err != nil {
		return nil, fmt.Errorf("the configuration cannot be used:\n%w", err)
	}
	given, err := counts.Parse(file.Rules, o.Counts)
	if err != nil {
		return nil, err
	}
	return play(file, recorded.Lines, given, o), nil
}
