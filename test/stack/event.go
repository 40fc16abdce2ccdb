package stack

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// WaitEvent waits for an Event of alertscale about an object whose type, reason and message begin so: "Warning Owned …". It
// is to be the object's own, by its uid.
func (c *Client) WaitEvent(t T, about Object, want string, timeout time.Duration) {
	t.Helper()
	api := c.Dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "events"}).Namespace(about.Namespace)
	kind, _, _ := strings.Cut(about.Kind, ".")
	Eventually(t, timeout, func() error {
		all, err := api.List(t.Context(), metav1.ListOptions{})
		if err != nil {
			return err
		}
		var told []string
		for _, e := range all.Items {
			text := func(path ...string) string { s, _, _ := unstructured.NestedString(e.Object, path...); return s }
			of := Object{Kind: text("involvedObject", "kind"), Namespace: about.Namespace, Name: text("involvedObject", "name")}
			if text("source", "component") == "alertscale" && of == (Object{kind, about.Namespace, about.Name}) && text("involvedObject", "uid") != "" {
				told = append(told, text("type")+" "+text("reason")+" "+text("message"))
			}
		}
		if !slices.ContainsFunc(told, func(s string) bool { return strings.HasPrefix(s, want) }) {
			return fmt.Errorf("Events of %s are %q, none begins with %q", about, told, want)
		}
		return nil
	})
}
