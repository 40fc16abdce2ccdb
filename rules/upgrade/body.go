package upgrade

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
)

// posted is a body of any of the forms that are known. What distinguishes them is which of the fields there are.
type posted struct {
	// The plain form. Docker Hub and GitHub have an object of the name repository.
	Repository json.RawMessage `json:"repository"`
	Tag        string          `json:"tag"`
	Digest     string          `json:"digest"`
	PushedAt   json.RawMessage `json:"pushed_at"`

	PushData *struct { // Docker Hub
		Tag      string          `json:"tag"`
		PushedAt json.RawMessage `json:"pushed_at"`
	} `json:"push_data"`

	Action  string `json:"action"` // Azure, and others
	Request struct {
		Host string `json:"host"`
	} `json:"request"`
	Target *struct {
		Repository string `json:"repository"`
		Tag        string `json:"tag"`
		Digest     string `json:"digest"`
	} `json:"target"`

	DockerURL   string          `json:"docker_url"` // Quay
	UpdatedTags json.RawMessage `json:"updated_tags"`

	Type      string          `json:"type"` // Harbor, in its own form and as a CloudEvent
	OccurAt   json.RawMessage `json:"occur_at"`
	EventData *harborData     `json:"event_data"`
	Time      string          `json:"time"`
	Data      json.RawMessage `json:"data"`

	Package         *githubPackage `json:"package"` // GHCR
	RegistryPackage *githubPackage `json:"registry_package"`
	Zen             string         `json:"zen"` // of GitHub's ping
}

type harborData struct {
	Resources []struct {
		Digest      string `json:"digest"`
		Tag         string `json:"tag"`
		ResourceURL string `json:"resource_url"`
	} `json:"resources"`
}

type githubPackage struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	Type      string `json:"package_type"`
	Owner     struct {
		Login string `json:"login"`
	} `json:"owner"`
	Version struct {
		Version   string `json:"version"`
		URL       string `json:"package_url"`
		Container struct {
			Tag struct {
				Name   string `json:"name"`
				Digest string `json:"digest"`
			} `json:"tag"`
		} `json:"container_metadata"`
	} `json:"package_version"`
}

// pushes returns what a body tells of, unchecked.
func (b *posted) pushes() ([]Push, error) {
	harbor := strings.HasPrefix(b.Type, "harbor.")
	switch {
	case b.DockerURL != "":
		return b.quay()
	case b.PushData != nil:
		return b.dockerHub()
	case b.Target != nil:
		return b.azure(), nil
	case b.Package != nil:
		return b.Package.pushes(), nil
	case b.RegistryPackage != nil:
		return b.RegistryPackage.pushes(), nil
	case b.EventData != nil:
		return b.EventData.pushes(b.Type == "PUSH_ARTIFACT" || b.Type == "pushImage", scalar(b.OccurAt)), nil
	case harbor:
		var data harborData
		err := json.Unmarshal(b.Data, &data)
		return data.pushes(b.Type == "harbor.artifact.pushed", b.Time), err
	case b.Zen != "":
		return nil, nil
	}
	repository := scalar(b.Repository)
	if repository == "" {
		return nil, errors.New("the body names no repository")
	}
	return []Push{{Repository: repository, Tag: b.Tag, Digest: b.Digest, Mark: scalar(b.PushedAt)}}, nil
}

func (b *posted) dockerHub() ([]Push, error) {
	var repository struct {
		Name string `json:"repo_name"`
	}
	if json.Unmarshal(b.Repository, &repository) != nil || repository.Name == "" {
		return nil, errors.New("the body has push_data, but no repository.repo_name")
	}
	return []Push{{Repository: repository.Name, Tag: b.PushData.Tag, Mark: scalar(b.PushData.PushedAt)}}, nil
}

// azure reads a push to an Azure Container Registry, whose host is a part of the body.
func (b *posted) azure() []Push {
	if b.Action != "push" {
		return nil
	}
	return []Push{{Repository: b.Request.Host + "/" + b.Target.Repository, Tag: b.Target.Tag, Digest: b.Target.Digest}}
}

// quay reads the tags as a list, or, as Quay once had them, as the names of a mapping. Its other events have none.
func (b *posted) quay() ([]Push, error) {
	if b.UpdatedTags == nil {
		return nil, nil
	}
	var tags []string
	if json.Unmarshal(b.UpdatedTags, &tags) != nil {
		var named map[string]json.RawMessage
		if json.Unmarshal(b.UpdatedTags, &named) != nil {
			return nil, errors.New("updated_tags is no list of tags")
		}
		tags = slices.Sorted(maps.Keys(named))
	}
	var all []Push
	for _, tag := range tags {
		all = append(all, Push{Repository: b.DockerURL, Tag: tag})
	}
	return all, nil
}

// pushes reads the resources of one of Harbor's events, by their own names: the registry is a part of these alone.
func (d *harborData) pushes(pushed bool, at string) (all []Push) {
	if !pushed {
		return nil
	}
	for _, r := range d.Resources {
		all = append(all, Push{Repository: withoutVersion(r.ResourceURL), Tag: r.Tag, Digest: r.Digest, Mark: at})
	}
	return all
}

func (p *githubPackage) pushes() []Push {
	if !strings.EqualFold(p.Type, "container") {
		return nil
	}
	v := &p.Version
	repository := withoutVersion(v.URL)
	if repository == "" {
		owner := p.Namespace
		if owner == "" {
			owner = p.Owner.Login
		}
		repository = "ghcr.io/" + owner + "/" + p.Name
	}
	digest := v.Container.Tag.Digest
	if digest == "" && strings.HasPrefix(v.Version, "sha256:") {
		digest = v.Version
	}
	return []Push{{Repository: strings.ToLower(repository), Tag: v.Container.Tag.Name, Digest: digest}}
}

// withoutVersion cuts the tag and the digest off an image, whether or not they are right.
func withoutVersion(image string) string {
	image, _, _ = strings.Cut(image, "@")
	if i := strings.LastIndex(image, ":"); i > strings.LastIndex(image, "/") {
		image = image[:i]
	}
	return image
}

// scalar is a text as it is, or a number as it is written; of anything else it is empty.
func scalar(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	var number json.Number
	_ = json.Unmarshal(value, &number)
	return number.String()
}
