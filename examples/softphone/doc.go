// Command softphone is the example of a web softphone: a small backend that serves a
// page with Twilio's Voice SDK and hands it tokens that the operator made.
//
// The files, in the order in which to read them:
//
//	main.go      flags, start and end
//	server.go    which path is answered by what, and the headers of every answer
//	signin.go    who asks: a sign-in for demonstrations, to be replaced by your own
//	mounted.go   the token of a mounted Secret
//	ondemand.go  a token made for this request, by the on-demand API
//	token.go     what a token says
//	problem.go   what the page is told when there is no token
//	page.go      the page, built in
//
// It must not know any credential of Twilio, nor the rest of this repository: it can be
// copied away as it is.
package main
