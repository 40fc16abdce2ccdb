package rancher

import (
	"crypto/rand"
	"fmt"
	"net/http"
)

// apiError is an answer that is not what was asked for.
type apiError struct {
	status    int
	code      string
	message   any // a string, or nil
	fieldName string
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s %s", e.status, e.code, e.fieldName) }

// plain is an error whose message is its code.
func plain(status int, code string) *apiError {
	return &apiError{status: status, code: code, message: code}
}

// invalid is an error of what one field was given.
func invalid(code, fieldName string) *apiError {
	return &apiError{status: http.StatusUnprocessableEntity, code: code, fieldName: fieldName}
}

func notFound() *apiError     { return plain(http.StatusNotFound, "Not Found") }
func conflict() *apiError     { return plain(http.StatusConflict, "Conflict") }
func forbidden() *apiError    { return plain(http.StatusForbidden, "Forbidden") }
func unauthorized() *apiError { return plain(http.StatusUnauthorized, "Unauthorized") }
func notAllowed() *apiError   { return plain(http.StatusMethodNotAllowed, "Method not allowed") }

func (e *apiError) render() map[string]any {
	body := map[string]any{
		"id": newUUID(), "type": "error", "links": map[string]any{}, "actions": map[string]any{},
		"status": e.status, "code": e.code, "message": e.message, "detail": nil, "baseType": "error",
	}
	if e.fieldName != "" {
		body["fieldName"] = e.fieldName
	}
	return body
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
