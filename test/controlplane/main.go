package controlplane

import (
	"context"
	"fmt"
	"os"
)

// Main is the body of a TestMain whose tests share something: it starts that, runs the tests, stops it again, and
// returns the code to exit with. Start returns how to stop also where it fails halfway.
func Main(tests interface{ Run() int }, start func(context.Context) (stop func() error, err error)) (code int) {
	stop, err := start(context.Background())
	defer func() {
		if err := stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return tests.Run()
}
