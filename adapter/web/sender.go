package web

import (
	"errors"
	"net/http"
	"os"

	"gopkg.in/yaml.v3"
)

// admit returns who posts a notification. Where the file has senders, it answers whoever shows no token of one of them.
// Every other method than POST is refused anyhow.
func (h *notifications) admit(w http.ResponseWriter, r *http.Request) (sender string, ok bool) {
	token, _ := bearer(r)
	sender, asked := h.Sender(token)
	if !asked || r.Method != http.MethodPost {
		return "", true
	}
	if token != "" && sender != "" {
		return sender, true
	}
	err := errors.New("this is not the token of any sender of the file; tokens are read from their token_file at every reload")
	if token == "" {
		err = errors.New("the file has senders, so show the token of one, Authorization: Bearer TOKEN: " +
			"in Alertmanager's http_config, or beside Prometheus's alertmanagers, that is authorization: {credentials_file: FILE}")
	}
	h.turnAway(w, r, http.StatusUnauthorized, err)
	return "", false
}

// AsksForPasswords reports whether a web configuration has users. The toolkit answers whoever shows a bearer token
// in place of a password with 401, so that no sender would come through. What cannot be read has none: the server says so.
func AsksForPasswords(webConfig string) bool {
	if webConfig == "" {
		return false
	}
	text, err := os.ReadFile(webConfig)
	if err != nil {
		return false
	}
	var c struct {
		Users map[string]any `yaml:"basic_auth_users"`
	}
	_ = yaml.Unmarshal(text, &c)
	return len(c.Users) > 0
}
