package swarm

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/upgrade"
)

// labelled answers with the services that have labels, a list of name=value.
func (f *fake) labelled(w http.ResponseWriter, terms string) {
	var want []string
	_ = json.Unmarshal([]byte(terms), &want)
	all := []any{}
	for _, id := range f.order {
		s, fits := f.services[id], true
		labels, _ := s.spec["Labels"].(map[string]any)
		for _, term := range want {
			found := false
			for k, v := range labels {
				found = found || fmt.Sprint(k, "=", v) == term
			}
			fits = fits && found
		}
		if fits {
			all = append(all, map[string]any{"ID": s.id, "Version": map[string]any{"Index": s.index}, "Spec": s.spec})
		}
	}
	_ = json.NewEncoder(w).Encode(all)
}

func image(image string) []upgrade.Container { return []upgrade.Container{{Name: "web", Image: image}} }

func TestUpgrade(t *testing.T) {
	f := newFake()
	d := newDriver(t, f.onSocket(t))
	f.add("web", 3)
	w, err := d.ReadWorkload(t.Context(), ref("web"))
	require.NoError(t, err)
	require.Equal(t, upgrade.Workload{Containers: image("web"), Version: "1", Restarts: "0", Phase: upgrade.Idle}, w)
	require.NoError(t, d.Upgrade(t.Context(), ref("web"), upgrade.Change{Images: image("web:2"), Version: w.Version}))
	spec := func() string {
		var text []byte
		f.with(func() { text, _ = json.Marshal(f.find("web").spec) })
		return string(text)
	}
	require.JSONEq(t, `{"Name":"web","Labels":{"a":"<b>"},"TaskTemplate":{"ContainerSpec":{"Image":"web:2","Env":["SECRET=hush"],"Novel":{"A":[1.50,12345678901234567890]}}},
		"Mode":{"Replicated":{"Replicas":3}},"EndpointSpec":{"Mode":"vip"}}`, spec(), "and nothing else of it")
	require.Contains(t, spec(), "12345678901234567890")
	require.ErrorIs(t, d.Upgrade(t.Context(), ref("web"), upgrade.Change{Images: image("web:3"), Version: w.Version}), controller.ErrConflict)

	second, first := time.Second, true
	pace := upgrade.Pace{Batch: 2, Interval: &second, StartFirst: &first}
	f.edit("web", func(s *fakeService) {
		s.spec["UpdateConfig"] = map[string]any{"FailureAction": "rollback", "Order": "stop-first"}
	})
	w, err = d.ReadWorkload(t.Context(), ref("web"))
	require.NoError(t, err)
	require.NoError(t, d.Upgrade(t.Context(), ref("web"), upgrade.Change{Images: image("web:2"), Restart: true, Pace: pace, Version: w.Version}))
	require.Contains(t, spec(), `"UpdateConfig":{"Delay":1000000000,"FailureAction":"rollback","Order":"start-first","Parallelism":2}`)
	require.Contains(t, spec(), `"ForceUpdate":1`)
	again, err := d.ReadWorkload(t.Context(), ref("web"))
	require.NoError(t, err)
	require.Equal(t, "1", again.Restarts)
	f.with(func() {
		require.Equal(t, []string{"registryAuthFrom=spec&version=1", "registryAuthFrom=spec&version=3"}, f.find("web").updates)
	})
}

func TestUpgradeOfOtherModes(t *testing.T) {
	f := newFake()
	d := newDriver(t, f.onSocket(t))
	f.addSpec(`{"Name":"web","TaskTemplate":{"ContainerSpec":{"Image":"web"}},"Mode":{"Global":{}}}`, 1)
	w, err := d.ReadWorkload(t.Context(), ref("web"))
	require.NoError(t, err, "it cannot be scaled, but upgraded")
	require.NoError(t, d.Upgrade(t.Context(), ref("web"), upgrade.Change{Images: image("web:2"), Version: w.Version}))
	f.addSpec(`{"Name":"job","TaskTemplate":{"ContainerSpec":{"Image":"web"}},"Mode":{"ReplicatedJob":{}}}`, 1)
	_, err = d.ReadWorkload(t.Context(), ref("job"))
	require.ErrorIs(t, err, controller.ErrInvalid)
	require.ErrorContains(t, err, "it is a job")
	_, err = d.ReadWorkload(t.Context(), ref("none"))
	require.ErrorIs(t, err, controller.ErrNotFound)
	f.add("readonly", 1)
	w, err = d.ReadWorkload(t.Context(), ref("readonly"))
	require.NoError(t, err)
	require.ErrorIs(t, d.Upgrade(t.Context(), ref("readonly"), upgrade.Change{Images: image("web:2"), Version: w.Version}), controller.ErrForbidden)
}

func TestFindWorkloads(t *testing.T) {
	f := newFake()
	d := newDriver(t, f.onSocket(t))
	f.add("web", 1)
	f.add("cart", 1)
	f.addSpec(`{"Name":"other","TaskTemplate":{},"Mode":{"Global":{}}}`, 1)
	found, err := d.FindWorkloads(t.Context(), upgrade.Where{Selector: rules.Labels{{Name: "a", Value: "<b>"}}})
	require.NoError(t, err)
	require.Equal(t, []rules.Ref{{Kind: "service", Name: "web"}, {Kind: "service", Name: "cart"}}, found)
}
