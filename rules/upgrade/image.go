package upgrade

import (
	"fmt"
	"strings"

	"github.com/distribution/reference"
)

// Image is an image as a workload names it.
type Image struct {
	Name       string // registry and repository, as they are written there
	Repository string // the same in full: docker.io/library/nginx
	Tag        string // empty: none
	Digest     string // likewise
}

// ParseImage reads the name of an image.
func ParseImage(text string) (Image, error) {
	named, err := reference.ParseNormalizedNamed(text)
	if err != nil {
		return Image{}, fmt.Errorf("%.300q is no name of an image: %w", text, err)
	}
	i := Image{Name: text, Repository: named.Name()}
	if d, ok := named.(reference.Digested); ok {
		i.Digest = d.Digest().String()
		i.Name = strings.TrimSuffix(i.Name, "@"+i.Digest)
	}
	if t, ok := named.(reference.Tagged); ok {
		i.Tag = t.Tag()
		i.Name = strings.TrimSuffix(i.Name, ":"+i.Tag)
	}
	return i, nil
}

// String gives the image as a workload names it.
func (i Image) String() string {
	s := i.Name
	if i.Tag != "" {
		s += ":" + i.Tag
	}
	if i.Digest != "" {
		s += "@" + i.Digest
	}
	return s
}

// With returns the image of a push: of the same registry and repository, with the tag and the digest that were pushed. With
// tagsOnly, a digest is used only where there is no tag.
func (i Image) With(p Push, tagsOnly bool) Image {
	i.Tag, i.Digest = p.Tag, p.Digest
	if tagsOnly && i.Tag != "" {
		i.Digest = ""
	}
	return i
}

// normalRepository returns a repository in full. One with a tag or a digest is an error.
func normalRepository(text string) (string, error) {
	i, err := ParseImage(text)
	switch {
	case err != nil:
		return "", fmt.Errorf("%.300q is no repository such as docker.io/library/nginx: %w", text, err)
	case i.Tag != "" || i.Digest != "":
		return "", fmt.Errorf("%.300q is an image, want its repository, and the tag or digest by itself", text)
	}
	return i.Repository, nil
}
