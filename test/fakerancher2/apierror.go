package fakerancher2

import (
	"encoding/json"
	"io"
	"net/http"
)

// routerError is the answer of what stands in front of a cluster's API server. It writes the status before
// the content type, so that the body, which is JSON, is taken for text.
func routerError(w http.ResponseWriter, status int, code, message string) {
	w.WriteHeader(status)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(struct {
		Code struct {
			Code   string
			Status int
		}
		Message   string
		Cause     error
		FieldName string
	}{Code: struct {
		Code   string
		Status int
	}{code, status}, Message: message})
}

// failed is the answer where the way to a cluster's API server fails.
func failed(w http.ResponseWriter, text string) {
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = io.WriteString(w, text)
}

// normanError is the answer of Rancher's own API to what it does not do.
func normanError(w http.ResponseWriter, status int, code, message, field string) {
	body := map[string]any{"type": "error", "baseType": "error", "status": status, "code": code, "message": message}
	if field != "" {
		body["fieldName"] = field
	}
	writeJSON(w, status, body)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
