package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/httpx"
)

// feed is where an informer gets the autoscalers of a kind from. It reads of each what a claim has: decoded as a whole,
// ten thousand take some hundred MiB for a moment. It asks with the credentials of the newest driver, and has no part in
// the limit of its requests.
type feed struct {
	session *session
	kind    string
	gvr     schema.GroupVersionResource
}

func (f *feed) client() *client {
	c := *f.session.client.Load()
	c.limit = controller.NewTurns(func(context.Context) error { return nil })
	return &c
}

func (f *feed) path(q url.Values) string {
	return groupVersion{f.gvr.Group, f.gvr.Version}.path() + "/" + f.gvr.Resource + "?" + q.Encode()
}

// list returns a page. A server that may answer from its cache does so with all at once, so it is not let.
func (f *feed) list(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
	q := url.Values{"limit": {strconv.FormatInt(o.Limit, 10)}, "continue": {o.Continue}}
	if o.ResourceVersion != "0" {
		q.Set("resourceVersion", o.ResourceVersion)
	}
	a, err := f.client().get(ctx, f.path(q), mediaJSON)
	if err != nil {
		return nil, err
	}
	if a.Code != http.StatusOK {
		return nil, statusError(http.MethodGet, f.gvr.Resource, a)
	}
	var page struct {
		Metadata metav1.ListMeta `json:"metadata"`
		Items    []autoscaler    `json:"items"`
	}
	if err := tolerant(json.Unmarshal(a.Body, &page)); err != nil {
		return nil, err
	}
	all := &claims{ListMeta: page.Metadata, Items: make([]claim, 0, len(page.Items))}
	for i := range page.Items {
		all.Items = append(all.Items, page.Items[i].claim(f.kind))
	}
	return all, nil
}

// tolerant passes over a field of another type than it should have: what else there is was read.
func tolerant(err error) error {
	if odd := (*json.UnmarshalTypeError)(nil); errors.As(err, &odd) {
		return nil
	}
	return err
}

// watch follows what becomes of the autoscalers, until ctx ends.
func (f *feed) watch(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	q := url.Values{"watch": {"true"}, "allowWatchBookmarks": {"true"}, "resourceVersion": {o.ResourceVersion}}
	if o.SendInitialEvents != nil {
		q.Set("sendInitialEvents", strconv.FormatBool(*o.SendInitialEvents))
		q.Set("resourceVersionMatch", string(o.ResourceVersionMatch))
	}
	if o.TimeoutSeconds != nil {
		q.Set("timeoutSeconds", strconv.FormatInt(*o.TimeoutSeconds, 10))
	}
	c := f.client()
	req, err := httpx.NewRequest(ctx, http.MethodGet, c.base+f.path(q), nil)
	if err != nil {
		return nil, err
	}
	req.Header["Accept"] = []string{mediaJSON}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // the status says enough
		return nil, statusError(http.MethodGet, f.gvr.Resource, httpx.Answer{Code: resp.StatusCode, Header: resp.Header, Body: body})
	}
	return watch.NewStreamWatcher(&stream{kind: f.kind, body: resp.Body, from: json.NewDecoder(resp.Body)}, reporter{}), nil
}

// stream reads what a watch brings.
type stream struct {
	kind string
	body io.Closer
	from *json.Decoder
}

// Decode implements watch.Decoder.
func (s *stream) Decode() (watch.EventType, runtime.Object, error) {
	var next struct {
		Type   watch.EventType `json:"type"`
		Object json.RawMessage `json:"object"`
	}
	if err := s.from.Decode(&next); err != nil {
		return "", nil, err
	}
	if next.Type == watch.Error {
		status := &metav1.Status{}
		return next.Type, status, json.Unmarshal(next.Object, status)
	}
	var a autoscaler
	if err := tolerant(json.Unmarshal(next.Object, &a)); err != nil {
		return "", nil, err
	}
	c := a.claim(s.kind)
	if next.Type == watch.Bookmark {
		c.Annotations = a.Metadata.Annotations // they say where what was there at the beginning ends
	}
	return next.Type, &c, nil
}

// Close implements watch.Decoder.
func (s *stream) Close() { _ = s.body.Close() }

// reporter makes an Event of an error of a stream.
type reporter struct{}

// AsObject implements watch.Reporter.
func (reporter) AsObject(err error) runtime.Object {
	return &metav1.Status{Status: metav1.StatusFailure, Message: err.Error(), Code: http.StatusInternalServerError, Reason: metav1.StatusReasonInternalError}
}
