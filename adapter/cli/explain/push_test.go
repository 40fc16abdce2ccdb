package explain

import (
	"strings"
	"testing"
)

func TestPush(t *testing.T) {
	const config = "testdata/upgrades.yml"
	given := []string{
		"kubernetes:Deployment/shop/web=app=acme/web:1.2", "kubernetes:Deployment/shop/web=proxy=envoy:1", "legacy:service/shop/web=acme/web:1.3", "legacy:service/shop/db=postgres:16",
	}
	for name, o := range map[string]Options{
		"push":          {Payload: "testdata/push.json", Images: given},
		"push-json":     {Payload: "testdata/push.json", Images: given, JSON: true},
		"push-no-image": {Payload: "testdata/push.json"},
		"push-none":     {Payload: "-", In: strings.NewReader(`{"zen": "Design for failure."}`)},
	} {
		o.Config, o.Hook = config, "push"
		golden(t, name+".txt", output(o))
	}
	var faults strings.Builder
	for _, o := range []Options{
		{Hook: "push"},
		{Hook: "push", Payload: "testdata/push.json", URL: "http://x"},
		{Hook: "push", Payload: "testdata/none.json"},
		{Hook: "push", Payload: "testdata/two.json"},
		{Hook: "deploy", Payload: "testdata/push.json"},
		{Hook: "push", Payload: "testdata/push.json", Images: []string{"web=1"}},
		{Payload: "testdata/push.json", Images: []string{"k:D/a/b=x"}},
	} {
		o.Config = config
		faults.WriteString(output(o))
	}
	golden(t, "push-faults.txt", faults.String())
}
