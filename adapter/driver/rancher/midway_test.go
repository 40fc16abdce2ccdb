package rancher

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// refuseAfter refuses the POSTs after the first so many for good.
func (f *fake) refuseAfter(n int) {
	f.with(func() {
		f.intercept = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPost {
				return false
			}
			if n--; n >= 0 {
				return false
			}
			refuse(w, 422, "InvalidReference")
			return true
		}
	})
}

// A plan of which a part is done has no outcome before it is done as a whole, whatever the server says.
func TestAFailureInTheMiddle(t *testing.T) {
	for _, to := range []int{1, 5} {
		f := newFake(t)
		for i := range 3 {
			f.host(i+1, nil)
		}
		c := f.plan(t, 3, to)
		f.refuseAfter(0)
		require.ErrorIs(t, f.driver.Scale(t.Context(), pool, c), controller.ErrInvalid, "nothing is done of it")
		f.refuseAfter(1)
		err := f.driver.Scale(t.Context(), pool, c)
		transient(t, err, "the first is done")
		require.ErrorIs(t, err, controller.ErrPartial)
		f.refuseAfter(0)
		transient(t, f.driver.Scale(t.Context(), pool, c), "and was done before")
		f.with(func() { f.secret = "other" })
		for _, d := range []*Driver{f.driver, f.newDriver(t, Config{})} {
			err := d.Scale(t.Context(), pool, c)
			transient(t, err, "the key is not taken")
			require.NotErrorAs(t, err, new(*controller.ThrottledError))
		}
		f.with(func() { f.secret, f.intercept = "hush", nil })
		require.NoError(t, f.driver.Scale(t.Context(), pool, c))
		require.Equal(t, to, f.count(t).Count)
	}
}

func TestAPlannedHostOfAnotherEnvironment(t *testing.T) {
	f := newFake(t)
	f.host(1, nil)
	h := f.host(2, nil)
	c := f.plan(t, 2, 1)
	f.set(h, object{"accountId": "1a5"})
	require.ErrorIs(t, f.driver.Scale(t.Context(), pool, c), controller.ErrInvalid)
	require.Equal(t, "active", h["state"])
}

func TestADoubleThatIsInError(t *testing.T) {
	f := newFake(t)
	f.host(1, nil)
	c := f.plan(t, 1, 2)
	f.host(2, nil)
	h := f.host(3, object{"hostname": "web02", "state": "error"})
	require.NoError(t, f.driver.Scale(t.Context(), pool, c))
	require.Equal(t, "removing", h["state"])
}

// The names of hosts in error count, and so do those that are planned for other groups, until they are there.
func TestNamesThatAreNotFree(t *testing.T) {
	f := newFake(t)
	f.host(1, object{"hostname": "Web01", "labels": object{"pool": "web", "zone": "a"}})
	f.host(2, object{"hostname": "Web07", "state": "error"})
	other := rules.Ref{Kind: kindHost, Name: "zone=a"}
	for range 2 {
		require.JSONEq(t, `{"create":["Web08"]}`, string(f.plan(t, 1, 2).Plan), "its own plan is no other's")
	}
	plan, err := f.driver.Plan(t.Context(), other, engine.Change{From: 1, To: 2})
	require.NoError(t, err)
	require.JSONEq(t, `{"create":["Web09"]}`, string(plan))

	require.NoError(t, f.driver.Scale(t.Context(), pool, f.plan(t, 1, 2)))
	f.with(func() { f.things["host"] = f.things["host"][:2] })
	plan, err = f.driver.Plan(t.Context(), other, engine.Change{From: 1, To: 2})
	require.NoError(t, err)
	require.JSONEq(t, `{"create":["Web08"]}`, string(plan), "the plan is done, and the host gone again")
}

// A plan of a creation waits for a creation that is under way, one of a removal does not.
func TestAPlanWaitsForACreation(t *testing.T) {
	f := newFake(t)
	f.host(1, nil)
	f.host(2, nil)
	s, err := f.driver.connector.session(t.Context())
	require.NoError(t, err)
	l, err := f.driver.shared.locks.Lock(t.Context(), s.creations())
	require.NoError(t, err)
	defer l.Release()
	f.plan(t, 2, 1)
	short, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err = f.driver.Plan(short, pool, engine.Change{From: 2, To: 3})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// What an earlier life ordered is asked for once.
func TestEventsAreAskedForOnce(t *testing.T) {
	f := newFake(t)
	f.host(1, nil)
	f.count(t)
	f.count(t)
	require.Equal(t, []string{"GET /externalhostevents", "GET /hosts", "GET /hosts"}, f.asked())
}
