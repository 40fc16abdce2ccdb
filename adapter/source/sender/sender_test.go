package sender

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFind(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	s, err := Open("a.yml", []Config{{Name: "prod", TokenFile: file("a", "\ufeffone\r\n")}, {Name: "dev", TokenFile: file("b", "two")}})
	require.NoError(t, err)
	for token, want := range map[string]string{"one": "prod", "two": "dev", "": "", "One": "", "one ": "", "onetwo": ""} {
		require.Equal(t, want, s.Find(token), "%q", token)
	}
	s, err = Open("a.yml", nil)
	require.NoError(t, err)
	require.Nil(t, s)
}

func TestOpenFaults(t *testing.T) {
	dir := t.TempDir()
	none := filepath.Join(dir, "none")
	_, err := Open("a.yml", []Config{{Name: "prod", Line: 3, TokenFile: none}})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "a.yml:3: senders.prod: token_file: ")
	_, err = Open("a.yml", []Config{{Name: "prod", Line: 3}})
	require.EqualError(t, err, "a.yml:3: senders.prod: token_file: is empty; want the path of a file with the token that a sender has to show")
}
