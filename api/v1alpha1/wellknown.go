package v1alpha1

// SecretType is the type of every Secret that holds a token. A Secret's type
// can't be changed, so it can be neither stripped from one of ours nor forged
// onto another's, and one field-selected watch sees exactly ours.
const SecretType = GroupName + "/token"

// AccountLabel, with the value AccountLabelValue, marks the Secret of a Twilio
// account. It is the consent of the Secret's owner to be signed with: without
// it the operator does not even see the Secret.
const (
	AccountLabel      = GroupName + "/account"
	AccountLabelValue = "true"
)

// RenewRequestedAtAnnotation on a ClientCapability asks for a new token, once.
// Its value is a time as in RFC 3339; each new value is a new request.
const RenewRequestedAtAnnotation = GroupName + "/renew-requested-at"

// Annotations that the operator writes on a token Secret, in the same write as
// the token, because nothing else in the Secret could tell them.
const (
	// OwnerAnnotation names the ClientCapability, in the same namespace, that
	// the Secret belongs to. It holds where an ownerReference is absent:
	// with the deletion policy Retain, or after a restore that dropped it.
	OwnerAnnotation = GroupName + "/owner"

	// AnsweredRenewRequestAnnotation repeats the renew request that the
	// token in the Secret answers, as RFC 3339 in UTC.
	AnsweredRenewRequestAnnotation = GroupName + "/answered-renew-request"

	// ManagedLabelsAnnotation and ManagedAnnotationsAnnotation list, separated
	// by commas, what spec.secret.labels and .annotations put on the Secret,
	// so that what leaves the declaration can leave the Secret too.
	ManagedLabelsAnnotation      = GroupName + "/managed-labels"
	ManagedAnnotationsAnnotation = GroupName + "/managed-annotations"
)

// DefaultTokenKey is the key of a token Secret's data that holds the token
// where spec.secret.key names no other.
const DefaultTokenKey = "token"

// ExpiresAtKey is the key of a token Secret's data that says, as RFC 3339 in
// UTC, when the token beside it expires.
const ExpiresAtKey = "expires-at"

// Keys of an account Secret's data where spec.accountRef.keys names no others:
// the names of the environment variables that Twilio's own tools read.
const (
	DefaultAccountSIDKey = "TWILIO_ACCOUNT_SID"
	DefaultAuthTokenKey  = "TWILIO_AUTH_TOKEN"
	DefaultAPIKeyKey     = "TWILIO_API_KEY"
	DefaultAPISecretKey  = "TWILIO_API_SECRET"
	DefaultRegionKey     = "TWILIO_REGION"
)
