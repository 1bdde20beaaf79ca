package v1alpha1

// Types of conditions. A condition's messages carry no time, no credential
// and no token, so that a condition changes only when its subject does.
const (
	// ReadyCondition is True while the Secret holds a live token for the
	// present declaration, or, with spec.delivery OnDemand, while there is no
	// Secret left and a request for a token would be granted now; of a
	// ClusterAccount, while its Secret holds credentials that can sign.
	// Polarity: positive. Always present once the operator has seen the object.
	//
	// Ready does not prove that Twilio accepts the account's credentials:
	// nothing that Ready follows calls Twilio.
	ReadyCondition = "Ready"

	// RenewalFailingCondition is True while renewals fail though the token in
	// the Secret lives on; its reason says why. Polarity: abnormal-true.
	// Present only while True.
	RenewalFailingCondition = "RenewalFailing"

	// ReconcilingCondition is True while the token of the present generation
	// is not yet in the Secret and the operator is still getting there: it
	// retries, or waits for an account that does not exist yet. Tools that
	// follow kstatus read it as InProgress. Polarity: abnormal-true. Present
	// only while True.
	ReconcilingCondition = "Reconciling"

	// StalledCondition is True while the token of the present generation is
	// not in the Secret and somebody has to change something first. Tools that
	// follow kstatus read it as Failed. It heals by itself once that is
	// changed. Polarity: abnormal-true. Present only while True.
	StalledCondition = "Stalled"
)

// Reasons of conditions: the whole vocabulary. Each is documented, with what
// to do about it, in docs/clientcapability.md.
const (
	// ReasonTokenValid: the Secret holds a live token for this declaration.
	ReasonTokenValid = "TokenValid"

	// ReasonOnDemand: spec.delivery is OnDemand, and a request for a token would
	// be granted now. Reason of Ready while it is True.
	ReasonOnDemand = "OnDemand"

	// ReasonSuspended: spec.suspend is true, so nothing is renewed, and no token
	// is granted on demand.
	ReasonSuspended = "Suspended"

	// ReasonTokenExpired: the token in the Secret has expired, and the cause
	// named in the message kept it from being renewed.
	ReasonTokenExpired = "TokenExpired"

	// ReasonAccountNotFound: no labelled account Secret of that name is in the
	// namespace, or no ClusterAccount of that name exists. A missing Secret and
	// one without the label read the same.
	ReasonAccountNotFound = "AccountNotFound"

	// ReasonAccountKeyMissing: the account's Secret lacks a key.
	ReasonAccountKeyMissing = "AccountKeyMissing"

	// ReasonAccountMalformed: a value in the account's Secret is not of the
	// form that Twilio's credentials have.
	ReasonAccountMalformed = "AccountMalformed"

	// ReasonRegionNotSupported: a Capability token is declared for an account of
	// another region than us1, the only one in which Twilio accepts such tokens.
	ReasonRegionNotSupported = "RegionNotSupported"

	// ReasonAccountNotReady: the ClusterAccount can't sign at present; its own
	// conditions say why, to those who may read them.
	ReasonAccountNotReady = "AccountNotReady"

	// ReasonClusterAccountsOff: this operator does not serve ClusterAccounts.
	ReasonClusterAccountsOff = "ClusterAccountsOff"

	// ReasonNamespaceNotAllowed: the ClusterAccount does not allow the
	// ClientCapability's namespace.
	ReasonNamespaceNotAllowed = "NamespaceNotAllowed"

	// ReasonOutsideLimits: the declaration asks for what the ClusterAccount's
	// limits do not permit; the message names the limit.
	ReasonOutsideLimits = "OutsideLimits"

	// ReasonDeclarationInvalid: the declaration is one that no token can be
	// made for. Admission refuses those; this is for objects that were stored
	// before a rule was.
	ReasonDeclarationInvalid = "DeclarationInvalid"

	// ReasonMetadataNotAllowed: spec.secret.labels or .annotations has a key
	// with a prefix that the operator was not told to allow.
	ReasonMetadataNotAllowed = "MetadataNotAllowed"

	// ReasonSecretNotOwned: a Secret of the wanted name exists and is not ours.
	ReasonSecretNotOwned = "SecretNotOwned"

	// ReasonSecretImmutable: the Secret was made immutable, so no new token
	// can be written into it.
	ReasonSecretImmutable = "SecretImmutable"

	// ReasonSecretContested: something else keeps changing the Secret, so it is
	// mended only every few seconds.
	ReasonSecretContested = "SecretContested"

	// ReasonClockSkewed: the operator's clock is so far behind the API server's
	// that a new token would be expired at once.
	ReasonClockSkewed = "ClockSkewed"

	// ReasonQuotaExceeded: a ResourceQuota refused the Secret.
	ReasonQuotaExceeded = "QuotaExceeded"

	// ReasonAdmissionDenied: an admission policy or webhook refused the Secret.
	ReasonAdmissionDenied = "AdmissionDenied"

	// ReasonNotPermitted: the operator's own RBAC does not let it write here.
	ReasonNotPermitted = "NotPermitted"

	// ReasonWriteFailed: a call to the API server failed; it is retried.
	ReasonWriteFailed = "WriteFailed"
)
