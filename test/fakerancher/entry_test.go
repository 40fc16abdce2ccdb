package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"alertscale/test/fakerancher/rancher"
)

func TestEntry(t *testing.T) {
	b := newBench(t)
	got := b.env.call("GET", "", nil)
	assert.Equal(t, http.StatusOK, got.status)
	assert.Equal(t, b.base+"/schemas", got.header.Get("X-API-Schemas"))
	assert.Equal(t, b.project, got.header.Get("X-API-ACCOUNT-ID"))
	assert.Equal(t, "project", got.header.Get("X-API-ACCOUNT-KIND"))
	assert.Equal(t, b.base+"/hosttemplates", got.body["links"].(thing)["hostTemplates"])

	schemas := map[string]thing{}
	for _, one := range b.env.list("schemas") {
		schemas[id(one)] = one
	}
	for _, kind := range []string{"service", "host", "stack", "loadBalancerService"} {
		assert.Contains(t, schemas[kind]["resourceMethods"], "PUT", kind)
		assert.Equal(t, b.base+"/"+strings.ToLower(kind)+"s", schemas[kind]["links"].(thing)["collection"])
	}
	assert.Contains(t, schemas["externalHostEvent"]["collectionMethods"], "POST")
	fields := schemas["service"]["resourceFields"].(thing)
	b.has(fields["scale"].(thing), thing{"type": "int", "min": 0, "update": true})
	b.has(fields["currentScale"].(thing), thing{"update": false})
	b.has(b.env.get("schemas/service"), thing{"id": "service", "type": "schema"})

	v1 := strings.Replace(b.base, "/v2-beta", "/v1", 1)
	got = b.env.call("GET", v1, nil)
	assert.Equal(t, http.StatusOK, got.status)
	assert.Equal(t, v1+"/schemas", got.header.Get("X-API-Schemas"))
	b.refused(b.env.call("GET", "nonsense", nil), 404, "Not Found", nil)
	b.refused(b.env.call("POST", "launchconfigs", thing{}), 405, "Method not allowed", nil)
	b.refused(b.env.call("DELETE", "services", nil), 405, "Method not allowed", nil)
}

func TestProjects(t *testing.T) {
	b := newBench(t)
	s, p := b.service(nil), b.project
	got := b.env.call("GET", "projects/"+p+"/services/"+id(s), nil)
	assert.Equal(t, b.base+"/projects/"+p+"/services/"+id(s), self(got.body))
	assert.Equal(t, b.base+"/projects/"+p+"/schemas", got.header.Get("X-API-Schemas"))
	got = b.env.call("GET", "projects/"+p, nil)
	assert.Equal(t, b.base+"/schemas", got.header.Get("X-API-Schemas"), "a project alone is no context")
	b.has(got.body, thing{"type": "project", "baseType": "account", "id": p, "state": "active"})
	b.refused(b.env.call("GET", "projects/1a99999/services", nil), 403, "Forbidden", nil)

	assert.Empty(t, b.user.list("services"), "an account without a project has none")
	assert.Len(t, b.user.list("projects"), 1)
	assert.Equal(t, 200, b.user.call("GET", "projects/"+p+"/services/"+id(s), nil).status)
	b.refused(b.user.call("GET", "services/"+id(s), nil), 404, "Not Found", nil)
	assert.Equal(t, 200, b.user.call("GET", "services/"+id(s)+"?projectId="+p, nil).status)
	b.user.headers["X-API-Project-Id"] = p
	got = b.user.call("GET", "services/"+id(s), nil)
	assert.Equal(t, 200, got.status)
	assert.Equal(t, p, got.header.Get("X-API-ACCOUNT-ID"))
	assert.Equal(t, "user", got.header.Get("X-API-ACCOUNT-KIND"))
	assert.NotEqual(t, p, got.header.Get("X-API-USER-ID"))
}

func TestKeys(t *testing.T) {
	b := newBench(t)
	got := b.nobody.call("GET", "services", nil)
	b.refused(got, 401, "Unauthorized", nil)
	assert.True(t, strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Basic realm="))
	assert.Empty(t, got.header.Get("X-API-ACCOUNT-ID"))
	wrong := b.client(rancher.Key{Access: b.server.ProjectKey().Access, Secret: "x"})
	b.refused(wrong.call("GET", "services", nil), 401, "Unauthorized", nil)
	b.refused(b.env.call("GET", "projects/1a5/services", nil), 403, "Forbidden", nil)
}

func TestRefusedValues(t *testing.T) {
	b := newBench(t)
	s := b.service(thing{"scale": 1})
	b.refused(b.put(s, thing{"scale": -1}), 422, "MinLimitExceeded", "scale")
	b.refused(b.put(s, thing{"scale": "many"}), 422, "InvalidFormat", "scale")
	broken := b.put(s, `{"scale":`)
	b.refused(broken, 400, "InvalidBodyContent", nil)
	assert.Empty(t, broken.header.Get("X-API-ACCOUNT-ID"), "the body is read before the key is")
	b.refused(b.env.call("PATCH", self(s), thing{"scale": 2}), 405, "Method not allowed", nil)
	b.looks(s, thing{"state": "active", "scale": 1})
	for _, one := range []struct {
		sent any
		read int
	}{{"3", 3}, {2.5, 2}} {
		b.put(s, thing{"scale": one.sent})
		b.has(b.settled(s), thing{"scale": one.read, "currentScale": one.read})
	}
	assert.Equal(t, 200, b.put(s, thing{"scale": nil}).status)
	b.looks(s, thing{"state": "active", "scale": 2})
	b.put(s, thing{"currentScale": 9, "nonsense": 1})
	b.has(b.settled(s), thing{"scale": 2, "currentScale": 2})
	assert.Equal(t, 202, b.env.call("POST", self(s)+"/?action=update", thing{"scale": 5}).status)
	b.has(b.settled(s), thing{"scale": 2, "currentScale": 2})
	b.refused(b.env.call("POST", self(s)+"/?action=nonsense", thing{}), 422, "InvalidAction", "action")
	b.refused(b.env.call("POST", self(s)+"/?action=finishupgrade", thing{}), 422, "ActionNotAvailable", "action")
	b.refused(b.env.call("GET", "services/1s999999", nil), 404, "Not Found", nil)

	assert.Equal(t, 200, b.put(s, thing{"scale": 2147483648}).status, "it takes what it cannot do")
	b.pass(3 * time.Second)
	b.looks(s, thing{"state": "updating-active", "scale": 2147483648, "currentScale": 2, "transitioning": "error"})
	require.Equal(t, 200, b.put(s, thing{"scale": 1}).status)
	b.has(b.settled(s), thing{"state": "active", "scale": 1, "currentScale": 1})
}
