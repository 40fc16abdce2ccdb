package upgrade

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChoose(t *testing.T) {
	u := &Upgrade{Image: "docker.io/acme/*", Tag: regexp.MustCompile(`^(?:1\..*|latest)$`)}
	for image, why := range map[string]string{
		"docker.io/acme/web:1.2":    "",
		"docker.io/acme/web:latest": "",
		"docker.io/acme/web:11.2":   `the tag "11.2" does not match tag 1\..*|latest`,
		"docker.io/acme/web:x1.2":   `the tag "x1.2" does not match tag 1\..*|latest`,
		"docker.io/acme/a/b:1.2":    "the repository docker.io/acme/a/b does not match image docker.io/acme/*",
		"ghcr.io/acme/web:1.2":      "the repository ghcr.io/acme/web does not match image docker.io/acme/*",
	} {
		i, err := ParseImage(image)
		require.NoError(t, err)
		require.Equal(t, why, u.Missed(Push{Repository: i.Repository, Tag: i.Tag}), image)
	}
	web := func(tag string) Push { return Push{Repository: "docker.io/acme/web", Tag: tag} }
	p, ok := u.Choose([]Push{web("1.1"), web("1.2"), web("2")})
	require.True(t, ok)
	require.Equal(t, "1.2", p.Tag, "the last that is meant")
	_, ok = u.Choose([]Push{web("2")})
	require.False(t, ok)
}
