package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"alertscale/adapter/driver/internal/httpx"
)

// mediaDiscovery asks for all kinds at once, which API servers know since 1.26, and takes the list
// of groups where they do not.
const mediaDiscovery = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList," +
	"application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList," + mediaJSON

// index is the answer of /api or /apis in any of its three forms, as far as it is of use here.
type index struct {
	Items []struct { // APIGroupDiscoveryList
		Metadata struct {
			Name string `json:"name"`
		} `json:"metadata"`
		Versions []groupIndex `json:"versions"`
	} `json:"items"`
	Groups []struct { // APIGroupList
		Name      string `json:"name"`
		Preferred struct {
			Version string `json:"version"`
		} `json:"preferredVersion"`
		Versions []struct {
			Version string `json:"version"`
		} `json:"versions"`
	} `json:"groups"`
	Versions []string `json:"versions"` // APIVersions, of the core group
}

type groupIndex struct {
	Version   string `json:"version"`
	Freshness string `json:"freshness"`
	Resources []struct {
		Resource     string `json:"resource"`
		ResponseKind struct {
			Kind string `json:"kind"`
		} `json:"responseKind"`
		Scope        string `json:"scope"`
		Subresources []struct {
			Subresource string `json:"subresource"`
		} `json:"subresources"`
	} `json:"resources"`
}

// resourceList is the answer of /apis/group/version.
type resourceList struct {
	Resources []struct {
		Name       string `json:"name"`
		Kind       string `json:"kind"`
		Namespaced bool   `json:"namespaced"`
	} `json:"resources"`
}

// refused is an answer to a question of discovery that is none.
type refused struct {
	path string
	httpx.Answer
	status status
	advice string
}

func (r *refused) Error() string {
	return fmt.Sprintf("%s answered %s%s", r.path, r.status.said(r.Code), r.advice)
}

// gone reports whether there is nothing where discovery looked, of which only the API server knows.
func gone(err error) bool {
	r := (*refused)(nil)
	return errors.As(err, &r) && r.Code == http.StatusNotFound && !r.status.rancher && !r.status.page
}

// resources asks the API server for all kinds that it has, and tells of which group versions it
// could not say. An error is a *refused, or that there was no answer.
func (c *client) resources(ctx context.Context) (found table, missing []groupVersion, err error) {
	found = table{}
	for _, root := range []string{"/api", "/apis"} {
		var doc index
		if err := c.document(ctx, root, mediaDiscovery, &doc); err != nil {
			if root == "/api" && gone(err) {
				continue // a server of custom resources only
			}
			return nil, nil, err
		}
		missing = append(missing, found.addIndex(doc)...)
		more, err := c.addGroups(ctx, found, doc)
		if err != nil {
			return nil, nil, err
		}
		missing = append(missing, more...)
	}
	return found, missing, nil
}

// document reads a JSON document.
func (c *client) document(ctx context.Context, path, accept string, into any) error {
	a, err := c.get(ctx, path, accept)
	if err != nil {
		return err
	}
	if a.Code != http.StatusOK || json.Unmarshal(a.Body, into) != nil {
		s := statusOf(a)
		return &refused{path, a, s, c.advice(a, s)}
	}
	return nil
}

// addIndex adds what a server tells at once, and returns what it could not refresh.
func (t table) addIndex(doc index) (missing []groupVersion) {
	for _, g := range doc.Items {
		for _, v := range g.Versions {
			gv := groupVersion{g.Metadata.Name, v.Version}
			if v.Freshness == "Stale" {
				missing = append(missing, gv)
			}
			t.addVersion(gv, v)
		}
	}
	return missing
}

func (t table) addVersion(gv groupVersion, v groupIndex) {
	for _, r := range v.Resources {
		found := resource{group: gv.group, version: gv.version, name: r.Resource, namespaced: r.Scope == "Namespaced"}
		for _, sub := range r.Subresources {
			found.scale = found.scale || sub.Subresource == "scale"
		}
		t.add(r.ResponseKind.Kind, found)
	}
}

// addGroups asks an older server for each of its group versions. One that does not answer in time
// must not keep the others from being found.
func (c *client) addGroups(ctx context.Context, t table, doc index) ([]groupVersion, error) {
	const atOnce, patience = 8, 10 * time.Second
	all := doc.groupVersions()
	lists, errs := make([]resourceList, len(all)), make([]error, len(all))
	var workers errgroup.Group
	workers.SetLimit(atOnce)
	for i, gv := range all {
		workers.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			errs[i] = c.document(ctx, gv.path(), mediaJSON, &lists[i])
			return nil
		})
	}
	_ = workers.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var missing []groupVersion
	for i, gv := range all {
		if gone(errs[i]) {
			continue // since the groups were listed
		}
		if errs[i] != nil {
			missing = append(missing, gv)
		}
		t.addList(gv, lists[i])
	}
	return missing, nil
}

func (doc index) groupVersions() []groupVersion {
	var all []groupVersion
	for _, version := range doc.Versions {
		all = append(all, groupVersion{"", version})
	}
	for _, g := range doc.Groups {
		first := len(all)
		for _, v := range g.Versions {
			all = append(all, groupVersion{g.Name, v.Version})
		}
		slices.SortStableFunc(all[first:], func(a, b groupVersion) int {
			return rank(a.version != g.Preferred.Version) - rank(b.version != g.Preferred.Version)
		})
	}
	return all
}

func rank(later bool) int {
	if later {
		return 1
	}
	return 0
}

func (t table) addList(gv groupVersion, list resourceList) {
	for _, r := range list.Resources {
		if strings.Contains(r.Name, "/") {
			continue
		}
		scale := r.Name + "/scale"
		found := resource{group: gv.group, version: gv.version, name: r.Name, namespaced: r.Namespaced}
		for _, sub := range list.Resources {
			found.scale = found.scale || sub.Name == scale
		}
		t.add(r.Kind, found)
	}
}

// path is where the API of a group version begins.
func (gv groupVersion) path() string {
	if gv.group == "" {
		return "/api/" + gv.version
	}
	return "/apis/" + gv.group + "/" + gv.version
}
