package rancher

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
)

// Of what bears the names of a ref, only what is in the environment and the stack, and stays, is meant.
func TestWhatBearsTheSameNames(t *testing.T) {
	f := newFake(t)
	f.with(func() {
		f.things["stack"] = append([]object{
			{"id": "1st7", "name": "shop", "accountId": "1a5", "state": "active"},
			{"id": "1st8", "name": "shop", "accountId": "1a7", "state": "removing"},
		}, f.things["stack"]...)
	})
	f.web(object{"id": "1s1", "stackId": "1st2", "scale": 9})
	f.web(object{"id": "1s2", "accountId": "1a5", "scale": 8})
	s := f.web(nil)
	require.Equal(t, 3, f.observe(t).Count)

	f.set(s, object{"accountId": "1a5"})
	_, err := f.driver.Observe(t.Context(), webRef())
	require.ErrorIs(t, err, controller.ErrNotFound)
	f.set(s, object{"accountId": "1a7"})
	require.Equal(t, 3, f.observe(t).Count)
	f.set(s, object{"name": "renamed"})
	_, err = f.driver.Observe(t.Context(), webRef())
	require.ErrorIs(t, err, controller.ErrNotFound)
}

// Where a stack is holds for a moment; so does what was read of a service, until it is written to.
func TestWhatIsRemembered(t *testing.T) {
	f := newFake(t)
	f.web(nil)
	f.observe(t)
	f.asked()
	other := webRef()
	other.Name = "cart"
	f.web(object{"id": "1s6", "name": "cart"})
	f.ahead.Add(int64(stackFor))
	_, err := f.driver.Observe(t.Context(), other)
	require.NoError(t, err)
	require.Equal(t, []string{"GET /stacks", "GET /services"}, f.asked())

	f.observe(t)
	require.NoError(t, f.scale(t, 3, 4))
	require.ErrorIs(t, f.scale(t, 3, 5), controller.ErrConflict)
	f.observe(t)
	f.faults("PUT", "", func(w http.ResponseWriter) { refuse(w, 404, "Not Found") })
	require.ErrorIs(t, f.scale(t, 4, 5), controller.ErrConflict)
	f.asked()
	f.observe(t)
	require.Equal(t, []string{"GET /services"}, f.asked(), "there may be another of the name")
}

// What is under way in one environment is nothing to another one.
func TestEnvironmentsDoNotWaitForEachOther(t *testing.T) {
	f, other := newFake(t), newFake(t)
	f.web(nil)
	other.web(nil)
	f.host(1, nil)
	other.host(1, nil)
	other.driver.shared = f.driver.shared
	s, err := f.driver.connector.session(t.Context())
	require.NoError(t, err)
	require.JSONEq(t, `{"create":["web02"]}`, string(f.plan(t, 1, 2).Plan))
	l, err := f.driver.shared.locks.Lock(t.Context(), s.key(webRef()), s.key(pool), s.creations())
	require.NoError(t, err)
	defer l.Release()
	require.Equal(t, 3, other.observe(t).Count)
	other.plan(t, 1, 2)
}

// A session that has ended already ends no later one.
func TestAnOldSessionEndsNothing(t *testing.T) {
	f := newFake(t)
	old, err := f.driver.connector.session(t.Context())
	require.NoError(t, err)
	f.driver.connector.expire(old)
	s, err := f.driver.connector.session(t.Context())
	require.NoError(t, err)
	require.NotSame(t, old, s)
	f.driver.connector.expire(old)
	same, err := f.driver.connector.session(t.Context())
	require.NoError(t, err)
	require.Same(t, s, same)
}

// A key that may do nothing, and one of an account, are told apart from a url that is wrong.
func TestAKeyThatMayDoNothing(t *testing.T) {
	f := newFake(t)
	f.faults("GET", "", func(w http.ResponseWriter) { refuse(w, 403, "Forbidden") })
	_, err := f.driver.Observe(t.Context(), webRef())
	require.ErrorIs(t, err, controller.ErrForbidden)
	require.ErrorContains(t, err, "403 Forbidden: check the key and its role")
	f.faults("GET", "", func(w http.ResponseWriter) { w.Header().Del("X-API-Schemas"); saying(403, noServer)(w) })
	_, err = f.driver.Observe(t.Context(), webRef())
	transient(t, err, "")
}

// The delays before a write that met another one is tried again leave time for the notification to wait.
func TestBusyIsTriedAgainForAWhile(t *testing.T) {
	f := newFake(t)
	f.web(nil)
	f.observe(t)
	f.faultsWhile("PUT", func() bool { return true }, 409)
	require.ErrorIs(t, f.scale(t, 3, 4), controller.ErrConflict)
	puts := 0
	for _, r := range f.asked() {
		if r == "PUT /services/1s5" {
			puts++
		}
	}
	require.Equal(t, 6, puts, "after 50, 100, 200, 400 and 800 ms")
}
