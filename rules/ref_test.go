package rules

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestProperty_ACloneIsTheSameRef(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		part := func(name, of string) string { return rapid.StringMatching(of).Draw(r, name) }
		ref := Ref{
			Driver: part("driver", "[a-z]{1,5}"), Kind: part("kind", "([A-Z][a-z.]{1,5})?"), Namespace: part("namespace", "([a-z]{1,5})?"),
			Name: part("name", "[a-zü=,]{1,5}"), Path: part("path", "((/[a-z]{1,3}){1,3})?"),
		}
		next, written := ref.Clone()
		require.Equal(r, ref, next)
		require.Equal(r, ref.String(), written)
	})
}
