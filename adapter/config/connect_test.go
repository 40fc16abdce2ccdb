package config

import (
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
)

// closing is a driver that counts how often it was closed.
type closing struct {
	controller.Driver
	closed int
}

func (c *closing) Close() error {
	c.closed++
	return nil
}

func connections(drivers map[string]controller.Driver) *Connections {
	c := &Connections{conns: map[string]controller.Backend{}}
	for name, d := range drivers {
		c.conns[name] = controller.Backend{Driver: d}
	}
	return c
}

// Drivers that a newer file has no longer are closed; those that stay, and those that have nothing to close, are not.
func TestRelease(t *testing.T) {
	kept, replaced, gone, next := &closing{}, &closing{}, &closing{}, &closing{}
	plain := struct{ controller.Driver }{}
	before := connections(map[string]controller.Driver{"kept": kept, "replaced": replaced, "gone": gone, "plain": plain})
	after := connections(map[string]controller.Driver{"kept": kept, "replaced": next})
	before.release(after)
	require.Equal(t, []int{0, 1, 1, 0}, []int{kept.closed, replaced.closed, gone.closed, next.closed})

	after.release(nil)
	require.Equal(t, []int{1, 1}, []int{kept.closed, next.closed})
	(*Connections)(nil).release(after)
}

// A file of which a driver cannot be connected leaves none behind.
func TestConnect_AFaultLeavesNothingBehind(t *testing.T) {
	f, err := Parse("a.yml", []byte("drivers: {a: {type: kubernetes, kubeconfig: /nonexistent/k}, sim: {type: simulator}}\n"+
		"targets: {web: {driver: sim, name: web, max: 5}}\nrules: [{name: busy, matchers: [a=b], target: web, up: 1}]\n"), LoadOptions{})
	require.NoError(t, err)
	kept := &closing{}
	before := connections(map[string]controller.Driver{"sim": kept})
	before.shared = map[string]any{}
	before.file = f
	_, err = Connect(f, before, Options{})
	require.ErrorContains(t, err, "a.yml:1: drivers.a: ")
	require.Zero(t, kept.closed, "the old file stays in use")
}
