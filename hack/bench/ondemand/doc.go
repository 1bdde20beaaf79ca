// Command ondemand measures tokens on demand under load: the real token server as a process of its own, behind a real API
// server, asked over connections that are kept alive, both straight and through the API server. `make bench-ondemand` runs
// it and prints one table, in Markdown; docs/performance.md says what each line means.
//
// A rate says as much of the machine as of the token server, the more so as the callers run on the same machine. So each
// stands beside a ratio to what the same server does in the same run with a request that does nothing but answer, by the
// same caller over the same connections: short windows of the one and the other alternate. What can be counted is judged,
// and the program ends with 1 where a count is off: an answer that is no token, a token that is not logged, a connection
// that was dialled anew, a request to the API server for each token. Rates and ratios are printed, and not judged.
//
// It must not know how the token server works inside. It sees what any caller sees, and the metrics of both servers.
package main
