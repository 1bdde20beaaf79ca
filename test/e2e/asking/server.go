package asking

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
)

// mounted is where every pod finds what it needs to call the API server.
const mounted = "/var/run/secrets/kubernetes.io/serviceaccount/"

// Server is one that answers requests for tokens, and how it is known.
type Server struct {
	// URL is its address; that of the API server where it is empty.
	URL string
	// Name is the one in its certificate, where that is another than the URL's.
	Name string
	// AuthorityFile holds who signs its certificate, and TokenFile who asks; the
	// pod's own ServiceAccount's where they are empty.
	AuthorityFile, TokenFile string
	// Published is a ConfigMap, as namespace/name, that is read instead of
	// AuthorityFile before each connection is made.
	Published string
	// Anonymous asks without saying who asks.
	Anonymous bool
}

func (s Server) url() (string, error) {
	if s.URL != "" {
		return s.URL, nil
	}
	host, port := os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT")
	if host == "" || port == "" {
		return "", errors.New("no URL is given, and this is no pod")
	}
	return "https://" + net.JoinHostPort(host, port), nil
}

// token is read for each request: it is renewed.
func (s Server) token() (string, error) {
	if s.Anonymous {
		return "", nil
	}
	text, err := os.ReadFile(filepath.Clean(cmp.Or(s.TokenFile, mounted+"token")))
	return string(text), err
}

// authority is read for each connection: it is renewed too.
func (s Server) authority(ctx context.Context) ([]byte, error) {
	if s.Published == "" {
		return os.ReadFile(filepath.Clean(cmp.Or(s.AuthorityFile, mounted+"ca.crt")))
	}
	namespace, name := path.Split(s.Published)
	api := NewConnections(Server{}, false)
	defer api.Close()
	answer, err := api.do(ctx, http.MethodGet, "/api/v1/namespaces/"+namespace+"configmaps/"+name, "")
	if err != nil {
		return nil, err
	}
	if answer.Code != http.StatusOK {
		return nil, fmt.Errorf("%w: reading it is answered with %d", errAuthority, answer.Code)
	}
	published := struct {
		Data map[string]string `json:"data"`
	}{}
	if err := json.Unmarshal([]byte(answer.Body), &published); err != nil {
		return nil, err
	}
	return []byte(published.Data["ca.crt"]), nil
}

var errAuthority = errors.New("no authority")
