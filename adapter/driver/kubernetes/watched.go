package kubernetes

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-kit/log/level"
	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

// What cannot be watched, as it is forbidden or not installed, is tried again after so long, then less often.
const (
	firstRetry = 10 * time.Second
	lastRetry  = 5 * time.Minute
)

// watched is the autoscalers of a kind, as an informer has them.
type watched struct {
	feed
	retry time.Duration

	index   atomic.Pointer[cache.Indexer] // nil: they are not known
	settled chan struct{}                 // closed once they are known, or cannot be
	settle  func()
	missing atomic.Bool // the log has it that they cannot be watched
}

func newWatched(s *session, kind string, gvr schema.GroupVersionResource, retry time.Duration) *watched {
	w := &watched{feed: feed{s, kind, gvr}, retry: retry, settled: make(chan struct{})}
	w.settle = sync.OnceFunc(func() { close(w.settled) })
	return w
}

// run keeps an informer going until ctx ends. One that cannot be had is tried again.
func (w *watched) run(ctx context.Context) {
	ctx = klog.NewContext(ctx, logr.Discard())
	for wait := w.retry; ctx.Err() == nil; wait = min(2*wait, lastRetry) {
		if w.inform(ctx) {
			wait = w.retry
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// inform runs an informer until it is refused, and reports whether it had been in sync. What fails otherwise the informer
// tries again by itself.
func (w *watched) inform(ctx context.Context) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lw := &cache.ListWatch{ListWithContextFunc: w.list, WatchFuncWithContext: w.watch}
	informer := cache.NewSharedIndexInformerWithOptions(lw, &claim{}, cache.SharedIndexInformerOptions{
		Indexers: cache.Indexers{byScaled: scaledBy}, ObjectDescription: w.kind,
	})
	_ = informer.SetWatchErrorHandlerWithContext(func(_ context.Context, _ *cache.Reflector, err error) {
		if refusedForGood(err) {
			w.lost(err)
			cancel()
		}
	}) // it fails for an informer that runs
	var synced sync.WaitGroup
	synced.Go(func() {
		select {
		case <-informer.HasSyncedChecker().Done():
			w.found(informer.GetIndexer())
		case <-ctx.Done():
		}
	})
	informer.RunWithContext(ctx)
	synced.Wait()
	return w.index.Swap(nil) != nil
}

// refusedForGood reports whether asking again soon is of no use: the kind does not exist, or may not be watched.
func refusedForGood(err error) bool {
	return apierrors.IsForbidden(err) || apierrors.IsNotFound(err) || apierrors.IsMethodNotSupported(err)
}

func (w *watched) found(index cache.Indexer) {
	w.index.Store(&index)
	w.settle()
	if w.missing.Swap(false) {
		_ = level.Info(w.session.logger).Log("msg", "what "+w.kind+"s scale is known now", "server", w.server())
	}
}

// lost says once that what the autoscalers scale is not known.
func (w *watched) lost(err error) {
	w.settle()
	if w.missing.Swap(true) {
		return
	}
	if apierrors.IsNotFound(err) {
		_ = level.Info(w.session.logger).Log("msg", "the cluster has no "+w.kind+"s; now and then it is asked again", "server", w.server())
		return
	}
	_ = level.Warn(w.session.logger).Log("msg", "what "+w.kind+"s scale is not known, so that nothing counts as owned by one; the role must grant list and watch on "+
		w.gvr.Resource+" in the API group "+w.gvr.Group, "server", w.server(), "err", oneLine(err.Error()))
}

func (w *watched) server() string { return w.session.client.Load().base }

// find returns the first autoscaler of the kind that scales what a call is about; nil where there is none.
func (w *watched) find(c call) *claim {
	index := w.index.Load()
	if index == nil {
		return nil
	}
	if c.ref.Path != "" {
		return w.findMaker(*index, c)
	}
	all, _ := (*index).ByIndex(byScaled, scaledKey(c.resource.group, c.kind.name, c.ref.Namespace, c.ref.Name)) // it is there
	if len(all) == 0 {
		return nil
	}
	return slices.MinFunc(all, func(a, b any) int { return strings.Compare(a.(*claim).Name, b.(*claim).Name) }).(*claim)
}

// findMaker returns the autoscaler whose field a call is about, where another one made it and sets that field back. Any
// other autoscaler is nobody's, whatever scales by it.
func (w *watched) findMaker(index cache.Indexer, c call) *claim {
	own, ok, _ := index.GetByKey(c.ref.Namespace + "/" + c.ref.Name) // keys never fail
	if !ok || own.(*claim).maker == "" {
		return nil
	}
	return own.(*claim)
}

// has reports whether a call is about an autoscaler of the kind.
func (w *watched) has(c call) bool { return c.resource.group == w.gvr.Group && c.kind.name == w.kind }
