package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// mounted is the folder at which a pod mounts the Secret of a ClientCapability, as a whole: never as a subPath.
type mounted struct {
	folder string
	now    func() time.Time
}

// token reads the file anew each time: the kubelet puts a new version beside the old one and swaps a link, so what was
// read or opened before stays the old token for ever.
func (m mounted) token() (answer, *problem) {
	content, err := m.content()
	if err != nil {
		return answer{}, &problem{Code: tokenMissing, status: http.StatusServiceUnavailable, retryAfter: retrySoon,
			Message: fmt.Sprintf("The mounted Secret can't be read: %v.", err)}
	}
	found, err := read(content, m.now())
	if err != nil {
		return answer{}, &problem{Code: tokenMissing, status: http.StatusServiceUnavailable, retryAfter: retrySoon,
			Message: fmt.Sprintf("The mounted Secret holds no Access token: %v.", err)}
	}
	return found, nil
}

// tokenFor hands the token to the user whose it is, while it has long enough to live.
func (m mounted) tokenFor(user string) (answer, *problem) {
	found, failed := m.token()
	if failed != nil {
		return answer{}, failed
	}
	if found.Identity != user {
		return answer{}, &problem{Code: notYours, status: http.StatusForbidden, Message: "The mounted token is another client's than the signed-in user."}
	}
	if left := found.ExpiresAt.Sub(found.Now); left < leastLeft {
		return answer{}, &problem{Code: tokenExpiring, status: http.StatusServiceUnavailable, retryAfter: retrySoon, Message: fmt.Sprintf(
			"The mounted token has %d s left, and none with less than %d s is handed out. See why it is not renewed: kubectl describe clientcapability.",
			int(left.Seconds()), int(leastLeft.Seconds()))}
	}
	return found, nil
}

func (m mounted) content() (string, error) {
	folder, err := os.OpenRoot(m.folder)
	if err != nil {
		return "", err
	}
	defer func() { _ = folder.Close() }()
	content, err := folder.ReadFile("token")
	return strings.TrimSpace(string(content)), err
}
