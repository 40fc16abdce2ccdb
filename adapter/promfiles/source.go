// Package promfiles reads the files of Prometheus and Alertmanager, and the manifests that an operator makes them of, as far as
// they say which alerts there are and where they go. What it does not need, it does not check: promtool and amtool do.
package promfiles

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// Source is a file that was read.
type Source struct {
	Name string
	Text []byte
}

// Stdin is how standard input is called in messages.
const Stdin = "<stdin>"

// Sources reads the files that patterns such as rules/*.conf name, each once. A dash is standard input.
func Sources(patterns []string, stdin io.Reader) ([]Source, error) {
	var all []Source
	var faults []error
	for _, pattern := range patterns {
		names, err := expand(pattern)
		faults = append(faults, err)
		for _, name := range names {
			if slices.ContainsFunc(all, func(s Source) bool { return s.Name == name }) {
				continue
			}
			s, err := Read(name, stdin)
			faults = append(faults, err)
			all = append(all, s)
		}
	}
	return all, errors.Join(faults...)
}

// expand returns the names of the files that a pattern names.
func expand(pattern string) ([]string, error) {
	if pattern == "-" {
		return []string{pattern}, nil
	}
	if _, err := os.Stat(pattern); err == nil { // also one with a bracket in its name
		return []string{pattern}, nil
	}
	names, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pattern, err)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: there is no such file", pattern)
	}
	return names, nil
}

// Read reads a file; a dash is standard input.
func Read(name string, stdin io.Reader) (Source, error) {
	if name == "-" {
		text, err := io.ReadAll(stdin)
		if err != nil {
			return Source{}, fmt.Errorf("read standard input: %w", err)
		}
		return Source{Stdin, text}, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return Source{}, fmt.Errorf("read the file: %w", err)
	}
	return Source{name, text}, nil
}
