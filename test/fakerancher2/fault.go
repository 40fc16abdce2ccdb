package fakerancher2

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"alertscale/test/stack"
)

// writes matches what asks for a change.
func writes() func(stack.Request) bool {
	return stack.Method(http.MethodPut, http.MethodPatch, http.MethodPost, http.MethodDelete)
}

// ConflictNext answers the next n writes with 409, as Rancher's own API does after its five attempts, and
// stores nothing.
func (s *Server) ConflictNext(n int) *stack.Injected {
	return s.Inject(stack.Fault{Match: writes(), Times: n, Answer: func(w http.ResponseWriter, _ *http.Request) {
		normanError(w, http.StatusConflict, "Conflict", "the object has been modified; please apply your changes to the latest version and try again", "")
	}})
}

// LoseNext stores the next n writes and cuts the connection in place of an answer.
func (s *Server) LoseNext(n int) *stack.Injected {
	return s.Inject(stack.Fault{Match: writes(), Times: n, Cut: stack.BeforeAnswer})
}

// RefuseNext answers the next request with a status, with Retry-After where that is not zero, and does nothing.
func (s *Server) RefuseNext(status int, retryAfter time.Duration) *stack.Injected {
	return s.Inject(stack.Fault{Times: 1, Answer: func(w http.ResponseWriter, _ *http.Request) {
		if retryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter/time.Second)))
		}
		normanError(w, status, "ServerError", http.StatusText(status), "")
	}})
}

// Slow delays every answer.
func (s *Server) Slow(delay time.Duration) *stack.Injected {
	return s.Inject(stack.Fault{Delay: delay})
}

// Gateway answers every request as a load balancer does that has no Rancher behind it: with a page.
func (s *Server) Gateway(status int) *stack.Injected {
	return s.Inject(stack.Fault{Answer: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		title := strconv.Itoa(status) + " " + http.StatusText(status)
		_, _ = io.WriteString(w, "<html>\r\n<head><title>"+title+"</title></head>\r\n<body>\r\n<center><h1>"+title+"</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n")
	}})
}

// Login redirects every request to a page for people, as a single sign-on in front of Rancher does.
func (s *Server) Login() *stack.Injected {
	return s.Inject(stack.Fault{Answer: func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/dashboard/auth/login", http.StatusFound)
	}})
}
