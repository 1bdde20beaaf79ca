// Command renewals measures what the operator costs: requests, processor time, memory and lateness, on this machine and
// with the real manager as a process of its own. `make bench` runs it and prints one table, in Markdown; docs/performance.md
// says what each line means.
//
// A figure in seconds says as much of the machine as of the operator. So each stands beside a ratio to what a bare client
// does in the same run, a moment before and a moment after: a process that uses the same client library for the same
// calls with the same rights, and for nothing else. What can be counted is judged, and the program ends with 1 where a
// count is off; times and ratios are printed, and not judged.
//
// It must not know how the operator works inside. It sees what anybody sees who may ask: the API server's metrics and
// objects, the manager's metrics, and what the kernel says of the manager's process. One thing it takes from the operator
// itself: when a token is due for renewal, because status tells that in whole seconds only.
package main
