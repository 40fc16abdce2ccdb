package stack

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
)

// A FieldChange is that of an integer field of an object.
type FieldChange struct {
	From, To   int
	Generation int64 // The object's, after the change.
	At         time.Time

	// Unseen counts the changes of the object's spec, of any of its fields,
	// that came with this one while the watch was broken: it is 0 unless the
	// API server was away. From may then equal To.
	Unseen int
}

// A FieldWatch records the changes of an integer field, through restarts of
// the API server.
type FieldWatch struct {
	object Object
	path   []string

	mu         sync.Mutex
	value      int
	generation int64
	changes    []FieldChange
}

// WatchReplicas records the changes of the object's spec.replicas from now
// until the test ends.
func (c *Client) WatchReplicas(t T, o Object) *FieldWatch {
	t.Helper()
	return c.WatchField(t, o, "spec", "replicas")
}

// WatchField records the changes of an integer field from now until the test
// ends.
func (c *Client) WatchField(t T, o Object, path ...string) *FieldWatch {
	t.Helper()
	first := c.Get(t, o)
	w := &FieldWatch{object: o, path: path, value: number(first, path...), generation: first.GetGeneration()}
	api, err := c.resource(o)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { w.follow(ctx, api, first.GetResourceVersion()) })
	t.Cleanup(func() { cancel(); done.Wait() })
	return w
}

// follow watches until the context ends. After a break it reads the object
// before it watches on, from there.
func (w *FieldWatch) follow(ctx context.Context, api dynamic.ResourceInterface, version string) {
	for ctx.Err() == nil {
		w.once(ctx, api, version)
		select {
		case <-ctx.Done():
			return
		case <-time.After(200 * time.Millisecond):
		}
		if got, err := api.Get(ctx, w.object.Name, metav1.GetOptions{}); err == nil {
			w.record(got)
			version = got.GetResourceVersion()
		}
	}
}

// once watches until the server ends it.
func (w *FieldWatch) once(ctx context.Context, api dynamic.ResourceInterface, version string) {
	events, err := api.Watch(ctx, metav1.ListOptions{
		FieldSelector:   fields.OneTermEqualSelector("metadata.name", w.object.Name).String(),
		ResourceVersion: version,
	})
	if err != nil {
		return
	}
	defer events.Stop()
	for event := range events.ResultChan() {
		got, ok := event.Object.(*unstructured.Unstructured)
		if ok && (event.Type == watch.Added || event.Type == watch.Modified) {
			w.record(got)
		}
	}
}

func (w *FieldWatch) record(got *unstructured.Unstructured) {
	w.mu.Lock()
	defer w.mu.Unlock()
	value, generation := number(got, w.path...), got.GetGeneration()
	unseen := max(0, int(generation-w.generation)-1)
	if value == w.value && unseen == 0 {
		w.generation = generation
		return
	}
	w.changes = append(w.changes, FieldChange{
		From: w.value, To: value, Generation: generation, At: time.Now(), Unseen: unseen,
	})
	w.value, w.generation = value, generation
}

// Changes returns the changes so far.
func (w *FieldWatch) Changes() []FieldChange {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.changes)
}

// Values returns the value that the field had first, and the one that each
// change so far has given it.
func (w *FieldWatch) Values() []int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.changes) == 0 {
		return []int{w.value}
	}
	values := []int{w.changes[0].From}
	for _, c := range w.changes {
		values = append(values, c.To)
	}
	return values
}

// Wait waits until there have been n changes, and returns all there are.
func (w *FieldWatch) Wait(t T, n int, timeout time.Duration) []FieldChange {
	t.Helper()
	var changes []FieldChange
	Eventually(t, timeout, func() error {
		if changes = w.Changes(); len(changes) < n {
			return fmt.Errorf("%s: %s changed %d times, want %d", w.object, strings.Join(w.path, "."), len(changes), n)
		}
		return nil
	})
	return changes
}

// Exactly waits until there have been n changes, and then for the time quiet,
// and ends the test where there are more by then, or may have been.
func (w *FieldWatch) Exactly(t T, n int, timeout, quiet time.Duration) []FieldChange {
	t.Helper()
	w.Wait(t, n, timeout)
	time.Sleep(quiet)
	changes := w.Changes()
	unseen := slices.ContainsFunc(changes, func(c FieldChange) bool { return c.Unseen > 0 })
	if len(changes) != n || unseen {
		fatalf(t, "%s: %s changed %d times, want %d: %+v", w.object, strings.Join(w.path, "."), len(changes), n, changes)
	}
	return changes
}
