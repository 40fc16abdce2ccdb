package rancher2

import (
	"context"
	"sync"

	"alertscale/rules"
)

// gates let in one at a time, by ref. They are for node pools, whose API does not guard a write by itself.
type gates struct {
	mu   sync.Mutex
	open map[rules.Ref]*gate
}

type gate struct {
	turn  chan struct{} // holds one
	users int           // who is in, and who waits
}

// enter waits for a ref to be free, for as long as ctx lasts. leave is called once.
func (g *gates) enter(ctx context.Context, ref rules.Ref) (leave func(), err error) {
	at := g.join(ref)
	select {
	case at.turn <- struct{}{}:
		return func() { <-at.turn; g.quit(ref, at) }, nil
	case <-ctx.Done():
		g.quit(ref, at)
		return nil, ctx.Err()
	}
}

func (g *gates) join(ref rules.Ref) *gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open == nil {
		g.open = map[rules.Ref]*gate{}
	}
	at := g.open[ref]
	if at == nil {
		at = &gate{turn: make(chan struct{}, 1)}
		g.open[ref] = at
	}
	at.users++
	return at
}

func (g *gates) quit(ref rules.Ref, at *gate) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if at.users--; at.users == 0 {
		delete(g.open, ref)
	}
}
