package rancher_test

import (
	"sync"
	"testing"

	client "github.com/rancher/go-rancher/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	driver "alertscale/adapter/driver/rancher"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/test/fakerancher/rancher"
)

// BenchmarkChange measures one change, and the same two calls by the bare client.
func BenchmarkChange(b *testing.B) {
	server := rancher.Start(b, rancher.Options{})
	id := server.AddService(rancher.ServiceSpec{Stack: server.AddStack(server.Project(), "shop"), Name: "web", Scale: 1})
	key := server.ProjectKey()
	b.Run("driver", func(b *testing.B) {
		d, err := driver.New(driver.Config{URL: server.URL(), AccessKey: key.Access, SecretKey: driver.Secret(key.Secret)}, driver.Options{})
		require.NoError(b, err)
		_, err = d.Observe(b.Context(), service("web"))
		require.NoError(b, err)
		for i := range b.N {
			o, err := d.Observe(b.Context(), service("web"))
			require.NoError(b, err)
			require.NoError(b, d.Scale(b.Context(), service("web"), engine.Change{From: o.Count, To: 1 + i%3}))
		}
	})
	b.Run("bare", func(b *testing.B) {
		bare, err := client.NewRancherClient(&client.ClientOpts{Url: server.URL(), AccessKey: key.Access, SecretKey: key.Secret})
		require.NoError(b, err)
		for i := range b.N {
			s, err := bare.Service.ById(id)
			require.NoError(b, err)
			_, err = bare.Service.Update(s, map[string]any{"scale": 1 + i%3})
			require.NoError(b, err)
		}
	})
}

// A storm of 1,000 services, by the driver and by the bare client with as many workers.
func BenchmarkStorm(b *testing.B) {
	const services, workers = 1000, 64
	server := rancher.Start(b, rancher.Options{})
	stack := server.AddStack(server.Project(), "shop")
	ids := server.AddServices(stack, "web", services)
	key := server.ProjectKey()
	storm := func(b *testing.B, change func(i, to int) error) {
		for n := range b.N {
			var wg sync.WaitGroup
			for w := range workers {
				wg.Go(func() {
					for i := w; i < services; i += workers {
						assert.NoError(b, change(i, 2+n%2))
					}
				})
			}
			wg.Wait()
		}
	}
	b.Run("driver", func(b *testing.B) {
		d, err := driver.New(driver.Config{URL: server.URL(), AccessKey: key.Access, SecretKey: driver.Secret(key.Secret)}, driver.Options{})
		require.NoError(b, err)
		refs := make([]rules.Ref, services)
		for i := range refs {
			refs[i] = service(server.Service(ids[i]).Name)
			_, err := d.Observe(b.Context(), refs[i])
			require.NoError(b, err)
		}
		b.ResetTimer()
		storm(b, func(i, to int) error {
			o, err := d.Observe(b.Context(), refs[i])
			if err != nil {
				return err
			}
			return d.Scale(b.Context(), refs[i], engine.Change{From: o.Count, To: to})
		})
	})
	b.Run("bare", func(b *testing.B) {
		bare, err := client.NewRancherClient(&client.ClientOpts{Url: server.URL(), AccessKey: key.Access, SecretKey: key.Secret})
		require.NoError(b, err)
		b.ResetTimer()
		storm(b, func(i, to int) error {
			s, err := bare.Service.ById(ids[i])
			if err != nil {
				return err
			}
			_, err = bare.Service.Update(s, map[string]any{"scale": to})
			return err
		})
	})
}
