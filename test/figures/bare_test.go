package figures

import (
	"testing"

	"alertscale/test/figures/floor"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"
)

// limit is the rate limit of both sides: more than either can reach.
const limit = 100_000

// bare returns what changes Deployments by client-go alone.
func (b *bench) bare(t *testing.T) floor.Deployments {
	t.Helper()
	d, err := floor.NewDeployments(&rest.Config{
		Host: b.api.URL, BearerToken: b.token, TLSClientConfig: rest.TLSClientConfig{CAData: b.api.CA}, QPS: limit, Burst: limit,
	}, namespace)
	require.NoError(t, err)
	return d
}

func newDisk(t *testing.T) floor.Disk {
	t.Helper()
	d, err := floor.NewDisk(t.TempDir())
	require.NoError(t, err)
	return d
}
