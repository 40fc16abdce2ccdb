package stack

import (
	"crypto/rand"
	"fmt"
	"strings"
)

// An Account is a user whom the API server knows by a token.
type Account struct {
	Name   string
	Groups []string
	Token  string // One is made up where it is empty.
}

// Admin is the name of the account that may do everything.
const Admin = "admin"

// ServiceAccount returns the account that a service account has in the API
// server: roles that are bound to the one are bound to the other.
func ServiceAccount(namespace, name string) Account {
	return Account{
		Name:   "system:serviceaccount:" + namespace + ":" + name,
		Groups: []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace},
	}
}

// withTokens returns the administrator and the accounts, all with tokens.
func withTokens(accounts []Account) []Account {
	all := append([]Account{{Name: Admin, Groups: []string{"system:masters"}}}, accounts...)
	for i := range all {
		if all[i].Token == "" {
			all[i].Token = rand.Text()
		}
	}
	return all
}

// tokenFile returns what --token-auth-file wants.
func tokenFile(accounts []Account) string {
	var b strings.Builder
	for i, a := range accounts {
		fmt.Fprintf(&b, "%s,%s,%d,%q\n", a.Token, a.Name, i, strings.Join(a.Groups, ","))
	}
	return b.String()
}
