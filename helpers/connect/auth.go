package connect

// Credentials: how a client proves who it is, and how it keeps that out of sight.

import (
	"encoding/base64"
	"net/http"
)

// Auth is what every request carries. Connect itself asks for nothing; its basic-auth extension or a proxy may.
// It prints as the way of proving, never as the proof.
type Auth struct {
	Username, Password string      // basic
	Token              string      // bearer; wins over basic
	Header             http.Header // anything else; wins over both
}

// String names the kind of credentials only.
func (a Auth) String() string {
	switch {
	case len(a.Header) > 0:
		return "custom header"
	case a.Token != "":
		return "bearer token"
	case a.Username != "" || a.Password != "":
		return "basic"
	}
	return "none"
}

// GoString keeps %#v from showing the fields.
func (a Auth) GoString() string { return "connect.Auth{" + a.String() + "}" }

func (a Auth) empty() bool {
	return a.Username == "" && a.Password == "" && a.Token == "" && len(a.Header) == 0
}

func (a Auth) apply(header http.Header) {
	switch {
	case a.Token != "":
		header.Set("Authorization", "Bearer "+a.Token)
	case a.Username != "" || a.Password != "":
		header.Set("Authorization", "Basic "+a.basic())
	}
	for key, values := range a.Header {
		header[http.CanonicalHeaderKey(key)] = values
	}
}

func (a Auth) basic() string {
	return base64.StdEncoding.EncodeToString([]byte(a.Username + ":" + a.Password))
}

func (a Auth) secrets() []string {
	all := []string{a.Password, a.Token}
	if a.Password != "" {
		all = append(all, a.basic())
	}
	for _, values := range a.Header {
		all = append(all, values...)
	}
	return all
}
