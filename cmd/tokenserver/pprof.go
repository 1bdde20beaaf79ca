//go:build pprof

package main

import (
	"net/http"
	_ "net/http/pprof" // which adds its pages to the default handler
	"os"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
)

// init lets a token server that was built to be profiled serve /debug/pprof where PPROF_BIND_ADDRESS says. What runs in
// a cluster has no such door.
func init() {
	address := os.Getenv("PPROF_BIND_ADDRESS")
	if address == "" {
		return
	}
	go func() {
		server := &http.Server{Addr: address, ReadHeaderTimeout: time.Second}
		if err := server.ListenAndServe(); err != nil {
			ctrl.Log.Error(err, "Profiles are not served")
		}
	}()
}
