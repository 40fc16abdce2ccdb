package kubernetes

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/record"
	"k8s.io/klog/v2"
	"k8s.io/utils/lru"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/httpx"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// told is the Events that decisions become. A call that waits, for a cooldown or until a hold is over, is none.
var told = map[engine.Verdict]struct{ kind, reason string }{
	engine.Scaled:   {corev1.EventTypeNormal, "Scaled"},
	engine.Upgraded: {corev1.EventTypeNormal, "Upgraded"},
	engine.DryRun:   {corev1.EventTypeNormal, "DryRun"},
	engine.AtBound:  {corev1.EventTypeWarning, "AtBound"},
	engine.Disabled: {corev1.EventTypeWarning, "Disabled"},
	engine.Owned:    {corev1.EventTypeWarning, "Owned"},
	engine.Failed:   {corev1.EventTypeWarning, "Failed"},
	engine.Rejected: {corev1.EventTypeWarning, "Rejected"},
	engine.Reverted: {corev1.EventTypeWarning, "Reverted"},
}

const (
	// maxSeen is how many objects are remembered: an Event comes soon after a read.
	maxSeen = 10_000
	// maxMessage is how many bytes the message of an Event has at most.
	maxMessage = 1000
)

// events writes Events by client-go's broadcaster, which makes one of many that are alike, and drops what is too much.
type events struct {
	ctx   context.Context
	sink  *eventSink
	begin sync.Once
	to    record.EventRecorder
	seen  *lru.Cache // what is known of refs that were read
}

// seenObject is what an Event says of the object that it is about.
type seenObject struct {
	kind string
	in   groupVersion
	uid  string
}

func newEvents(ctx context.Context, s *session) *events {
	return &events{ctx: klog.NewContext(ctx, logr.Discard()), sink: newEventSink(ctx, s), seen: lru.New(maxSeen)}
}

// saw remembers an object that was read, where Events are wanted.
func (d *Driver) saw(c call, uid string) {
	if !d.silent {
		d.session.events.saw(c, uid)
	}
}

// saw remembers the object that was read. One that was not can have no Events: nobody would find them.
func (e *events) saw(c call, uid string) {
	key, o := any(anyDriver(c.ref)), seenObject{c.kind.name, c.resource.groupVersion(), uid}
	if old, ok := e.seen.Get(key); !ok || old != any(o) {
		e.seen.Add(key, o)
	}
}

// missed forgets an object that is gone.
func (e *events) missed(c call) { e.seen.Remove(anyDriver(c.ref)) }

// anyDriver is a ref by which an object is known whatever the driver that names it is called.
func anyDriver(r rules.Ref) rules.Ref {
	r.Driver = ""
	return r
}

// Record implements controller.Sink: a change and a refusal become Events of the object, where that was read before. It
// waits for nothing.
func (d *Driver) Record(r controller.DecisionRecord) {
	if !d.silent {
		d.session.events.record(r)
	}
}

func (e *events) record(r controller.DecisionRecord) {
	tell, ok := told[r.Verdict]
	if !ok {
		return
	}
	ref := readRef(r.Ref)
	found, ok := e.seen.Get(ref)
	if !ok {
		return
	}
	e.begin.Do(e.start)
	seen := found.(seenObject)
	e.to.Event(&corev1.ObjectReference{
		APIVersion: seen.in.String(), Kind: seen.kind, Namespace: ref.Namespace, Name: ref.Name, UID: types.UID(seen.uid),
	}, tell.kind, tell.reason, message(ref, r))
}

func (e *events) start() {
	b := record.NewBroadcaster(record.WithContext(e.ctx))
	b.StartRecordingToSink(e.sink)
	e.to = b.NewRecorder(runtime.NewScheme(), corev1.EventSource{Component: "alertscale"}).WithLogger(logr.Discard())
}

// readRef reads the written form of a ref that has a kind, its driver aside.
func readRef(text string) (r rules.Ref) {
	_, text, _ = strings.Cut(text, ":")
	text, r.Path, _ = strings.Cut(text, "#")
	parts := strings.Split(text, "/")
	r.Kind, r.Name = parts[0], parts[len(parts)-1]
	if len(parts) == 3 {
		r.Namespace = parts[1]
	}
	return r
}

func message(ref rules.Ref, r controller.DecisionRecord) string {
	what := "the count"
	if ref.Path != "" {
		what = ref.Path
	}
	switch {
	case r.Upgrade && r.Verdict == engine.Upgraded:
		what = fmt.Sprintf("the image is another one by upgrade %q", r.Rule)
	case r.Upgrade:
		what = fmt.Sprintf("the image is not changed by upgrade %q", r.Rule)
	case r.From == nil || r.To == nil:
		what = fmt.Sprintf("%s is not changed by rule %q", what, r.Rule)
	case *r.From == *r.To:
		what = fmt.Sprintf("%s stays %d, rule %q", what, *r.From, r.Rule)
	case r.Verdict == engine.Scaled:
		what = fmt.Sprintf("%s: %d → %d by rule %q", what, *r.From, *r.To, r.Rule)
	default:
		what = fmt.Sprintf("%s would go %d → %d by rule %q", what, *r.From, *r.To, r.Rule)
	}
	return httpx.OneLine(what+": "+strings.Join(r.Why, "; ")+cause(r), maxMessage)
}

// cause says which alert a decision came from, and how many more.
func cause(r controller.DecisionRecord) string {
	if len(r.Alerts) == 0 {
		return ""
	}
	text := "; for " + r.Alerts[0].Labels.String()
	if fingerprint := r.Alerts[0].Fingerprint; fingerprint != "" {
		text += " fingerprint=" + fingerprint
	}
	if more := len(r.Alerts) - 1 + r.More; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
