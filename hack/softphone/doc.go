// Command softphone is the stage for the browser tests of examples/softphone: a control
// plane with the operator and the token server installed, for programs that the tests
// start and stop themselves. It prints one line of JSON that says where everything is,
// and ends with its standard input.
//
// It must not know what is tested.
package main
