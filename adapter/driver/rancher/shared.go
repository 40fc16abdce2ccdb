package rancher

import (
	"strings"
	"sync"

	"alertscale/adapter/driver/internal/keylock"
	"alertscale/rules"
)

// Shared is what the drivers of a process have in common, so that one of a file that was just loaded, or of
// another key, does not get in the way of a call that an earlier one has given up: who is at work on what, and
// which names are planned. It is safe for concurrent use.
type Shared struct {
	locks keylock.Locks

	mu       sync.Mutex
	reserved map[string][]string // hostnames that are planned, by the key of a group
}

// NewShared returns one for drivers to come.
func NewShared() *Shared { return &Shared{reserved: map[string][]string{}} }

// key names a ref for all drivers of its environment.
func (s *session) key(ref rules.Ref) string { return s.where + " " + name(ref) }

// creations is the key of the gate that lets one creation at a time into the environment.
func (s *session) creations() string { return s.where + " creations" }

// reserve keeps names from being planned for another group.
func (v *Shared) reserve(key string, names []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if names == nil {
		delete(v.reserved, key)
	} else {
		v.reserved[key] = names
	}
}

// othersNames are the names that are planned for other groups.
func (v *Shared) othersNames(mine string) map[string]bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	names := map[string]bool{}
	for key, planned := range v.reserved {
		for _, name := range planned {
			if key != mine {
				names[strings.ToLower(name)] = true
			}
		}
	}
	return names
}
