// Package twiliotest serves, on loopback, the little of Twilio's REST API that
// package twilio asks, in the way that Twilio's documentation says:
//
//	stub := twiliotest.NewServer(twiliotest.Account{SID: "AC…", AuthToken: "…"})
//	defer stub.Close()
//	client, err := twilio.New(stub.URL())
//
// It knows one account, and how it behaves is switched while it runs: [Server.Accept],
// [Server.Refuse], [Server.Suspend], [Server.Throttle], [Server.Down], [Server.Slow].
// It is for tests, and knows neither package twilio nor Kubernetes.
package twiliotest
