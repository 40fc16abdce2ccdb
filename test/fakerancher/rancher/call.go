package rancher

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// call is one request, as far as it is understood.
type call struct {
	s    *Server
	req  *http.Request
	body map[string]any

	root    string // http://host/v2-beta
	context string // the project in the path, which every link then keeps
	version string
	path    []string // type, id, link, as far as they are there
	action  string

	kind    string // of who asks
	user    string // the account of who asks
	project string // the account that is asked about
	all     bool   // an admin who names no project sees all of them
	role    Role

	schema *schema
	at     time.Time
}

// parse takes a request's address apart.
func (s *Server) parse(req *http.Request) (*call, error) {
	c := &call{s: s, req: req, action: strings.ToLower(req.URL.Query().Get("action"))}
	segments := strings.FieldsFunc(req.URL.Path, func(r rune) bool { return r == '/' })
	if len(segments) == 0 || segments[0] != "v2-beta" && segments[0] != "v1" {
		return nil, notFound()
	}
	scheme := "http"
	if req.TLS != nil || req.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	c.version, c.path = segments[0], segments[1:]
	c.root = scheme + "://" + strings.ToLower(req.Host) + "/" + c.version
	if len(c.path) > 2 && strings.EqualFold(c.path[0], "projects") {
		c.context, c.path = c.path[1], c.path[2:]
	}
	if len(c.path) > 3 {
		return c, notFound()
	}
	return c, nil
}

// read decodes the body. That comes before anybody asks who is calling.
func (c *call) read(raw []byte) error {
	if len(raw) == 0 || c.req.Method == http.MethodGet {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&c.body); err != nil {
		return plain(http.StatusBadRequest, "InvalidBodyContent")
	}
	return nil
}

// base is what links start with.
func (c *call) base() string {
	if c.context == "" {
		return c.root
	}
	return c.root + "/projects/" + c.context
}

func (c *call) link(parts ...string) string { return c.base() + "/" + strings.Join(parts, "/") }

// sees says whether a resource exists for who asks.
func (c *call) sees(r *resource) bool {
	if c.all || r.account == c.project {
		return true
	}
	return r.is("project") && c.context == "" && c.s.roleIn(c.user, r.id) != ""
}

// answer does what is asked for, and gives the status and the body.
func (c *call) answer() (int, any, error) {
	if len(c.path) == 0 {
		return c.look(c.index(), nil)
	}
	if strings.EqualFold(c.path[0], "schemas") || strings.EqualFold(c.path[0], "schema") {
		return c.look(c.schemas())
	}
	if c.schema = c.s.schemas.of(c.path[0]); c.schema == nil || c.role == Roleless {
		return 0, nil, notFound()
	}
	collection, single := c.schema.methods(c.role)
	if len(c.path) == 1 {
		return c.onCollection(collection)
	}
	r := c.s.store.find(c.schema, c.path[1])
	if r == nil || !c.sees(r) {
		return 0, nil, notFound()
	}
	if len(c.path) == 3 {
		return c.look(c.follow(r, c.path[2]))
	}
	return c.onResource(r, single)
}

// look answers what nothing but a GET is allowed for.
func (c *call) look(body any, err error) (int, any, error) {
	if !c.isRead() {
		return 0, nil, notAllowed()
	}
	return http.StatusOK, body, err
}

func (c *call) isRead() bool {
	return c.req.Method == http.MethodGet || c.req.Method == http.MethodHead
}

func (c *call) onCollection(methods []string) (int, any, error) {
	switch {
	case c.isRead() && slices.Contains(methods, http.MethodGet):
		body, err := c.list(c.schema, c.s.store.groups[group(c.schema)])
		return http.StatusOK, body, err
	case c.req.Method == http.MethodPost && slices.Contains(methods, http.MethodPost):
		r, err := c.create()
		if err != nil {
			return 0, nil, err
		}
		c.s.enter(r, c.s.behavior[group(r.schema)].first, c.at)
		return http.StatusCreated, c.render(r), nil
	default:
		return 0, nil, notAllowed()
	}
}

func (c *call) onResource(r *resource, methods []string) (int, any, error) {
	var err error
	status := http.StatusOK
	switch method := c.req.Method; {
	case c.isRead():
	case method == http.MethodPost && c.action != "" && c.schema.writable(c.role):
		status, err = http.StatusAccepted, c.act(r)
	case method == http.MethodPut && slices.Contains(methods, method):
		err = c.write(r)
	case method == http.MethodDelete && slices.Contains(methods, method):
		err = c.remove(r)
	default:
		err = notAllowed()
	}
	if err != nil {
		return 0, nil, err
	}
	return status, c.render(r), nil
}

func (c *call) create() (*resource, error) {
	switch group(c.schema) {
	case "service":
		return c.createService()
	case "host":
		return c.createHost()
	case "stack":
		return c.createStack()
	case "externalHostEvent":
		return c.createEvent()
	case "hostTemplate":
		fields, err := c.accept(c.schema, true)
		if err != nil {
			return nil, err
		}
		return c.s.store.add(c.schema, c.project, fields, c.at), nil
	default:
		return nil, notAllowed()
	}
}

func (c *call) write(r *resource) error {
	if r.service != nil {
		return c.updateService(r)
	}
	changes, err := c.accept(r.schema, false)
	if err != nil {
		return err
	}
	return c.update(r, changes)
}

func (c *call) createStack() (*resource, error) {
	fields, err := c.accept(c.schema, true)
	if err != nil {
		return nil, err
	}
	if c.s.store.named(c.schema, "accountId", c.project, fields["name"].(string)) != nil {
		return nil, invalid("NotUnique", "name")
	}
	return c.s.store.add(c.schema, c.project, fields, c.at), nil
}
