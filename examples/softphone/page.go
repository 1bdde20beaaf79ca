package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
)

// sdk is where npm ci puts Twilio's SDK, which is not kept in git.
const sdk = "sdk/twilio.min.js"

//go:embed web
var web embed.FS

// builtIn is the page with all that it loads.
func builtIn() (fs.FS, error) {
	page, err := fs.Sub(web, "web")
	if err != nil {
		return nil, fmt.Errorf("opening the page: %w", err)
	}
	return page, complete(page)
}

func complete(page fs.FS) error {
	if _, err := fs.Stat(page, sdk); errors.Is(err, fs.ErrNotExist) {
		return errors.New("this program was built without Twilio's SDK: run `npm ci` in examples/softphone, and build it again")
	} else if err != nil {
		return fmt.Errorf("looking for Twilio's SDK: %w", err)
	}
	return nil
}
