// Package certificate makes and renews the certificate that the token server shows,
// and the authority that signs it, where no other tool does.
//
// One Secret is the record, and all replicas work from it: whoever finds something
// due writes it, a second writer conflicts, and everybody serves what the Secret
// holds. The authority is published to callers in a ConfigMap, and to the API
// server in its APIService.
//
// It must know nothing of tokens.
package certificate
