package advice

import "github.com/capability-operator/capability-operator/api/v1alpha1"

var ofCapabilities = map[string]func(Subject) Advice{
	v1alpha1.ReasonTokenValid:         nothing[Subject],
	v1alpha1.ReasonOnDemand:           onDemand,
	v1alpha1.ReasonSuspended:          suspended,
	v1alpha1.ReasonTokenExpired:       tokenExpired,
	v1alpha1.ReasonAccountNotFound:    accountNotFound,
	v1alpha1.ReasonAccountKeyMissing:  accountKeyMissing,
	v1alpha1.ReasonAccountMalformed:   accountMalformed,
	v1alpha1.ReasonRegionNotSupported: regionNotSupported,

	v1alpha1.ReasonAccountNotReady:     accountNotReady,
	v1alpha1.ReasonClusterAccountsOff:  clusterAccountsOff,
	v1alpha1.ReasonNamespaceNotAllowed: namespaceNotAllowed,
	v1alpha1.ReasonOutsideLimits:       outsideLimits,

	v1alpha1.ReasonDeclarationInvalid: declarationInvalid,
	v1alpha1.ReasonMetadataNotAllowed: metadataNotAllowed,

	v1alpha1.ReasonSecretNotOwned:  secretNotOwned,
	v1alpha1.ReasonSecretImmutable: secretImmutable,
	v1alpha1.ReasonSecretContested: secretContested,
	v1alpha1.ReasonClockSkewed:     clockSkewed,
	v1alpha1.ReasonQuotaExceeded:   quotaExceeded,
	v1alpha1.ReasonAdmissionDenied: admissionDenied,
	v1alpha1.ReasonNotPermitted:    notPermitted,
	v1alpha1.ReasonWriteFailed:     writeFailed,

	Pending: operatorSilent,
	Overdue: operatorSilent,

	Deleting: deleting,
}

func onDemand(s Subject) Advice {
	return Advice{Steps: []Step{do("Nothing is to be mended. Ask for a token whenever one is needed:").with("kubectl capability token %s -n %s", s.Name, s.Namespace)}}
}

func suspended(s Subject) Advice {
	return Advice{Heals: atOnce, Steps: []Step{
		do("Somebody has set spec.suspend, and until it is false nothing is renewed. To go on:").with("%s", s.patch(`{"suspend":false}`)),
	}}
}

func tokenExpired(s Subject) Advice {
	return Advice{Heals: "as soon as its cause is gone", Steps: []Step{
		do("Something kept the token from being renewed in time; the object's other conditions say what:").
			with("kubectl describe clientcapability %s -n %s", s.Name, s.Namespace),
	}}
}

func accountNotFound(s Subject) Advice {
	name, namespace := s.Account.Name, s.Namespace
	if s.Account.IsClusterAccount() {
		return Advice{Heals: atOnce, Steps: []Step{
			do("See which accounts there are, as far as you may, and put the right name into spec.accountRef:").with("kubectl capability accounts -n %s", namespace),
			do("Otherwise ask the platform team for the ClusterAccount %q.", name),
		}}
	}
	return Advice{Heals: atOnce, Steps: []Step{
		do("If the Secret is there, its owner allows tokens to be signed with it by a label:").with("%s", labelSecret(namespace, name)),
		do("If it is not, write the lines TWILIO_ACCOUNT_SID=… and TWILIO_AUTH_TOKEN=… (for Access tokens TWILIO_API_KEY=… and TWILIO_API_SECRET=…) "+
			"into a file, make the Secret of it, and label that:").
			with("kubectl create secret generic %s -n %s --from-env-file=twilio.env", name, namespace),
		do("If another Secret was meant, put its name into spec.accountRef. These are labelled:").with("kubectl capability accounts -n %s", namespace),
	}}
}

func accountKeyMissing(s Subject) Advice {
	if s.Account.IsClusterAccount() {
		return Advice{Heals: atOnce, Steps: []Step{
			do("Declare tokens of the type that the account signs:").with("%s", s.patch(`{"tokenType":"`+string(otherType(s.TokenType))+`"}`)),
			do("Otherwise ask the platform team to add to the account what signs %s tokens.", s.TokenType),
		}}
	}
	return Advice{Heals: atOnce, Steps: []Step{
		do("See which keys the Secret has, and add the one that is missing:").with("%s", describeSecret(s.Namespace, s.Account.Name)),
		do("If the value is there under another key, name that in spec.accountRef.keys. If the account is for the other type of token, declare that type:").
			with("%s", s.patch(`{"tokenType":"`+string(otherType(s.TokenType))+`"}`)),
	}}
}

func otherType(t v1alpha1.TokenType) v1alpha1.TokenType {
	if t == v1alpha1.TokenTypeAccess {
		return v1alpha1.TokenTypeCapability
	}
	return v1alpha1.TokenTypeAccess
}

func accountMalformed(s Subject) Advice {
	return Advice{Heals: atOnce, Steps: []Step{
		do("See how long the value is. An account SID or API key's SID has 34 characters, an AuthToken or API key's secret 32 or more:").
			with("%s", describeSecret(s.Namespace, s.Account.Name)),
		do("Copy it anew from Twilio's console. Quotes, spaces and a value that was encoded in base64 twice are the usual mistakes."),
	}}
}

func regionNotSupported(s Subject) Advice {
	return Advice{Heals: atOnce, Steps: []Step{
		do("Declare Access tokens, which work in every region. The account needs an API key for them:").with("%s", s.patch(`{"tokenType":"Access"}`)),
	}}
}

func accountNotReady(s Subject) Advice {
	return Advice{Heals: atOnce, Steps: []Step{
		do("Only the platform team can mend it. Tell them the name; they see what is wrong with:").with("kubectl capability accounts %s -A", s.Account.Name),
	}}
}

func clusterAccountsOff(s Subject) Advice {
	return Advice{Heals: "at once; a changed flag with the restart that it needs", Steps: []Step{
		do("Name an account Secret of this namespace, such as twilio (kubectl capability accounts lists them):").
			with("%s", s.patch(`{"accountRef":{"kind":"Secret","name":"twilio"}}`)),
		do("Or have the operator started with --cluster-accounts=true, and with rights to read ClusterAccounts."),
	}}
}

func namespaceNotAllowed(s Subject) Advice {
	return Advice{Heals: atOnce, Steps: []Step{
		do("Ask the platform team to allow the namespace %s. They see whom the account allows with:", s.Namespace).with("kubectl capability accounts %s -A", s.Account.Name),
		do("Or name another account in spec.accountRef.").with("%s", s.edit()),
	}}
}

func outsideLimits(s Subject) Advice {
	return Advice{Heals: atOnce, Steps: []Step{
		do("Declare what the account permits:").with("%s", s.edit()),
		do("Otherwise ask the platform team to loosen that limit. They see all of them with:").with("kubectl capability accounts %s -A", s.Account.Name),
	}}
}

func deleting(s Subject) Advice {
	return Advice{Steps: []Step{
		do("See whose finalizers hold the object back, and have them do their part; then its Secret goes too, unless that is to be retained. "+
			"If the object was to stay, apply it again once it is gone:").
			with("kubectl get clientcapability %s -n %s -o jsonpath='{.metadata.finalizers}'", s.Name, s.Namespace),
	}}
}

func operatorSilent(s Subject) Advice {
	return Advice{Heals: "within seconds, once it works", Steps: []Step{
		do("See whether the operator runs:").with("%s", operatorPods),
		do("If it does, whether it works in the namespace %s (--watch-namespaces), and what it says:", s.Namespace).with("%s", operatorLogs),
	}}
}
