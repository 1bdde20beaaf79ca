// Package startup is how this project's programs begin: they wait for the API
// server and for the rights to read what they need, and say what they wait for,
// instead of ending.
package startup
