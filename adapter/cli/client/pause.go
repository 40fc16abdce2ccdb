package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"alertscale/adapter/cli/internal/api"
	"alertscale/adapter/controller"
)

// pauseRequest is the body of a POST that pauses or resumes a ref.
type pauseRequest struct {
	Ref       string `json:"ref"`
	Direction string `json:"direction"` // up, down or both
	For       string `json:"for,omitempty"`
}

// Pause keeps the calls of a ref in a direction waiting, for a while such as 2h, and prints what holds then.
func Pause(ctx context.Context, o Options, ref, direction, length string) error {
	return tell(ctx, o, "pause", pauseRequest{ref, direction, length})
}

// Resume ends the pauses of a ref in a direction, and prints what holds then.
func Resume(ctx context.Context, o Options, ref, direction string) error {
	return tell(ctx, o, "resume", pauseRequest{Ref: ref, Direction: direction})
}

func tell(ctx context.Context, o Options, what string, p pauseRequest) error {
	c, err := o.connect()
	if err != nil {
		return err
	}
	err = c.Post(ctx, targetsPath+"/"+what, p)
	if refused, ok := errors.AsType[*api.Error](err); ok && strings.Contains(refused.Text, controller.ErrUnknownRef.Error()) {
		known, err := knownRefs(ctx, c)
		return errors.Join(unknownRef(p.Ref, known), err)
	}
	if err != nil {
		return err
	}
	if err := o.printPauses(ctx, c, p.Ref); err != nil {
		return fmt.Errorf("%s: %sd, but what holds now is not known: %w", p.Ref, what, err)
	}
	return nil
}

// printPauses prints which pauses of a ref there are.
func (o *Options) printPauses(ctx context.Context, c *api.Client, ref string) error {
	all, raw, err := list[controller.TargetStatus](ctx, c, targetsPath, nil)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(s controller.TargetStatus) bool { return s.Ref == ref })
	if i < 0 {
		return controller.ErrUnknownRef
	}
	if o.Output == JSON {
		return printJSON(o.Out, raw[i])
	}
	lines := pauseLines(&all[i])
	for _, line := range lines {
		fmt.Fprintf(o.Out, "%s: paused %s\n", printable(ref), line)
	}
	if len(lines) == 0 {
		fmt.Fprintf(o.Out, "%s: not paused\n", printable(ref))
	}
	return nil
}
