// Package sender knows who may post to /webhook and /api/v2/alerts, by the tokens that they show.
package sender

import (
	"fmt"
	"slices"

	"alertscale/adapter/source/internal/bearer"
	"alertscale/rules"
	"alertscale/rules/yamldoc"
)

// Config is a sender's block of the file.
type Config struct {
	Name      string
	TokenFile string      // what it has to show
	Rules     rules.Scope // that it may touch
	Line      int         // of the file
}

// ReadConfig reads the block of a name. What is wrong with it becomes a fault of the document.
func ReadConfig(name string, n yamldoc.Node) Config {
	c := Config{Name: name, Line: n.Line()}
	if !validName(name) {
		n.Faultf("the name of a sender is told by metrics and decisions: want letters, digits, -, _ and . only")
	}
	n.Fields([]yamldoc.Field{
		{Key: "token_file", Read: func(n yamldoc.Node) { c.TokenFile = n.File() }},
		{Key: "rules", Read: func(n yamldoc.Node) { c.Rules = rules.ReadScope(n) }},
	})
	if !n.Has("token_file") && (n.IsMap() || n.IsNull()) {
		n.Faultf("has no token_file: the file that holds the bearer token which the sender has to show")
	}
	return c
}

func validName(name string) bool {
	for _, r := range name {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.') {
			return false
		}
	}
	return name != ""
}

// Senders are those of a file with their tokens. They are safe for concurrent use. nil: the file has none.
type Senders struct{ all []sender }

type sender struct {
	name  string
	token bearer.Token
}

// Open reads the tokens of the senders of a file, whose path is for messages.
func Open(file string, all []Config) (*Senders, error) {
	if len(all) == 0 {
		return nil, nil
	}
	s := &Senders{}
	for _, c := range all {
		token, err := bearer.Read(c.TokenFile, "post")
		if err == nil {
			if i := slices.IndexFunc(s.all, func(o sender) bool { return o.token.Is(token) }); i >= 0 {
				err = fmt.Errorf("token_file: %s holds the token of sender %q too; give each its own", c.TokenFile, s.all[i].name)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: senders.%s: %w", file, c.Line, c.Name, err)
		}
		s.all = append(s.all, sender{c.Name, token})
	}
	return s, nil
}

// Find returns the sender whose token is shown; empty: nobody's. It compares with the tokens of all, so that the time it
// takes says nothing about them.
func (s *Senders) Find(shown string) (name string) {
	token := bearer.Of(shown)
	for i := range s.all {
		if s.all[i].token.Is(token) {
			name = s.all[i].name
		}
	}
	return name
}
