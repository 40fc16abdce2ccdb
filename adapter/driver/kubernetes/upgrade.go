package kubernetes

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/httpx"
	"alertscale/rules"
	"alertscale/rules/upgrade"
)

var _ controller.Upgrader = (*Driver)(nil)

// upgradable is the kinds whose pods get another image as their update strategy says. All are of the group apps.
func upgradable() []string { return []string{"DaemonSet", "Deployment", "StatefulSet"} }

// restartedAt is what kubectl rollout restart writes, too: another value makes the pods again.
const restartedAt = "kubectl.kubernetes.io/restartedAt"

// podOwner is a workload, as far as its images go.
type podOwner struct {
	Kind     string `json:"kind"`
	Metadata struct {
		ResourceVersion string `json:"resourceVersion"`
		UID             string `json:"uid"`
	} `json:"metadata"`
	Spec struct {
		Template struct {
			Metadata struct {
				Annotations map[string]string `json:"annotations"`
			} `json:"metadata"`
			Spec struct {
				Containers     []container `json:"containers"`
				InitContainers []container `json:"initContainers"`
			} `json:"spec"`
		} `json:"template"`
	} `json:"spec"`
}

type container struct {
	Name  string `json:"name"`
	Image string `json:"image"`
}

// podOwner returns the call about a workload itself.
func (d *Driver) podOwner(ctx context.Context, ref rules.Ref, write bool) (call, error) {
	k := kind{ref: ref.Kind, name: ref.Kind, grouped: true, group: "apps", field: true}
	return d.resolved(ctx, call{ref: ref, kind: k, write: write, whole: true})
}

// ReadWorkload reads the images of a workload's containers, those that run first among them, with one GET. It always takes an
// upgrade: the controllers of Kubernetes go on from where the one before has come to.
func (d *Driver) ReadWorkload(ctx context.Context, ref rules.Ref) (upgrade.Workload, error) {
	c, err := d.podOwner(ctx, ref, false)
	if err != nil {
		return upgrade.Workload{}, err
	}
	a, err := d.client.get(ctx, c.path(), mediaJSON)
	if err != nil {
		return upgrade.Workload{}, d.recovery.Note(err)
	}
	if a.Code != http.StatusOK {
		return upgrade.Workload{}, d.refusal(c, a)
	}
	var o podOwner
	if json.Unmarshal(a.Body, &o) != nil || o.Kind != c.kind.name || o.Metadata.ResourceVersion == "" {
		return upgrade.Workload{}, d.unexpected(c, a, c.kind.name)
	}
	d.saw(c, o.Metadata.UID)
	return o.seen(), nil
}

// seen is what is told of the workload. Its version has the names of the containers that run first, which no other one of the
// workload has: a change of their images is written elsewhere.
func (o *podOwner) seen() upgrade.Workload {
	pod := &o.Spec.Template
	w := upgrade.Workload{Version: o.Metadata.ResourceVersion, Phase: upgrade.Idle, Restarts: pod.Metadata.Annotations[restartedAt]}
	for _, c := range pod.Spec.Containers {
		w.Containers = append(w.Containers, upgrade.Container(c))
	}
	for _, c := range pod.Spec.InitContainers {
		w.Containers = append(w.Containers, upgrade.Container(c))
		w.Version += "/" + c.Name
	}
	return w
}

// Upgrade sets images, or the annotation by which pods are made again, with one PATCH, which the API server carries out only if
// nothing about the workload changed since c.Version.
func (d *Driver) Upgrade(ctx context.Context, ref rules.Ref, change upgrade.Change) error {
	c, err := d.podOwner(ctx, ref, true)
	if err != nil {
		return err
	}
	if change.Version == "" {
		return fmt.Errorf("%w: %s: a change needs the version that was read", controller.ErrInvalid, c)
	}
	a, err := d.client.send(ctx, http.MethodPatch, c.path(), mediaStrategicPatch, imagePatch(change))
	if err != nil {
		return d.recovery.Note(err)
	}
	if a.Code != http.StatusOK {
		return d.refusal(c, a)
	}
	var o podOwner
	if json.Unmarshal(a.Body, &o) != nil || o.Kind != c.kind.name {
		return d.unexpected(c, a, c.kind.name)
	}
	return nil // what an admission webhook made of an image, such as its digest, is its business
}

// imagePatch is a strategic merge patch, in which containers are known by their names.
func imagePatch(c upgrade.Change) []byte {
	version, first, _ := strings.Cut(c.Version, "/")
	pod := map[string][]container{}
	for _, image := range c.Images {
		list := "containers"
		if slices.Contains(strings.Split(first, "/"), image.Name) {
			list = "initContainers"
		}
		pod[list] = append(pod[list], container(image))
	}
	template := map[string]any{"spec": pod}
	if c.Restart {
		template["metadata"] = map[string]any{"annotations": map[string]string{restartedAt: c.At.UTC().Format(time.RFC3339Nano)}}
	}
	body, _ := json.Marshal(map[string]any{ // of texts it cannot fail
		"metadata": map[string]string{"resourceVersion": version}, "spec": map[string]any{"template": template},
	})
	return body
}

// mediaNames asks for a list without what its objects are beside their names.
const mediaNames = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

// FindWorkloads lists the workloads of each kind that have labels, with a GET for each kind.
func (d *Driver) FindWorkloads(ctx context.Context, w upgrade.Where) ([]rules.Ref, error) {
	var all []rules.Ref
	for _, kind := range upgradable() {
		found, err := d.named(ctx, kind, w)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func (d *Driver) named(ctx context.Context, kind string, w upgrade.Where) (all []rules.Ref, err error) {
	c := call{ref: rules.Ref{Kind: kind, Namespace: w.Namespace, Name: "any"}, list: true, whole: true}
	c.kind = refKind(kind + ".apps")
	c.kind.field = true
	if c.resource, err = d.discovery.resolve(ctx, c.kind); err != nil {
		return nil, d.unresolved(c.kind, err)
	}
	labels := map[string]string{}
	for _, l := range w.Selector {
		labels[l.Name] = l.Value
	}
	var terms []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		terms = append(terms, name+"="+labels[name])
	}
	query := url.Values{"labelSelector": {strings.Join(terms, ",")}, "limit": {strconv.Itoa(upgrade.MaxWorkloads + 1)}}
	a, err := d.client.get(ctx, c.path()+"?"+query.Encode(), mediaNames)
	if err != nil {
		return nil, d.recovery.Note(err)
	}
	if a.Code != http.StatusOK {
		return nil, d.refusal(c, a)
	}
	return d.namesIn(c, a)
}

// namesIn reads a list of names.
func (d *Driver) namesIn(c call, a httpx.Answer) (all []rules.Ref, err error) {
	var list struct {
		Kind  string `json:"kind"`
		Items []struct {
			Metadata struct {
				Namespace string `json:"namespace"`
				Name      string `json:"name"`
			} `json:"metadata"`
		} `json:"items"`
	}
	if json.Unmarshal(a.Body, &list) != nil || list.Kind != "PartialObjectMetadataList" {
		return nil, d.unexpected(c, a, "list of names")
	}
	for _, item := range list.Items {
		all = append(all, rules.Ref{Kind: c.ref.Kind, Namespace: item.Metadata.Namespace, Name: item.Metadata.Name})
	}
	return all, nil
}
