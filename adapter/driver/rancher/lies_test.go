package rancher

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// saying answers requests with a status and a text.
func saying(status int, text string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
	}
}

func transient(t *testing.T, err error, msg string) {
	t.Helper()
	require.Error(t, err, msg)
	for _, outcome := range []error{controller.ErrConflict, controller.ErrInvalid, controller.ErrNotFound, controller.ErrForbidden} {
		require.NotErrorIs(t, err, outcome, msg)
	}
}

const noServer = "<html><body>nobody is here</body></html>"

// What is in front of Rancher may say no while Rancher starts. That is no outcome, and no host is gone by it.
func TestANoThatIsNotOfRancher(t *testing.T) {
	for _, status := range []int{400, 403, 404, 405, 409, 422} {
		for _, text := range []string{"", "404 page not found", noServer} {
			what := fmt.Sprint(status, " ", text)
			f := newFake(t)
			f.web(nil)
			f.host(1, nil)
			f.host(2, object{"state": "provisioning"})
			f.observe(t)
			up, down := f.plan(t, 2, 3), f.plan(t, 2, 1)
			for _, method := range []string{"GET", "PUT", "POST", "DELETE"} {
				f.faults(method, "", saying(status, text))
				for _, c := range []engine.Change{up, down} {
					if err := f.driver.Scale(t.Context(), pool, c); err != nil || method == "GET" {
						transient(t, err, what)
					}
				}
				if err := f.scale(t, 3, 4); method == "PUT" {
					transient(t, err, what)
					require.ErrorContains(t, err, "Rancher does not say so, but something in front of it")
				}
				_, err := f.driver.Observe(t.Context(), webRef())
				if method == "GET" {
					transient(t, err, what)
					_, err = f.driver.Plan(t.Context(), pool, engine.Change{From: 2, To: 3})
					transient(t, err, what)
				}
				f.with(func() { f.intercept = nil; f.things["service"][0]["scale"] = 3 })
				f.observe(t)
			}
		}
	}
}

func TestARemovalThatIsNotOfRancher(t *testing.T) {
	f := newFake(t)
	f.host(1, nil)
	f.host(2, nil)
	c := f.plan(t, 2, 1)
	f.faults("GET", "/hosts/1h2", saying(404, noServer))
	transient(t, f.driver.Scale(t.Context(), pool, c), "it is not gone")
	f.faults("GET", "/hosts/1h2", saying(200, `{"id":"1h9","accountId":"1a7","state":"purged"}`))
	transient(t, f.driver.Scale(t.Context(), pool, c), "another one is")
	f.with(func() { f.intercept = nil })
	require.Equal(t, 2, f.count(t).Count)
	require.NoError(t, f.driver.Scale(t.Context(), pool, c))
	require.Equal(t, 1, f.count(t).Count)
}

// A success that shows something else than what was asked for is none.
func TestSuccessesOfNothing(t *testing.T) {
	f := newFake(t)
	f.host(1, nil)
	f.host(2, nil)
	up, down := f.plan(t, 2, 3), f.plan(t, 2, 1)
	for body, c := range map[string]engine.Change{
		`{"type":"collection","data":[]}`:                                            up, // as after a redirect, which a POST becomes a GET by
		`{"hostname":"web03"}`:                                                       up,
		`{"id":"1h3","hostname":"other"}`:                                            up,
		`{"type":"externalHostEvent"}`:                                               down,
		`{"eventType":"host.evacuate","hostId":"1h1","deleteHost":true}`:             down,
		`{"eventType":"host.evacuate","hostId":"1h2","deleteHost":false}`:            down,
		`{"eventType":"another","hostId":"1h2","deleteHost":true,"state":"created"}`: down,
	} {
		f.faults("POST", "", saying(201, body))
		err := f.driver.Scale(t.Context(), pool, c)
		transient(t, err, body)
		require.ErrorContains(t, err, "the server took it and answers with")
		require.Equal(t, 2, f.count(t).Count)
	}
}

// An answer of another service is of none.
func TestAnswersOfAnotherService(t *testing.T) {
	f := newFake(t)
	s := f.web(nil)
	f.observe(t)
	other := maps.Clone(s)
	other["id"], other["scale"] = "1s77", 9
	text, _ := json.Marshal(other)
	f.faults("GET", "/services/1s5", saying(200, string(text)))
	require.Equal(t, 3, f.observe(t).Count, "it is looked up by its name")

	other["scale"] = 4
	text, _ = json.Marshal(other)
	f.faults("PUT", "", saying(200, string(text)))
	err := f.scale(t, 3, 4)
	transient(t, err, "")
	require.EqualError(t, err, `service shop/web: the server took the change of 1s5 and answers with "1s77"`)
}

// A service that is not there is looked for in the stack as it was told and as it is, and no more, whatever
// others learn of the stack meanwhile.
func TestALookUpEnds(t *testing.T) {
	f := newFake(t)
	f.web(nil)
	f.observe(t)
	f.asked()
	f.with(func() {
		f.intercept = func(_ http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/services") {
				f.driver.stacks.set(place{"1a7", "shop"}, "1st1", f.driver.options.Now())
			}
			return false
		}
	})
	gone := webRef()
	gone.Name = "gone"
	_, err := f.driver.Observe(t.Context(), gone)
	require.ErrorIs(t, err, controller.ErrNotFound)
	require.Equal(t, []string{"GET /services", "GET /stacks", "GET /services", "GET /services"}, f.asked())
}

// A host that could be cloned and is cut off for a moment is waited for.
func TestACloneWaitsForItsSource(t *testing.T) {
	f := newFake(t)
	f.host(1, object{"fooConfig": nil})
	h := f.host(2, object{"state": "reconnecting"})
	_, err := f.driver.Plan(t.Context(), pool, engine.Change{From: 2, To: 3})
	var busy *controller.ThrottledError
	require.ErrorAs(t, err, &busy)
	require.EqualError(t, err, "host pool=web: no active host of the group was made by Rancher; web02 can be cloned once it is active, and is reconnecting")
	transient(t, err, "")
	f.set(h, object{"state": "active"})
	require.JSONEq(t, `{"create":["web03"]}`, string(f.plan(t, 2, 3).Plan))
}

// A key that is given another role is taken at its word at the next call.
func TestARoleThatIsMadeAnother(t *testing.T) {
	f := newFake(t)
	f.host(1, nil)
	f.host(2, nil)
	h := f.host(3, nil)
	up, down := f.plan(t, 3, 4), f.plan(t, 3, 2)
	for want, test := range map[string]struct {
		resource, collection []string
		state                string
		change               engine.Change
	}{
		"the key may not create hosts; give it another role":   {[]string{"GET", "PUT"}, []string{"GET"}, "active", up},
		"the key may not evacuate hosts; give it another role": {[]string{"GET", "PUT"}, []string{"GET"}, "active", down},
		"the key may not delete hosts; give it another role":   {[]string{"GET", "PUT"}, []string{"GET", "POST"}, "provisioning", down},
	} {
		f.set(h, object{"state": test.state})
		f.with(func() { f.methods, f.collection = test.resource, test.collection })
		f.driver = f.newDriver(t, Config{})
		err := f.driver.Scale(t.Context(), pool, test.change)
		require.ErrorIs(t, err, controller.ErrForbidden)
		require.ErrorContains(t, err, want)
		f.with(func() { f.methods, f.collection = []string{"GET", "PUT", "DELETE"}, []string{"GET", "POST"} })
		require.NoError(t, f.driver.Scale(t.Context(), pool, test.change))
		f.with(func() { f.things["host"] = f.things["host"][:3] })
	}
}

// In an environment one host is made at a time, whatever groups want one.
func TestOneCreationAtATime(t *testing.T) {
	f := newFake(t)
	f.host(1, object{"labels": object{"pool": "web", "zone": "a"}})
	var mu sync.Mutex
	now, most := 0, 0
	count := func(n int) {
		mu.Lock()
		defer mu.Unlock()
		now += n
		most = max(most, now)
	}
	f.with(func() {
		f.intercept = func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method == "POST" {
				count(1)
				time.Sleep(20 * time.Millisecond)
				count(-1)
			}
			return false
		}
	})
	changes := map[rules.Ref]engine.Change{}
	for _, group := range []string{"pool=web", "zone=a"} {
		ref := rules.Ref{Driver: "rancher", Kind: kindHost, Name: group}
		plan, err := f.driver.Plan(t.Context(), ref, engine.Change{From: 1, To: 3})
		require.NoError(t, err)
		changes[ref] = engine.Change{From: 1, To: 3, Plan: plan}
	}
	var wg sync.WaitGroup
	for ref, c := range changes {
		wg.Go(func() { assert.NoError(t, f.driver.Scale(t.Context(), ref, c)) })
	}
	wg.Wait()
	require.Equal(t, 1, most)
	require.Len(t, f.things["host"], 5)
}
