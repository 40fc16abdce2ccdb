package rancher_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	driver "alertscale/adapter/driver/rancher"
	"alertscale/test/fakerancher/rancher"
)

func TestAFailureInTheMiddleOfACreation(t *testing.T) {
	b := newBench(t, rancher.Options{})
	b.hosts(1)
	c := b.plan(1, 4)
	for _, status := range []int{http.StatusUnprocessableEntity, http.StatusServiceUnavailable} {
		b.server.Inject(rancher.Fault{Method: "POST", Path: "hosts", After: 1, Times: 1, Status: status})
		err := b.driver.Scale(t.Context(), pool, c)
		require.Error(t, err)
		for _, outcome := range []error{controller.ErrConflict, controller.ErrInvalid, controller.ErrForbidden, controller.ErrNotFound} {
			require.NotErrorIs(t, err, outcome, "a part of it is done")
		}
		b.server.Heal()
	}
	require.NoError(t, b.driver.Scale(t.Context(), pool, c))
	require.Equal(t, []string{"web01", "web02", "web03", "web04"}, b.hostnames())
	require.NoError(t, b.driver.Scale(t.Context(), pool, c), "nothing is left to do")
	require.Equal(t, 4, b.observe(pool).Count)

	b.server.Inject(rancher.Fault{Method: "POST", Path: "hosts", Times: 1, Status: http.StatusUnprocessableEntity})
	require.ErrorIs(t, b.group(4, 5), controller.ErrInvalid, "nothing of it is done")
}

// Each call of a plan is carried out and its answer lost, and alertscale with it.
func TestACrashAfterEachCreation(t *testing.T) {
	for after := range 3 {
		b := newBench(t, rancher.Options{})
		b.hosts(1)
		c := b.plan(1, 4)
		b.server.Inject(rancher.Fault{Method: "POST", Path: "hosts", After: after, Times: 1, Lose: true})
		require.Error(t, b.driver.Scale(t.Context(), pool, c))
		b.driver = b.newDriver()
		require.NoError(t, b.driver.Scale(t.Context(), pool, c))
		require.Equal(t, []string{"web01", "web02", "web03", "web04"}, b.hostnames(), after)
		require.Equal(t, 4, b.observe(pool).Count)
	}
}

func TestACrashAfterEachRemoval(t *testing.T) {
	for after := range 3 {
		for _, wait := range []time.Duration{0, 30 * time.Millisecond, 300 * time.Millisecond} {
			b := newBench(t, rancher.Options{Speed: 10})
			b.hosts(5)
			c := b.plan(5, 2)
			b.server.Inject(rancher.Fault{Method: "POST", Path: "externalhostevents", After: after, Times: 1, Lose: true})
			require.Error(t, b.driver.Scale(t.Context(), pool, c))
			time.Sleep(wait)
			b.driver = b.newDriver()
			require.NoError(t, b.driver.Scale(t.Context(), pool, c))
			require.Equal(t, 2, b.observe(pool).Count)
			b.driver = b.newDriver()
			b.become("web01", "web02")
			require.Equal(t, 2, b.observe(pool).Count)
		}
	}
}

func TestARestartRightAfterARemoval(t *testing.T) {
	b := newBench(t, rancher.Options{})
	b.hosts(3)
	require.NoError(t, b.group(3, 2))
	for range 4 { // before and after the server takes the event up
		b.driver = b.newDriver()
		require.Equal(t, 2, b.observe(pool).Count, "the server knows that it is to go")
		time.Sleep(90 * time.Millisecond)
	}
}

func TestACreationThatWasGivenUp(t *testing.T) {
	b := newBench(t, rancher.Options{})
	b.hosts(1)
	c := b.plan(1, 3)
	b.server.Inject(rancher.Fault{Method: "POST", Path: "hosts", Delay: 300 * time.Millisecond, Times: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, b.driver.Scale(ctx, pool, c), context.DeadlineExceeded)
	require.NoError(t, b.driver.Scale(t.Context(), pool, c), "which waits for it")
	require.Equal(t, []string{"web01", "web02", "web03"}, b.hostnames())
	require.Equal(t, 2, b.server.Count("POST", "hosts"))
}

// What says that nothing was changed would end the plan, of which a part is done.
func TestAKeyThatIsRevokedInTheMiddle(t *testing.T) {
	for _, to := range []int{1, 5} {
		b := newBench(t, rancher.Options{Speed: 10})
		b.hosts(3)
		c := b.plan(3, to)
		b.server.Inject(rancher.Fault{Method: "POST", After: 1, Times: 1, Lose: true})
		require.Error(t, b.driver.Scale(t.Context(), pool, c))
		lift := b.server.Inject(rancher.Fault{Status: http.StatusUnauthorized})
		for _, d := range []*driver.Driver{b.driver, b.newDriver()} {
			err := d.Scale(t.Context(), pool, c)
			require.ErrorContains(t, err, "check access_key")
			var busy *controller.ThrottledError
			require.NotErrorAs(t, err, &busy)
		}
		lift()
		require.NoError(t, b.driver.Scale(t.Context(), pool, c))
		require.Equal(t, to, b.observe(pool).Count)
	}
}
