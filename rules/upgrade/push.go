package upgrade

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
)

// Push is what a registry tells of: a repository got an image.
type Push struct {
	Repository string // in full: docker.io/library/nginx
	Tag        string // empty: the image was pushed by its digest alone
	Digest     string // of the image; empty: not told
	// Mark tells two pushes of a tag apart where there is no digest: when it was pushed, as the sender writes that, else
	// the sender's idempotency key. Empty: no two are the same.
	Mark string
}

// Same reports whether two pushes are one, told again.
func (p Push) Same(q Push) bool {
	if p.Repository != q.Repository || p.Tag != q.Tag || p.Digest != q.Digest {
		return false
	}
	return p.Digest != "" || p.Mark != "" && p.Mark == q.Mark
}

// String names what was pushed.
func (p Push) String() string {
	return Image{Name: p.Repository, Tag: p.Tag, Digest: p.Digest}.String()
}

// What is taken of a body.
const (
	maxPushes = 100
	maxMark   = 300
)

// want ends what is said of a body that cannot be read.
const want = `want a push as Docker Hub, Harbor, GHCR or Quay tell of it, or {"repository": "docker.io/acme/web", "tag": "1.2", "digest": "sha256:…"}`

// ReadPushes reads the body of a POST: the pushes that it tells of, none where it is a registry's word of something else. The
// key is the POST's idempotency key; empty: it has none.
func ReadPushes(body []byte, key string) ([]Push, error) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\uFEFF")))
	var b posted
	if err := json.Unmarshal(body, &b); err != nil || len(body) == 0 || body[0] != '{' {
		return nil, errors.New("the body is no JSON object of a push; " + want)
	}
	all, err := b.pushes()
	if err != nil {
		return nil, fmt.Errorf("%w; %s", err, want)
	}
	if len(all) > maxPushes {
		return nil, fmt.Errorf("the body tells of %d pushes; %d at most are taken", len(all), maxPushes)
	}
	for i := range all {
		if all[i].Mark == "" {
			all[i].Mark = key
		}
		if err := all[i].check(); err != nil {
			return nil, fmt.Errorf("%w; %s", err, want)
		}
	}
	return all, nil
}

// check completes a push, and returns what is wrong with it.
func (p *Push) check() error {
	repository, err := normalRepository(p.Repository)
	if err != nil {
		return fmt.Errorf("the repository %w", err)
	}
	p.Repository = repository
	if strings.Contains(p.Tag, ":") && p.Digest == "" || p.Tag == p.Digest { // an image that has no tag is told of by its digest
		p.Digest, p.Tag = p.Tag, ""
	}
	if p.Digest != "" {
		if _, err := digest.Parse(p.Digest); err != nil {
			return fmt.Errorf("%.100q is no digest: %w", p.Digest, err)
		}
	}
	if p.Tag == "" && p.Digest == "" {
		return fmt.Errorf("the push of %s has no tag and no digest", p.Repository)
	}
	if p.Tag != "" {
		named, err := reference.WithName(p.Repository)
		if err == nil {
			_, err = reference.WithTag(named, p.Tag)
		}
		if err != nil {
			return fmt.Errorf("%.150q is no tag: %w", p.Tag, err)
		}
	}
	if len(p.Mark) > maxMark {
		return fmt.Errorf("pushed_at has %d bytes; want at most %d", len(p.Mark), maxMark)
	}
	return nil
}
