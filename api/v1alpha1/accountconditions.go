package v1alpha1

// CredentialsAcceptedCondition of a ClusterAccount says whether Twilio accepts
// its credentials. Polarity: positive; Unknown while Twilio can't be asked.
// Present only where spec.verify has Twilio asked. It never changes Ready: what
// is signed is signed, and whether Twilio was in reach is another matter.
const CredentialsAcceptedCondition = "CredentialsAccepted"

// Reasons of a ClusterAccount's conditions, besides AccountNotFound,
// AccountKeyMissing, AccountMalformed and RegionNotSupported. Each is documented,
// with what to do about it, in docs/clusteraccount.md.
const (
	// ReasonCredentialsValid: the Secret holds credentials of the right form.
	ReasonCredentialsValid = "CredentialsValid"

	// ReasonLimitsInvalid: spec.limits or spec.allowedNamespaces can't be read,
	// so nothing is permitted.
	ReasonLimitsInvalid = "LimitsInvalid"

	// ReasonCredentialsAccepted: Twilio answered with these credentials.
	ReasonCredentialsAccepted = "Accepted"

	// ReasonCredentialsRefused: Twilio does not accept them.
	ReasonCredentialsRefused = "Refused"

	// ReasonTwilioAccountInactive: Twilio has suspended or closed the account.
	ReasonTwilioAccountInactive = "AccountInactive"

	// ReasonTwilioUnreachable: Twilio gave no answer that tells; it is asked again.
	ReasonTwilioUnreachable = "Unreachable"
)
