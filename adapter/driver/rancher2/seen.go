package rancher2

import (
	"time"

	"alertscale/adapter/driver/internal/recent"
	"alertscale/rules"
)

// seen keeps what is known of pools from when they were last read and written, so that a write needs no read of
// its own. What it has forgotten costs a read, and a pool that was just written to may be taken for settled.
type seen struct{ *recent.Map[rules.Ref, note] }

// note is what is known of one pool.
type note struct {
	read  *read
	wrote time.Time // when it was last written; zero: not known
}

// read is what a read of a pool told.
type read struct {
	at    time.Time // when it was begun
	count int
	uid   string // of the cluster, of a machine pool
	index int    // in the cluster's list, of a machine pool
}

// maxSeen is how many pools are kept.
const maxSeen = 1000

func newSeen() seen { return seen{recent.NewMap[rules.Ref, note](maxSeen)} }

func (s seen) get(ref rules.Ref) note {
	n, _ := s.Get(ref)
	return n
}

// keep stores what was read.
func (s seen) keep(ref rules.Ref, r *read) {
	s.Update(ref, func(n note) note { n.read = r; return n })
}

// written stores that a write was begun. What was read of a node pool is not to be relied on from then on; where a
// machine pool is, the server verifies.
func (s seen) written(ref rules.Ref, at time.Time) {
	s.Update(ref, func(n note) note {
		n.wrote = at
		if ref.Kind == kindNodePool {
			n.read = nil
		}
		return n
	})
}

// settling is how long after a write the server may show itself as it was before: it takes notice of the new
// quantity, makes machines be made, and takes notice of these, one after the other.
const settling = 30 * time.Second

// settled reports whether what the server shows at a time is later than the last write.
func (n note) settled(now time.Time) bool { return now.Sub(n.wrote) >= settling }
