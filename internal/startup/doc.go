// Package startup is how this project's programs begin: what is alike in their
// flags, in how they log and in how they find the cluster; and how they wait for
// the API server and for the rights to read what they need, and say what they wait
// for, instead of ending.
//
// It must not know what a program does once it has begun.
package startup
