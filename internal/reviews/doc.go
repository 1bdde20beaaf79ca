// Package reviews stands at the door of a page that a program serves: it lets in
// whom the API server knows by their bearer token (TokenReview) and permits to
// read the page (SubjectAccessReview), and tells everybody else why not.
//
// It must not know what the page says. It keeps no token: an answer is remembered
// for a short while, under a hash of the token that asked.
package reviews
