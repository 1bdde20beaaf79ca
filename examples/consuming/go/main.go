// Hands out the token of a mounted Secret: GET /token.
package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"
)

const leastLife = 30 * time.Second // a token with less left would expire on its way

// tokenForm is a whole JWT that is signed by HS256; what is cut off anywhere is none.
var tokenForm = regexp.MustCompile(`^[\w-]+\.[\w-]+\.[\w-]{43}$`)

// freshToken reads the token anew. Its errors don't repeat what was read.
func freshToken(mount fs.FS) (token string, expiresAt time.Time, err error) {
	content, err := fs.ReadFile(mount, "token")
	if err != nil {
		return "", time.Time{}, err
	}
	if !tokenForm.Match(content) {
		return "", time.Time{}, errors.New("the file holds no whole token")
	}
	token = string(content)
	claims := struct {
		Expiry int64 `json:"exp"`
	}{}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return "", time.Time{}, errors.New("the token can't be read")
	}
	expiresAt = time.Unix(claims.Expiry, 0).UTC()
	if time.Until(expiresAt) < leastLife {
		return "", time.Time{}, errors.New("the token has less than 30 s left")
	}
	return token, expiresAt, nil
}

func main() {
	mount := os.DirFS(cmp.Or(os.Getenv("TOKEN_DIRECTORY"), "/var/run/voice"))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /token", func(w http.ResponseWriter, _ *http.Request) { // put your sign-in before this
		w.Header().Set("Cache-Control", "no-store")
		token, expiresAt, err := freshToken(mount)
		if err != nil {
			log.Println("no token to hand out:", err)
			w.Header().Set("Retry-After", "5")
			http.Error(w, "no fresh token at present", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"token": token, "expiresAt": expiresAt}) // or who asked is gone
	})

	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", cmp.Or(os.Getenv("LISTEN"), ":8080"))
	if err != nil {
		log.Fatal(err)
	}
	log.Println("listening on", listener.Addr())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.Serve(listener))
}
