package rules

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSet_Without(t *testing.T) {
	set := newSet(t, "targets: {web: {driver: sim, name: web, max: 5}}\nrules:\n"+rule("busy", "Busy", "up: 1")+rule("also", "Busy", "up: 2"))
	e := &Event{Alerts: []Alert{{Fingerprint: "1", Labels: Labels{{"alertname", "Busy"}}}}}
	names := func(s *Set) (all []string) {
		m := s.Match(e)
		for _, ref := range m.Refs {
			for _, r := range ref.Alerts[0].Rules {
				all = append(all, r.Name)
			}
		}
		require.Equal(t, all == nil, len(m.Unmatched) == 1)
		return all
	}
	require.Equal(t, []string{"busy", "also"}, names(set))
	less := set.Without(set.Rules[0])
	require.Equal(t, []string{"also"}, names(less))
	require.Nil(t, less.RuleFor("busy", set.Targets["web"]))
	require.Len(t, less.Rules, 1)
	require.Nil(t, names(less.Without(less.Rules[0])))
	require.Equal(t, []string{"busy", "also"}, names(set), "it does not change")
}

func TestTarget_RefOf(t *testing.T) {
	set := newSet(t, "targets: {web: {driver: sim, name: '{{ .Labels.app }}', max: 5}}\nrules:\n"+rule("busy", "Busy", "up: 1"))
	ref, err := set.Targets["web"].RefOf(Labels{{"app", "cart"}, {"pod", "1"}})
	require.NoError(t, err)
	require.Equal(t, "sim:cart", ref)
	_, err = set.Targets["web"].RefOf(nil)
	require.ErrorContains(t, err, `label "app" is missing`)
}
