package explain

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"alertscale/adapter/cli/internal/api"
	"alertscale/adapter/controller"
	"alertscale/adapter/web"
	"alertscale/rules/engine"
)

// known is what is known before the alerts come.
type known struct {
	counts  map[string]int  // by ref
	unready map[string]bool // likewise
	alone   map[string]bool // likewise: it is to say its own bounds, and does not
	states  []engine.Record // of the running program
	from    string          // its address; empty: nobody was asked
	lacks   []string        // what it did not say
}

// ask asks the running program what it knows of refs. Counts that were given stay.
func (k *known) ask(ctx context.Context, o *Options, refs []string) error {
	client, err := api.New(api.Options{URL: o.URL, HTTPConfig: o.HTTPConfig})
	if err != nil {
		return err
	}
	var targets []controller.TargetStatus
	if err := client.Get(ctx, "/api/v1/targets", nil, &targets); err != nil {
		return err
	}
	k.from, k.unready, k.alone = o.URL, map[string]bool{}, map[string]bool{}
	status := map[string]*controller.TargetStatus{}
	for i := range targets {
		status[targets[i].Ref] = &targets[i]
	}
	for _, ref := range refs {
		if err := k.learn(ctx, client, ref, status[ref]); err != nil {
			return err
		}
	}
	return nil
}

// learn takes over what the program says of a ref; s is nil where it does not know it.
func (k *known) learn(ctx context.Context, client *api.Client, ref string, s *controller.TargetStatus) error {
	if s == nil {
		k.lacks = append(k.lacks, ref+": nothing was heard of it so far")
		return nil
	}
	if _, given := k.counts[ref]; !given && s.Count != nil {
		k.counts[ref] = *s.Count
	}
	k.alone[ref] = s.LeftAlone
	k.unready[ref] = s.Ready != nil && !*s.Ready
	var state web.RefState
	switch err := client.Get(ctx, "/api/v1/targets/state", url.Values{"ref": {ref}}, &state); {
	case errors.Is(err, api.ErrNotFound):
		if s.LastChange != nil || len(s.Active) > 0 || s.Paused {
			k.lacks = append(k.lacks, fmt.Sprintf("%s: this alertscale tells nothing but the count: its cooldowns, pauses and active rules are left out", ref))
		}
		return nil
	case err != nil:
		return err
	}
	if len(state.Data) > 0 {
		k.states = append(k.states, state.Record())
	}
	return nil
}
