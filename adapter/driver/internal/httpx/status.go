package httpx

import (
	"errors"
	"net/http"

	"alertscale/adapter/controller"
)

// Sentinel is what a status says about a request, whatever API answers with it: that a write met another one, or
// that the request will never be taken. It is nil for every other status.
func Sentinel(code int, write bool) error {
	switch code {
	case http.StatusConflict:
		if write {
			return controller.ErrConflict
		}
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusNotAcceptable,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return controller.ErrInvalid
	}
	return nil
}

// Permanent reports whether an error is a refusal that stays: not found, forbidden or invalid.
func Permanent(err error) bool {
	return errors.Is(err, controller.ErrNotFound) || errors.Is(err, controller.ErrForbidden) || errors.Is(err, controller.ErrInvalid)
}
