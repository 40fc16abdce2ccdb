package main

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func (b *bench) evacuate(host thing) answer {
	b.t.Helper()
	return b.env.call("POST", "externalhostevents", thing{"eventType": "host.evacuate", "hostId": id(host), "deleteHost": true})
}

// host makes a host and waits for it.
func (b *bench) host(name string) thing {
	b.t.Helper()
	return b.in(b.create("hosts", thing{
		"hostname": name, "fooConfig": thing{"fooBar": "x", "diskSize": "10"}, "labels": thing{"pool": "web"},
	}), "active")
}

func TestHostCreation(t *testing.T) {
	b := newBench(t)
	made := b.create("hosts", thing{"hostname": "web01", "fooConfig": thing{"fooBar": "x", "diskSize": "10"}, "labels": thing{"pool": "web"}})
	b.has(made, thing{"state": "registering", "hostname": "web01", "name": nil, "agentState": nil, "physicalHostId": nil})
	assert.Equal(t, thing{"type": "fooConfig", "fooBar": "x", "diskSize": "10"}, made["fooConfig"])
	b.pass(time.Second)
	b.offers(b.looks(made, thing{"state": "provisioning"}), "remove")
	host := b.in(made, "active")
	b.has(host, thing{"hostname": "web01", "labels": thing{"pool": "web"}, "agentState": "active"})
	assert.NotContains(t, []any{nil, "", "web01"}, host["name"], "the machine has its own")
	b.offers(host, "evacuate", "deactivate")
	assert.NotContains(t, host["actions"], "remove")

	whole := maps.Clone(host)
	whole["name"], whole["hostname"] = "", "web02"
	b.refused(b.env.call("POST", "hosts", whole), 422, "MinLengthExceeded", "name")
	b.refused(b.env.call("POST", "hosts", thing{"hostname": "web02"}), 422, "DriverConfigExactlyOneRequired", nil)
	two := thing{"hostname": "web02", "fooConfig": thing{}, "barConfig": thing{}}
	b.refused(b.env.call("POST", "hosts", two), 422, "DriverConfigExactlyOneRequired", nil)

	delete(whole, "name")
	clone := b.create("hosts", whole)
	assert.NotEqual(t, id(host), id(clone))
	b.has(clone, thing{"hostname": "web02", "labels": thing{"pool": "web"}, "state": "registering"})
	b.has(clone["fooConfig"].(thing), thing{"diskSize": "10"})
	b.has(b.in(clone, "active"), thing{"hostname": "web02", "labels": thing{"pool": "web"}})
	b.create("hosts", thing{"hostname": "web02", "fooConfig": thing{}}) // nobody minds
}

func TestHostTemplate(t *testing.T) {
	b := newBench(t)
	template := b.settled(b.create("hosttemplates", thing{"name": "small", "driver": "foo", "publicValues": thing{"fooConfig": thing{}}}))
	host := b.in(b.create("hosts", thing{"hostname": "web01", "hostTemplateId": id(template)}), "active")
	b.has(host, thing{"hostTemplateId": id(template), "fooConfig": nil})
	b.refused(b.env.call("POST", "hosts", thing{"hostname": "web02", "hostTemplateId": "1ht99"}), 422, "InvalidReference", "hostTemplateId")
}

func TestHostNotYetUp(t *testing.T) {
	b := newBench(t)
	host := b.in(b.create("hosts", thing{"hostname": "web01", "fooConfig": thing{}}), "provisioning")
	assert.Equal(t, 201, b.evacuate(host).status)
	b.pass(3 * time.Second)
	b.looks(host, thing{"state": "provisioning"})
	got := b.env.call("DELETE", self(host), nil)
	assert.Equal(t, 200, got.status)
	b.has(got.body, thing{"state": "removing"})
	assert.NotNil(t, b.in(host, "removed")["removed"])
}

func TestEvacuation(t *testing.T) {
	b := newBench(t)
	host := b.host("web01")
	s := b.service(thing{"scale": 6})
	b.refused(b.env.call("DELETE", self(host), nil), 405, "Method not allowed", nil)
	got := b.evacuate(host)
	assert.Equal(t, 201, got.status)
	b.has(got.body, thing{"type": "externalHostEvent", "state": "creating", "hostId": id(host), "deleteHost": true})
	b.pass(300 * time.Millisecond)
	b.looks(host, thing{"state": "deactivating"})
	b.pass(200 * time.Millisecond)
	b.looks(host, thing{"state": "inactive"})
	assert.NotNil(t, b.in(host, "purged")["removed"])
	b.looks(got.body, thing{"state": "created"})
	assert.Equal(t, 6, b.running(s), "its containers are elsewhere")
	for _, one := range b.env.list("hosts?sort=created&order=desc") {
		assert.NotEqual(t, id(host), id(one))
	}
	assert.Equal(t, 201, b.evacuate(host).status, "nothing comes of a second one")
	b.pass(time.Minute)
	b.looks(host, thing{"state": "purged"})
	b.refused(b.evacuate(thing{"id": "1h999999"}), 422, "InvalidReference", "hostId")
}

func TestEvacuationOfWhatIsOff(t *testing.T) {
	b := newBench(t)
	host := b.host("web01")
	b.act(host, "deactivate", thing{})
	b.offers(b.in(host, "inactive"), "activate", "remove")
	b.evacuate(host)
	b.in(host, "purged")

	lost := b.host("web02")
	b.server.SetAgent(id(lost), "disconnected")
	now := b.looks(lost, thing{"state": "disconnected", "agentState": "disconnected", "transitioning": "no"})
	b.offers(now, "evacuate", "deactivate")
	b.evacuate(lost)
	b.pass(6 * time.Second)
	b.looks(lost, thing{"state": "deactivating"})
	b.pass(1100 * time.Millisecond)
	b.looks(lost, thing{"state": "purged"})
}

func TestEvacuationByLabel(t *testing.T) {
	b := newBench(t)
	one, two := b.host("web01"), b.host("web02")
	all := func(label string) answer {
		return b.env.call("POST", "externalhostevents", thing{"eventType": "host.evacuate", "hostLabel": label, "deleteHost": true})
	}
	assert.Equal(t, 201, all("pool=db").status)
	b.pass(5 * time.Second)
	assert.Len(t, b.env.list("hosts"), 4)
	assert.Equal(t, 201, all("pool=web").status)
	b.in(one, "purged")
	b.in(two, "purged")
	assert.Len(t, b.env.list("hosts"), 2)
}

func TestHostLabels(t *testing.T) {
	b := newBench(t)
	host := b.host("web01")
	b.has(b.put(host, thing{"labels": thing{"pool": "db"}, "hostname": "other"}).body, thing{"state": "updating-active"})
	b.has(b.settled(host), thing{"state": "active", "labels": thing{"pool": "db"}, "hostname": "web01"})
}
