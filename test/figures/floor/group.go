package floor

import "sync"

// Group commits for many at a time: who comes while a commit runs is in the next one.
type Group struct {
	disk Disk

	mu      sync.Mutex
	waiting []chan error
	busy    bool
}

// NewGroup returns a group that commits to a disk.
func NewGroup(d Disk) *Group { return &Group{disk: d} }

// Commit returns when a page of its own is on the disk.
func (g *Group) Commit() error {
	done := make(chan error, 1)
	g.mu.Lock()
	g.waiting = append(g.waiting, done)
	if !g.busy {
		g.busy = true
		go g.run()
	}
	g.mu.Unlock()
	return <-done
}

func (g *Group) run() {
	for all := g.next(); all != nil; all = g.next() {
		err := g.disk.Commit(len(all) + 2) // and what says where they are
		for _, done := range all {
			done <- err
		}
	}
}

func (g *Group) next() []chan error {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := g.waiting
	g.waiting, g.busy = nil, len(all) > 0
	return all
}
