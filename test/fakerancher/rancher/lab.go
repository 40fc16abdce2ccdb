package rancher

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// Lab is what a client needs to know to work with a server.
type Lab struct {
	Base       string    `json:"base"`        // the URL of the API
	Project    string    `json:"project"`     // the environment that the keys are for
	ProjectKey [2]string `json:"project_key"` // the environment's own
	UserKey    [2]string `json:"user_key"`    // of an account that owns it
}

// Lab tells of the environment that every server begins with. It has two
// active hosts. Another one, 1a5, is foreign to the keys.
func (s *Server) Lab() Lab {
	base := s.URL()
	s.mu.Lock()
	defer s.mu.Unlock()
	lab := s.lab
	lab.Base = base
	return lab
}

// Project is the environment that every server begins with.
func (s *Server) Project() string { return s.lab.Project }

// ProjectKey is an environment key of Project.
func (s *Server) ProjectKey() Key { return Key{s.lab.ProjectKey[0], s.lab.ProjectKey[1]} }

// UserKey is an account key of an owner of Project.
func (s *Server) UserKey() Key { return Key{s.lab.UserKey[0], s.lab.UserKey[1]} }

// WriteLab writes the lab to a file, which is there only when it is complete.
func (s *Server) WriteLab(path string) error {
	encoded, err := json.Marshal(s.Lab())
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = file.Write(append(encoded, '\n'))
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}

// furnish makes what every server begins with.
func (s *Server) furnish() {
	s.store.numbers["project"] = 4 // the accounts of the server itself
	s.AddProject("Default")
	project := s.AddProject("env")
	for range 2 {
		s.AddHost(HostSpec{Project: project})
	}
	key, user := s.EnvironmentKey(project), s.AccountKey(Owner, project)
	s.lab = Lab{
		Project: project, ProjectKey: [2]string{key.Access, key.Secret}, UserKey: [2]string{user.Access, user.Secret},
	}
}
