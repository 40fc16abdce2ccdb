package events

import (
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

// telling is a driver that tells of decisions.
type telling struct {
	controller.Driver
	refs []string
}

func (t *telling) Record(d controller.DecisionRecord) { t.refs = append(t.refs, d.Ref) }

func TestSink(t *testing.T) {
	s, a, b := &Sink{}, &telling{}, &telling{}
	say := func(v engine.Verdict, refs ...string) {
		for _, ref := range refs {
			s.Record(controller.DecisionRecord{Decision: engine.Decision{Ref: ref, Verdict: v}})
		}
	}
	say(engine.Scaled, "a:x")
	silent := struct{ controller.Driver }{}
	s.Use(&controller.Snapshot{Drivers: map[string]controller.Backend{"a": {Driver: a}, "b": {Driver: b}, "silent": {Driver: silent}}})
	say(engine.Scaled, "a:Deployment/shop/web", "b:x", "silent:x", "gone:x", "")
	say(engine.Duplicate, "a:y")
	require.Equal(t, []string{"a:Deployment/shop/web"}, a.refs)
	require.Equal(t, []string{"b:x"}, b.refs)

	s.Use(&controller.Snapshot{Drivers: map[string]controller.Backend{"b": {Driver: a}}})
	say(engine.Rejected, "b:z")
	require.Equal(t, []string{"a:Deployment/shop/web", "b:z"}, a.refs)
}
