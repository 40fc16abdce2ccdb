package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

func endedBefore(t *testing.T, s Store) {
	revision := mustPut(t, s, "web", "", "1")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancelLate := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancelLate()

	for want, ctx := range map[error]context.Context{context.Canceled: cancelled, context.DeadlineExceeded: late} {
		_, err := s.Load(ctx, "web")
		require.ErrorIs(t, err, want)
		_, err = s.Put(ctx, engine.Record{Ref: "web", Revision: revision, Data: []byte("2")})
		require.ErrorIs(t, err, want)
		_, err = s.Put(ctx, engine.Record{Ref: "web", Revision: revision})
		require.ErrorIs(t, err, want)
		require.ErrorIs(t, s.List(ctx, func(engine.Record) error { panic("it was called") }), want)
	}
	requireStored(t, s, "web", revision, "1")
}

func endsInList(t *testing.T, s Store) {
	for i := range 5 {
		mustPut(t, s, fmt.Sprint(i), "", "1")
	}
	for last := range 5 { // the call that ends the context
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		err := s.List(ctx, func(engine.Record) error {
			if calls == last {
				cancel()
			}
			calls++
			return nil
		})
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, last+1, calls)
	}
}

// endsInPut lets contexts end while their Puts are on their way: each was carried out or was not, and what it says
// is true where it says something.
func endsInPut(t *testing.T, s Store) {
	require.NoError(t, together(200, func(i int) error {
		ctx, cancel := context.WithCancel(t.Context())
		timer := time.AfterFunc(time.Duration(i)*20*time.Microsecond, cancel)
		defer timer.Stop()
		defer cancel()
		ref := fmt.Sprint(i)
		revision, err := s.Put(ctx, engine.Record{Ref: ref, Data: []byte(ref)})
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
		return settled(t, s, ref, revision, err == nil)
	}))
}

// settled stores something else of a ref of which a Put said that it was stored as revision, or did not say.
func settled(t *testing.T, s Store, ref string, revision engine.Revision, said bool) error {
	for {
		got, err := s.Load(t.Context(), ref)
		if err != nil {
			return err
		}
		if stored := got.Revision != ""; stored && string(got.Data) != ref || said && (!stored || got.Revision != revision) {
			return fmt.Errorf("ref %s has revision %q, %q; Put returned %q, %t", ref, got.Revision, got.Data, revision, said)
		}
		_, err = s.Put(t.Context(), engine.Record{Ref: ref, Revision: got.Revision, Data: []byte("later")})
		if said || !errors.Is(err, controller.ErrConflict) {
			return err // where it was not said, the first Put may still come in between
		}
	}
}
