package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/go-kit/log/level"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/flowcontrol"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/httpx"
)

// Events have a limit of their own, so that they keep no change waiting.
const (
	eventQPS     = 20
	eventBurst   = 100
	eventTimeout = 10 * time.Second
)

// eventSink sends Events to the API server, with the credentials of the newest driver.
type eventSink struct {
	ctx     context.Context
	session *session
	limit   *controller.Turns
	say     sync.Once // why they are not taken
}

var _ record.EventSink = (*eventSink)(nil)

func newEventSink(ctx context.Context, s *session) *eventSink {
	return &eventSink{ctx: ctx, session: s, limit: controller.NewTurns(flowcontrol.NewTokenBucketRateLimiter(eventQPS, eventBurst).Wait)}
}

// Create implements record.EventSink.
func (s *eventSink) Create(e *corev1.Event) (*corev1.Event, error) {
	e.APIVersion, e.Kind = "v1", "Event"
	body, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return s.send(http.MethodPost, eventsOf(e), mediaJSON, body)
}

// Patch implements record.EventSink.
func (s *eventSink) Patch(e *corev1.Event, patch []byte) (*corev1.Event, error) {
	return s.send(http.MethodPatch, eventsOf(e)+"/"+e.Name, mediaStrategicPatch, patch)
}

// Update implements record.EventSink. Nobody calls it.
func (s *eventSink) Update(*corev1.Event) (*corev1.Event, error) {
	return nil, errors.ErrUnsupported
}

func eventsOf(e *corev1.Event) string { return "/api/v1/namespaces/" + e.Namespace + "/events" }

// send returns a StatusError for an answer that refuses, since the broadcaster tries again what is none.
func (s *eventSink) send(method, path, media string, body []byte) (*corev1.Event, error) {
	ctx, cancel := context.WithTimeout(s.ctx, eventTimeout)
	defer cancel()
	c := *s.session.client.Load()
	c.limit = s.limit
	a, err := c.send(ctx, method, path, media, body)
	if err != nil {
		return nil, err
	}
	if a.Code/100 != 2 {
		return nil, s.refused(method, a)
	}
	var e corev1.Event
	return &e, json.Unmarshal(a.Body, &e)
}

func (s *eventSink) refused(method string, a httpx.Answer) error {
	if a.Code == http.StatusForbidden {
		s.say.Do(func() {
			_ = level.Warn(s.session.logger).Log("msg", `no Events are written of what is scaled: the role must grant create and patch on events in the API group "", the core API group; events: false in the driver's block leaves them out`,
				"err", statusOf(a).said(a.Code))
		})
	}
	return statusError(method, "events", a)
}

// statusError is an answer that refuses, as client-go's code knows it.
func statusError(method, resource string, a httpx.Answer) error {
	err := &apierrors.StatusError{}
	if json.Unmarshal(a.Body, &err.ErrStatus) != nil || err.ErrStatus.Kind != "Status" {
		return apierrors.NewGenericServerResponse(a.Code, method, schema.GroupResource{Resource: resource}, "", "", 0, false)
	}
	err.ErrStatus.Status, err.ErrStatus.Code = metav1.StatusFailure, int32(a.Code) //nolint:gosec // of HTTP
	return err
}
