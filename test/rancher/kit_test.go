package rancher_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/stretchr/testify/require"

	driver "alertscale/adapter/driver/rancher"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/test/fakerancher/rancher"
)

// bench is a stand-in with a stack, and a driver of it.
type bench struct {
	t      *testing.T
	server *rancher.Server
	driver *driver.Driver
	stack  string // the id of the stack shop
	ahead  atomic.Int64
	remove rules.Remove
	pairs  []rules.Label
	log    log.Logger
	made   int
	ids    map[rules.Ref]string
}

func newBench(t *testing.T, o rancher.Options) *bench {
	t.Helper()
	b := &bench{t: t, server: rancher.Start(t, o), ids: map[rules.Ref]string{}, remove: rules.RemoveNewest, pairs: []rules.Label{{Name: "pool", Value: "web"}}}
	b.stack = b.server.AddStack(b.server.Project(), "shop")
	b.driver = b.newDriver()
	return b
}

// newDriver is what a restart of alertscale makes.
func (b *bench) newDriver() *driver.Driver {
	return b.driverWith(b.server.ProjectKey(), b.server.URL())
}

func (b *bench) driverWith(key rancher.Key, url string) *driver.Driver {
	b.t.Helper()
	d, err := driver.New(driver.Config{URL: url, AccessKey: key.Access, SecretKey: driver.Secret(key.Secret)}, driver.Options{
		Group:  func(rules.Ref) ([]rules.Label, rules.Remove, bool) { return b.pairs, b.remove, true },
		Now:    func() time.Time { return time.Now().Add(time.Duration(b.ahead.Load())) },
		Logger: b.log,
	})
	require.NoError(b.t, err)
	return d
}

func service(name string) rules.Ref {
	return rules.Ref{Driver: "rancher", Kind: "service", Namespace: "shop", Name: name}
}

// add makes a service.
func (b *bench) add(spec rancher.ServiceSpec) rules.Ref {
	if spec.Stack == "" {
		spec.Stack = b.stack
	}
	if spec.Name == "" {
		b.made++
		spec.Name = fmt.Sprint("web", b.made)
	}
	ref := service(spec.Name)
	b.ids[ref] = b.server.AddService(spec)
	return ref
}

// change scales a service as somebody else does, more than a second after the driver last read it.
func (b *bench) change(ref rules.Ref, count int) {
	b.server.SetScale(b.ids[ref], count)
	b.ahead.Add(int64(time.Second))
}

func (b *bench) count(ref rules.Ref) int { return b.server.Scale(b.ids[ref]) }

func (b *bench) observe(ref rules.Ref) engine.Observed {
	b.t.Helper()
	o, err := b.driver.Observe(b.t.Context(), ref)
	require.NoError(b.t, err)
	return o
}

// obstacle is the kind of fact for which a ref is not scaled; empty where it is.
func (b *bench) obstacle(ref rules.Ref) engine.ConditionType {
	b.t.Helper()
	fact, _ := b.observe(ref).Obstacle()
	return fact.Type
}

// step scales a service by a read and a write.
func (b *bench) step(ref rules.Ref, to int) error {
	o := b.observe(ref)
	return b.driver.Scale(b.t.Context(), ref, engine.Change{From: o.Count, To: to, Version: o.Version})
}
