// Package recent keeps what drivers know of workloads from when they were last asked about them.
package recent

import "sync"

// Map keeps a limited number of values: one more drops any other. It is safe for concurrent use.
type Map[K comparable, V any] struct {
	most int

	mu     sync.Mutex
	values map[K]V
}

// NewMap returns a map of at most so many values.
func NewMap[K comparable, V any](most int) *Map[K, V] {
	return &Map[K, V]{most: most, values: map[K]V{}}
}

// Get returns a value, false where it is not known.
func (m *Map[K, V]) Get(key K) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	value, ok := m.values[key]
	return value, ok
}

// Set keeps a value.
func (m *Map[K, V]) Set(key K, value V) {
	m.Update(key, func(V) V { return value })
}

// Update keeps what change makes of the value that is known, or of none.
func (m *Map[K, V]) Update(key K, change func(V) V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, known := m.values[key]
	if !known && len(m.values) >= m.most {
		for other := range m.values {
			delete(m.values, other)
			break
		}
	}
	m.values[key] = change(before)
}

// Forget drops a value.
func (m *Map[K, V]) Forget(key K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.values, key)
}
