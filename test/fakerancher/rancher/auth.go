package rancher

import (
	"fmt"
	"net/http"
	"slices"
)

// Role is what an account may do in an environment.
type Role string

const (
	// Owner may do everything that is served here.
	Owner Role = "owner"
	// Member may do the same.
	Member Role = "member"
	// Restricted may scale services and evacuate hosts, and not write hosts.
	Restricted Role = "restricted"
	// ReadOnly may look.
	ReadOnly Role = "readonly"
)

// The roles that the label io.rancher.container.agent.role asks for. The key
// of such a container acts for its environment: it may remove hosts, and
// create none.
const (
	// Container is what the label's value environment gives.
	Container Role = "environment"
	// ContainerAdmin is what environmentAdmin gives to what Rancher trusts.
	ContainerAdmin Role = "environmentAdmin"
	// Roleless is a container with a key and without that label: nothing is
	// published for it.
	Roleless Role = "none"
)

// Key is an API key: the two parts of Basic authentication.
type Key struct{ Access, Secret string }

// account is what a key belongs to: an environment, a user with roles in
// environments, or a container.
type account struct {
	id    string
	name  string // "": it has none
	kind  string // project, user or admin; of a container: environment, projectadmin or agent
	role  Role   // where it acts as itself
	roles map[string]Role
}

type holder struct {
	key     Key
	account *account
}

const (
	adminID   = "1a1"
	challenge = `Basic realm="Enter API access key and secret key as username and password"`
)

// authenticate finds out who asks and what about, and says so in the headers.
func (c *call) authenticate(header http.Header) error {
	who := c.s.whoIs(c.req)
	if who == nil {
		header["WWW-Authenticate"] = []string{challenge} // the server's own spelling, here and below
		return unauthorized()
	}
	c.kind, c.user, c.project, c.role = who.kind, who.id, who.id, who.role
	wanted := c.req.Header.Get("X-API-Project-Id")
	if wanted == "" {
		wanted = c.req.URL.Query().Get("projectId")
	}
	if wanted == "" {
		wanted = c.context
	}
	c.all = who.kind == "admin" && wanted == ""
	if wanted != "" && wanted != who.id {
		if c.role = c.s.roleIn(who.id, wanted); c.role == "" {
			return forbidden()
		}
		c.project = wanted
	}
	for name, value := range map[string]string{
		"X-API-ACCOUNT-ID": c.project, "X-API-USER-ID": c.user, "X-API-ACCOUNT-KIND": c.kind, "X-API-ACCOUNT-NAME": who.name,
	} {
		if value != "" {
			header[name] = []string{value}
		}
	}
	return nil
}

// whoIs gives the account of a request's key. Where access control is off,
// whoever has none is an admin.
func (s *Server) whoIs(req *http.Request) *account {
	access, secret, _ := req.BasicAuth()
	for _, one := range s.holders {
		if one.key == (Key{access, secret}) {
			return one.account
		}
	}
	if s.open {
		return s.accounts[adminID]
	}
	return nil
}

// roleIn gives an account's role in an environment, or none.
func (s *Server) roleIn(id, project string) Role {
	if p := s.store.byID[project]; p == nil || !p.is("project") {
		return ""
	}
	if who := s.accounts[id]; who != nil && who.kind != "admin" {
		return who.roles[project]
	}
	return Owner
}

// EnvironmentKey makes an API key of an environment.
func (s *Server) EnvironmentKey(project string) Key {
	defer s.enterLock()()
	return s.give(&account{
		id: project, name: s.store.byID[project].name(), kind: "project", role: Owner, roles: map[string]Role{project: Owner},
	})
}

// ContainerKey makes a key as a container of an environment is given one
// that has the label io.rancher.container.create_agent: 'true'. The role is
// Container, ContainerAdmin or Roleless.
func (s *Server) ContainerKey(project string, role Role) Key {
	defer s.enterLock()()
	if role == Roleless { // it stays the agent that it is
		id := formatID(s.schemas.of("project"), s.store.number("project"))
		return s.give(&account{id: id, kind: "agent", role: Roleless})
	}
	kind := map[Role]string{Container: "environment", ContainerAdmin: "projectadmin"}[role]
	return s.give(&account{
		id: project, name: s.store.byID[project].name(), kind: kind, role: role, roles: map[string]Role{project: role},
	})
}

// ContainerEnv is what Rancher puts into the environment of a container that
// has the key.
func (s *Server) ContainerEnv(key Key) []string {
	return []string{
		"CATTLE_URL=http://" + s.Address() + "/v1",
		"CATTLE_ACCESS_KEY=" + key.Access,
		"CATTLE_SECRET_KEY=" + key.Secret,
	}
}

// AccountKey makes a user with a role in environments, and a key of that
// user's account.
func (s *Server) AccountKey(role Role, projects ...string) Key {
	defer s.enterLock()()
	id, roles := formatID(s.schemas.of("project"), s.store.number("project")), map[string]Role{}
	for _, project := range projects {
		roles[project] = role
		r := s.store.byID[project]
		members, _ := r.fields["members"].([]any)
		r.fields["members"] = append(slices.Clone(members), map[string]any{
			"type": "projectMember", "externalId": id, "externalIdType": "rancher_id", "role": string(role),
		})
	}
	return s.give(&account{id: id, name: "user " + id, kind: "user", role: Owner, roles: roles})
}

func (s *Server) give(who *account) Key {
	s.accounts[who.id] = who
	s.keys++
	key := Key{Access: fmt.Sprintf("%016X", s.keys), Secret: newUUID()}
	s.holders = append(s.holders, holder{key, who})
	return key
}

// Revoke makes a key unknown, as deactivating or removing it does.
func (s *Server) Revoke(key Key) {
	defer s.enterLock()()
	s.holders = slices.DeleteFunc(s.holders, func(h holder) bool { return h.key == key })
}

// Rotate gives the account of a key a new one and revokes the old.
func (s *Server) Rotate(key Key) Key {
	defer s.enterLock()()
	i := slices.IndexFunc(s.holders, func(h holder) bool { return h.key == key })
	if i < 0 {
		return Key{}
	}
	who := s.holders[i].account
	s.holders = slices.Delete(s.holders, i, i+1)
	return s.give(who)
}

// SetAccessControl switches access control. It is on at first. Where it is
// off, a wrong key or none acts as an admin, who may reach any environment.
func (s *Server) SetAccessControl(on bool) {
	defer s.enterLock()()
	s.open = !on
}
