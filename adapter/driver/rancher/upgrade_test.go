package rancher

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/upgrade"
)

// act does an action on a service, and keeps what it was given.
func (f *fake) act(w http.ResponseWriter, r *http.Request, id string) {
	for _, o := range f.things["service"] {
		if o["id"] != id {
			continue
		}
		var given object
		_ = json.NewDecoder(r.Body).Decode(&given)
		next := map[string]string{"active upgrade": "upgrading", "upgraded finishupgrade": "finishing-upgrade"}[o["state"].(string)+" "+r.URL.Query().Get("action")]
		if next == "" {
			refuse(w, 422, "ActionNotAvailable")
			return
		}
		o["state"], o["given"] = next, given
		reply(w, 202, o)
		return
	}
	refuse(w, 404, "NotFound")
}

func TestUpgrade(t *testing.T) {
	f := newFake(t)
	s := f.web(object{"launchConfig": object{
		"imageUuid": "docker:acme/web:1", "version": "v1", "memory": 9007199254740993, "labels": nil,
	}, "secondaryLaunchConfigs": []object{{"name": "none", "imageUuid": "rancher/none"}}})
	w, err := f.driver.ReadWorkload(t.Context(), webRef())
	require.NoError(t, err)
	require.Equal(t, []upgrade.Container{{Name: "web", Image: "acme/web:1"}}, w.Containers, "what Docker runs")
	change := upgrade.Change{Images: []upgrade.Container{{Name: "web", Image: "acme/web:2"}}, Version: w.Version}
	require.NoError(t, f.driver.Upgrade(t.Context(), webRef(), change))
	text, err := json.Marshal(s["given"])
	require.NoError(t, err)
	require.JSONEq(t, `{"inServiceStrategy": {"batchSize": 1, "intervalMillis": 2000, "startFirst": false, "launchConfig": {
		"imageUuid": "docker:acme/web:2", "version": "v1", "memory": 9007199254740993, "labels": {"io.rancher.container.pull_image": "always"}}}}`, string(text))

	w, err = f.driver.ReadWorkload(t.Context(), webRef())
	require.NoError(t, err)
	require.Equal(t, upgrade.UnderWay, w.Phase)
	f.set(s, object{"state": "upgraded"})
	require.NoError(t, f.driver.FinishUpgrade(t.Context(), webRef()))
	require.ErrorIs(t, f.driver.FinishUpgrade(t.Context(), webRef()), controller.ErrConflict)

	f.set(s, object{"state": "active"})
	f.faults("POST", "/services/", func(w http.ResponseWriter) { refuse(w, 422, "ActionNotAvailable") })
	require.ErrorIs(t, f.driver.Upgrade(t.Context(), webRef(), change), controller.ErrConflict, "it is in another state by now")
	f.faults("POST", "/services/", func(w http.ResponseWriter) { refuse(w, 422, "InvalidOption") })
	require.ErrorIs(t, f.driver.Upgrade(t.Context(), webRef(), change), controller.ErrInvalid)
	f.set(s, object{"launchConfig": object{"imageUuid": "docker:acme/web:2", "version": "v2"}})
	require.ErrorIs(t, f.driver.Upgrade(t.Context(), webRef(), change), controller.ErrConflict, "it has other images by now")
	f.set(s, object{"name": "renamed"})
	_, err = f.driver.ReadWorkload(t.Context(), webRef())
	require.ErrorIs(t, err, controller.ErrNotFound)
}

func TestFindWorkloads(t *testing.T) {
	f := newFake(t)
	f.web(nil)
	f.web(object{"id": "1s6", "name": "side", "secondaryLaunchConfigs": []object{{"labels": object{"a": "c"}}}})
	f.web(object{"id": "1s7", "name": "gone", "state": "removing"})
	f.web(object{"id": "1s8", "name": "foreign", "accountId": "1a9"})
	for value, want := range map[string]int{"b": 2, "c": 1, "d": 0} {
		all, err := f.driver.FindWorkloads(t.Context(), upgrade.Where{Selector: rules.Labels{{Name: "a", Value: value}}})
		require.NoError(t, err)
		require.Len(t, all, want, value)
	}
}
