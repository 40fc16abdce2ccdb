// Package explain is the command explain: which rules match which alerts, and what would be decided, with every line of
// why. It changes nothing.
package explain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"alertscale/adapter/cli/internal/counts"
	"alertscale/adapter/config"
)

// Options say what is explained.
type Options struct {
	Config string // the file of rules
	Load   config.LoadOptions

	// The alerts: a file with a notification, - for In; or one alert by its labels.
	Payload     string
	In          io.Reader
	Labels      string
	Annotations string
	Resolved    bool   // the alert of Labels is resolved
	Sender      string // of the file, who posts them; empty: whoever may touch all rules

	Counts     []string // REF=N
	URL        string   // of the running program; empty: nobody is asked
	HTTPConfig string   // how it is asked: a file of credentials

	Hook   string   // to which the payload was posted, where that is not a notification but tells of images that were pushed
	Images []string // REF=IMAGE

	At   string           // the time at which the alerts come; empty: now
	Now  func() time.Time // the clock
	JSON bool
}

// Run explains.
func Run(ctx context.Context, out io.Writer, o Options) error {
	file, err := config.Load(o.Config, o.Load)
	if err != nil {
		return fmt.Errorf("the configuration cannot be used:\n%w", err)
	}
	at := o.Now().UTC()
	if o.At != "" {
		if at, err = time.Parse(time.RFC3339, o.At); err != nil {
			return fmt.Errorf("--at %q is no time such as 2026-03-02T08:00:00Z", o.At)
		}
	}
	if o.Hook != "" {
		return o.explainPush(out, file, at)
	}
	if len(o.Images) > 0 {
		return errors.New("--image goes with --hook")
	}
	if o.Sender != "" && !file.Rules.Speaks(o.Sender) {
		return fmt.Errorf("--sender %q: %s has no such sender", o.Sender, o.Config)
	}
	event, err := o.event(at)
	if err != nil {
		return err
	}
	given, err := counts.Parse(file.Rules, o.Counts)
	if err != nil {
		return err
	}
	e := explained{file: file, set: file.Rules, event: event, at: at, known: known{counts: given}}
	e.match()
	if o.URL != "" {
		if err := e.known.ask(ctx, &o, e.refs()); err != nil {
			return err
		}
	}
	if err := e.decide(); err != nil {
		return err
	}
	if o.JSON {
		return e.json(out)
	}
	e.text(out)
	return nil
}
