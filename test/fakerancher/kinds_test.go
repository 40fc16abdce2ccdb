package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNumbersThatMeanNothing(t *testing.T) {
	b := newBench(t)
	global := thing{"imageUuid": "sim:g", "labels": thing{"io.rancher.scheduler.global": "true"}}
	s := b.service(thing{"launchConfig": global})
	require.Equal(t, 2, b.running(s), "one on each host")
	got := b.put(s, thing{"scale": 5})
	assert.Equal(t, 200, got.status)
	b.has(got.body, thing{"scale": 5})
	b.has(b.settled(s), thing{"state": "active", "scale": 5, "currentScale": 2})
	assert.Equal(t, 2, b.running(s))

	s = b.service(thing{"scalePolicy": thing{"min": 1, "max": 4, "increment": 1}})
	assert.Equal(t, 200, b.put(s, thing{"scale": 2}).status)
	b.has(b.settled(s), thing{"state": "active", "scale": 2, "currentScale": 4})
	got = b.put(s, thing{"scalePolicy": thing{"min": 5, "max": 4}})
	assert.Equal(t, 422, got.status)
	assert.Equal(t, "MaxLimitExceeded", got.body["code"])

	ext := b.settled(b.create("externalservices", thing{"name": "ext", "stackId": id(b.stack), "hostname": "a.example"}))
	got = b.put(ext, thing{"scale": 2})
	assert.Equal(t, 200, got.status)
	assert.NotContains(t, got.body, "scale")
	b.looks(ext, thing{"type": "externalService", "state": "inactive"})
}

func TestStuck(t *testing.T) {
	b := newBench(t)
	ports := thing{"imageUuid": "sim:port", "ports": []string{"80:80/tcp"}}
	s := b.service(thing{"scale": 1, "launchConfig": ports})
	b.put(s, thing{"scale": 4})
	now := b.until(s, func(now thing) bool { return now["transitioning"] == "error" })
	b.has(now, thing{"state": "updating-active", "scale": 4, "currentScale": 1, "healthState": "degraded"})
	assert.Contains(t, now["transitioningMessage"], "host needs ports 80/tcp available")
	assert.Equal(t, 2, b.running(s), "what has a host came up")
	b.pass(time.Second)
	b.looks(s, thing{"transitioning": "yes"})
	b.pass(time.Second)
	b.looks(s, thing{"transitioning": "error"})
	assert.Equal(t, 200, b.put(s, thing{"scale": 1}).status)
	now = b.in(s, "active")
	b.has(now, thing{"scale": 1, "currentScale": 1, "transitioning": "no", "healthState": "healthy"})
	assert.Len(t, now["publicEndpoints"], 1)
}

func TestSidekicks(t *testing.T) {
	b := newBench(t)
	s := b.service(thing{
		"launchConfig":           thing{"imageUuid": "sim:w", "labels": thing{"io.rancher.sidekicks": "side"}},
		"secondaryLaunchConfigs": []thing{{"name": "side", "imageUuid": "sim:side"}},
	})
	assert.Equal(t, 4, b.running(s))
	b.put(s, thing{"scale": 3})
	b.has(b.settled(s), thing{"scale": 3, "currentScale": 3})
	assert.Equal(t, 6, b.running(s))
}

func TestBalancer(t *testing.T) {
	b := newBench(t)
	lb := b.settled(b.create("loadbalancerservices", thing{
		"name": "lb", "stackId": id(b.stack), "scale": 1, "startOnCreate": true,
		"launchConfig": thing{"imageUuid": "sim:lb", "ports": []string{"8099:80"}}, "lbConfig": thing{"portRules": []any{}},
	}))
	seen := b.env.get("services/" + id(lb))
	b.has(seen, thing{"type": "loadBalancerService", "baseType": "service", "healthState": "initializing"})
	assert.Equal(t, b.base+"/loadbalancerservices/"+id(lb), self(seen))
	assert.Equal(t, 200, b.env.call("PUT", "services/"+id(lb), thing{"scale": 2}).status)
	b.has(b.settled(lb), thing{"scale": 2, "currentScale": 2})
	plain := b.service(nil)
	b.refused(b.env.call("GET", "loadbalancerservices/"+id(plain), nil), 404, "Not Found", nil)
	assert.Len(t, b.env.list("services"), 2)
	assert.Len(t, b.env.list("loadbalancerservices"), 1)
}

func TestPages(t *testing.T) {
	b := newBench(t)
	stack := b.settled(b.create("stacks", thing{"name": "pages"}))
	for i := range 250 {
		b.unsettled(thing{"name": fmt.Sprintf("p%03d", i), "stackId": id(stack), "scale": 1, "startOnCreate": false})
	}
	var sizes []int
	names := map[any]bool{}
	for next := any(b.base + "/services?stackId=" + id(stack)); next != nil; {
		page := b.env.get(next.(string))
		pagination := page["pagination"].(thing)
		next = pagination["next"]
		b.has(page, thing{"type": "collection", "resourceType": "service"})
		b.has(pagination, thing{"limit": 100, "partial": next != nil, "total": nil})
		sizes = append(sizes, len(items(page)))
		for _, one := range items(page) {
			names[one["name"]] = true
		}
	}
	assert.Equal(t, []int{100, 100, 50}, sizes)
	assert.Len(t, names, 250)
	b.pass(time.Second)
	for query, want := range map[string]int{
		"limit=1000": 250, "limit=-1": 250, "limit=0": 250, "limit=5000": 250, "limit=word": 100, "nonsense=1": 100, "scale=7": 100,
		"name=p001": 1, "name=P001": 0, "name_prefix=p00": 10, "name_like=%25p00%25": 10, "name_ne=p001&limit=1000": 249,
		"state=active": 0, "state=inactive&limit=1000": 250, "kind=service&limit=1000": 250, "removed_notnull=true": 0, "description_null=true": 100,
	} {
		assert.Len(t, b.env.list("services?stackId="+id(stack)+"&"+query), want, query)
	}
	sorted := b.env.list("services?stackId=" + id(stack) + "&sort=name&order=desc&limit=2")
	assert.Equal(t, []any{"p249", "p248"}, []any{sorted[0]["name"], sorted[1]["name"]})
	page := b.env.get("services?stackId=" + id(stack) + "&limit=2")
	assert.Equal(t, b.base+"/services?stackId="+id(stack)+"&limit=2&marker=m2", page["pagination"].(thing)["next"])
}
