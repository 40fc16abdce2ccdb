package swarm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
)

func described(t *testing.T, cfg Config) (controller.Endpoint, error) {
	d, err := New(cfg, Options{Version: "1.2.3", Now: time.Now})
	require.NoError(t, err)
	return d.Describe(t.Context())
}

func TestDescribe(t *testing.T) {
	f := newFake()
	cfg := f.onSocket(t)
	e, err := described(t, cfg)
	require.NoError(t, err)
	require.Equal(t, controller.Endpoint{Address: cfg.Host, Version: "28.3.1"}, e)

	cfg = newFake().onTLS(t)
	e, err = described(t, cfg)
	require.NoError(t, err)
	require.Equal(t, controller.Endpoint{Address: cfg.Host, User: "someone", Version: "28.3.1"}, e)

	f.with(func() { f.servicesOnly = true })
	e, err = described(t, f.onSocket(t))
	require.NoError(t, err)
	require.Equal(t, "API 1.41", e.Version, "of the engine behind a proxy that keeps the rest to itself")
}

func TestDescribe_OfNoUse(t *testing.T) {
	f := newFake()
	cfg := f.onSocket(t)
	for want, fault := range map[string]fault{
		cfg.Host + " answered 503: not now": answering(503, 0),
		cfg.Host + " answered 400: Client sent an HTTP request to an HTTPS server.; give the driver ca_file, cert_file and key_file": saying(400, "Client sent an HTTP request to an HTTPS server.\n"),
		cfg.Host + " answered 403: not for you":                                              refusing(403, "not for you"), // of _ping
		"unauthorized: 401: sign in; what is in front of " + cfg.Host + " wants credentials": saying(401, "sign in"),
	} {
		f.fail(fault)
		_, err := described(t, cfg)
		require.EqualError(t, err, want)
	}
	f.fail(saying(401, "sign in"))
	_, err := described(t, cfg)
	require.ErrorIs(t, err, controller.ErrUnauthorized)

	e, err := described(t, Config{Host: "tcp://127.0.0.1:1"})
	require.EqualError(t, err, "no answer from tcp://127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused; is Docker running there?")
	require.Equal(t, "tcp://127.0.0.1:1", e.Address)
}
