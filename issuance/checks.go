package issuance

// suspended comes first: the user said to leave everything as it is. Who has no
// permission any more is told so all the same, which leaves it as it is too.
func suspended(s *subject) *Verdict {
	switch {
	case !s.Capability.Spec.Suspend:
		return nil
	case s.account != nil && s.account.Withheld:
		return refuse(s.account)
	}
	return refuse(suspendedFault())
}

// declarationInvalid looks at declarations that were stored before admission
// refused their like; nothing that Twilio would refuse is signed.
func declarationInvalid(s *subject) *Verdict {
	if fault := declarationFault(s.Capability, s.wanted.Grant); fault != nil {
		return refuse(fault)
	}
	return nil
}

// secretNotOwned keeps the operator from writing into what is not its own.
func secretNotOwned(s *subject) *Verdict {
	if s.Secret == nil || s.Secret.Ours {
		return nil
	}
	return refuse(SecretNotOwned(s.Capability.SecretName()))
}

// accountUnusable looks for what no token can be signed without.
func accountUnusable(s *subject) *Verdict {
	if s.account != nil {
		return refuse(s.account)
	}
	return nil
}

// metadataRefusedAtFirst keeps the first Secret from being created with labels
// that are not allowed. A Secret that exists goes on being renewed, with the
// labels it has: a label must not let a token expire.
func metadataRefusedAtFirst(s *subject) *Verdict {
	if s.metadata == nil || s.Secret != nil {
		return nil
	}
	return refuse(s.metadata)
}

// secretMissing tells a first issue from a Secret that was there before.
func secretMissing(s *subject) *Verdict {
	switch {
	case s.Secret != nil:
		return nil
	case s.Capability.Status.Token == nil && s.Capability.Status.SecretName == "":
		return mint(CauseFirstIssue)
	default:
		return mint(CauseSecretMissing)
	}
}

// tokenMissing covers an emptied key and a declaration that names another key.
func tokenMissing(s *subject) *Verdict {
	if s.Secret.Token == "" {
		return mint(CauseTokenMissing)
	}
	return nil
}

func tokenUnreadable(s *subject) *Verdict {
	if s.heldErr != nil {
		return mint(CauseTokenUnreadable)
	}
	return nil
}

// typeChanged comes before the signature, which another key makes.
func typeChanged(s *subject) *Verdict {
	if s.held.Type != s.wanted.Type {
		return mint(CauseDeclarationChanged)
	}
	return nil
}

// accountChanged comes before the signature, which would fail too but tell less.
func accountChanged(s *subject) *Verdict {
	if !s.speaksForAccount() {
		return mint(CauseAccountChanged)
	}
	return nil
}

func signatureInvalid(s *subject) *Verdict {
	if !s.signed {
		return mint(CauseSignatureInvalid)
	}
	return nil
}

// issuedInFuture also covers a token that does not say when it was issued.
func issuedInFuture(s *subject) *Verdict {
	if s.held.IssuedAt.IsZero() || s.held.IssuedAt.After(s.Now) {
		return mint(CauseIssuedInFuture)
	}
	return nil
}

func declarationChanged(s *subject) *Verdict {
	if !s.saysWanted() {
		return mint(CauseDeclarationChanged)
	}
	return nil
}

func tokenExpired(s *subject) *Verdict {
	if !s.Now.Before(s.held.ExpiresAt) {
		return mint(CauseTokenExpired)
	}
	return nil
}

// renewRequested honours each request once: the Secret remembers which one its
// token answers.
func renewRequested(s *subject) *Verdict {
	if s.request != "" && s.request != s.Secret.AnsweredRenewRequest {
		return mint(CauseRenewRequested)
	}
	return nil
}

func renewalDue(s *subject) *Verdict {
	if !s.Now.Before(RenewAt(s.Capability, s.held)) {
		return mint(CauseRenewal)
	}
	return nil
}
