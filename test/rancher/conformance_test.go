package rancher_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/driver/drivertest"
	"alertscale/rules"
	"alertscale/test/fakerancher/rancher"
)

func TestConformance(t *testing.T) {
	b := newBench(t, rancher.Options{Speed: 20})
	drivertest.Run(t, drivertest.Harness{
		Driver:  b.driver,
		Make:    func(_ *testing.T, count int) rules.Ref { return b.add(rancher.ServiceSpec{Scale: count}) },
		Count:   func(_ *testing.T, ref rules.Ref) int { return b.count(ref) },
		Change:  func(_ *testing.T, ref rules.Ref, count int) { b.change(ref, count) },
		Missing: func(*testing.T) rules.Ref { return service("nobody") },
		MissingKind: func(*testing.T) rules.Ref {
			return rules.Ref{Driver: "rancher", Kind: "Deployment", Namespace: "shop", Name: "web"}
		},
		Settle: func(*testing.T, rules.Ref) { time.Sleep(100 * time.Millisecond) },
		Down:   func(*testing.T) { b.server.Close() },
		Up:     func(t *testing.T) { require.NoError(t, b.server.Listen()) },
		Lose:   func(*testing.T) { b.server.LoseNext(1) },
		Slow: func(_ *testing.T, delay time.Duration) {
			b.server.Heal()
			if delay > 0 {
				b.server.Slow(delay)
			}
		},
		Requests: func(*testing.T) (reads, writes int) {
			writes = len(b.server.Writes())
			return len(b.server.Requests()) - writes, writes
		},
	})
}
