package issuance_test

import (
	"strings"
	"testing"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

// production is the ClusterAccount that lent speaks of.
func production(edits ...func(*v1alpha1.ClusterAccountSpec)) v1alpha1.ClusterAccountSpec {
	spec := v1alpha1.ClusterAccountSpec{SecretRef: v1alpha1.ClusterSecretReference{Namespace: "voice-platform", Name: "twilio"}}
	for _, edit := range edits {
		edit(&spec)
	}
	return spec
}

func limiting(limits v1alpha1.Limits) func(*v1alpha1.ClusterAccountSpec) {
	return func(spec *v1alpha1.ClusterAccountSpec) { spec.Limits = &limits }
}

func allowing(allowed *v1alpha1.AllowedNamespaces) func(*v1alpha1.ClusterAccountSpec) {
	return func(spec *v1alpha1.ClusterAccountSpec) { spec.AllowedNamespaces = allowed }
}

// holding is an account's Secret with those values, in the order of AccountKeys.
func holding(sid, authToken, apiKey, apiSecret, region string) issuance.Account {
	return issuance.Account{
		Found:     true,
		SID:       issuance.Credential{Key: v1alpha1.DefaultAccountSIDKey, Value: sid},
		AuthToken: issuance.Credential{Key: v1alpha1.DefaultAuthTokenKey, Value: authToken},
		APIKey:    issuance.Credential{Key: v1alpha1.DefaultAPIKeyKey, Value: apiKey},
		APISecret: issuance.Credential{Key: v1alpha1.DefaultAPISecretKey, Value: apiSecret},
		Region:    issuance.Credential{Key: v1alpha1.DefaultRegionKey, Value: region},
	}
}

func TestTheOwnerOfAClusterAccountIsToldWhatKeepsItFromSigning(t *testing.T) {
	const (
		missing   = v1alpha1.ReasonAccountKeyMissing
		malformed = v1alpha1.ReasonAccountMalformed
	)
	nothingUnder := func(key string) string {
		return `Secret "twilio" in the namespace voice-platform has nothing under the key "` + key + `"; add it, or name the right key in spec.secretRef.keys.`
	}
	wrong := func(key, how string) string {
		return `The key "` + key + `" of the account's Secret "twilio": capability: credentials are not well-formed: ` + how + `.`
	}
	only := func(types ...v1alpha1.LimitedTokenType) []func(*v1alpha1.ClusterAccountSpec) {
		return []func(*v1alpha1.ClusterAccountSpec){limiting(v1alpha1.Limits{TokenTypes: types})}
	}
	whole := holding(accountSID, authToken, apiKeySID, apiSecret, "us1")
	for name, test := range map[string]struct {
		edits           []func(*v1alpha1.ClusterAccountSpec)
		account         issuance.Account
		reason, message string
	}{
		"nothing does":                          {account: whole},
		"an AuthToken is enough":                {account: holding(accountSID, authToken, "", "", "")},
		"an API key is enough":                  {account: holding(accountSID, "", apiKeySID, apiSecret, "")},
		"an API key is enough in any region":    {account: holding(accountSID, "", apiKeySID, apiSecret, "ie1")},
		"limits with no token type are kept to": {account: holding(accountSID, authToken, "", "", ""), edits: only([]v1alpha1.LimitedTokenType{}...)},
		"there is no such Secret": {
			account: issuance.Account{}, reason: v1alpha1.ReasonAccountNotFound,
			message: `No Secret "twilio" with the label voice.capability-operator.io/account=true is in the namespace voice-platform; ` +
				`if the Secret exists, its owner allows its use with: kubectl label secret --namespace voice-platform twilio voice.capability-operator.io/account=true`,
		},
		"it has no account SID":     {account: holding("", authToken, "", "", ""), reason: missing, message: nothingUnder("TWILIO_ACCOUNT_SID")},
		"it has nothing but that":   {account: holding(accountSID, "", "", "", ""), reason: missing, message: nothingUnder("TWILIO_API_KEY")},
		"its API key has no secret": {account: holding(accountSID, authToken, apiKeySID, "", ""), reason: missing, message: nothingUnder("TWILIO_API_SECRET")},
		"its secret has no API key": {account: holding(accountSID, "", "", apiSecret, ""), reason: missing, message: nothingUnder("TWILIO_API_KEY")},
		"limits want an API key":    {account: holding(accountSID, authToken, "", "", ""), edits: only("Access"), reason: missing, message: nothingUnder("TWILIO_API_KEY")},
		"limits want an AuthToken":  {account: holding(accountSID, "", apiKeySID, apiSecret, ""), edits: only("Capability"), reason: missing, message: nothingUnder("TWILIO_AUTH_TOKEN")},
		"its region wants an API key": {
			account: holding(accountSID, authToken, "", "", "ie1"), reason: missing, message: nothingUnder("TWILIO_API_KEY"),
		},
		"its region and its limits want what excludes the other": {
			account: holding(accountSID, authToken, apiKeySID, apiSecret, "ie1"), edits: only("Capability"), reason: v1alpha1.ReasonRegionNotSupported,
			message: `Secret "twilio" in the namespace voice-platform is of the region ie1, and Twilio accepts Capability tokens in us1 only, ` +
				`which are all that spec.limits.tokenTypes permits; permit Access.`,
		},
		"its account SID is malformed": {account: holding("AC12", authToken, "", "", ""), reason: malformed,
			message: wrong("TWILIO_ACCOUNT_SID", "the account SID is not AC and 32 hexadecimal digits (it has 4 characters)")},
		"its AuthToken is malformed": {account: holding(accountSID, "short", "", "", ""), reason: malformed,
			message: wrong("TWILIO_AUTH_TOKEN", "the AuthToken has 5 characters, not 32 to 128")},
		"its AuthToken is malformed beside an API key": {account: holding(accountSID, "short", apiKeySID, apiSecret, ""), reason: malformed,
			message: wrong("TWILIO_AUTH_TOKEN", "the AuthToken has 5 characters, not 32 to 128")},
		"its API key is malformed": {account: holding(accountSID, "", "SK12", apiSecret, ""), reason: malformed,
			message: wrong("TWILIO_API_KEY", "the API key's SID is not SK and 32 hexadecimal digits (it has 4 characters)")},
		"its API key's secret is malformed": {account: holding(accountSID, "", apiKeySID, "short", ""), reason: malformed,
			message: wrong("TWILIO_API_SECRET", "the API key's secret has 5 characters, not 32 to 128")},
		"its region is malformed": {account: holding(accountSID, authToken, "", "", "Ireland"), reason: malformed,
			message: wrong("TWILIO_REGION", "the region is not two small letters and a number, such as us1, ie1 or au1 (it has 7 characters)")},
	} {
		t.Run(name, func(t *testing.T) {
			checkOwners(t, issuance.ClusterAccountFault(production(test.edits...), test.account), test.account, test.reason, test.message)
		})
	}
}

func TestTermsThatCantBeReadPermitNothing(t *testing.T) {
	whole := holding(accountSID, authToken, apiKeySID, apiSecret, "")
	for name, test := range map[string]struct {
		edit  func(*v1alpha1.ClusterAccountSpec)
		cause string
	}{
		"a selector that is empty":               {allowing(selecting(nil)), "allowedNamespaces: an empty selector would allow every namespace: write all: true for that"},
		"a selector with an operator of its own": {allowing(selecting(nil, where("team", "Is", "support"))), `"Is" is not a valid label selector operator`},
		"a selector with In and no values":       {allowing(selecting(nil, where("team", "In"))), "allowedNamespaces: reading the selector"},
		"a longest life of a day in days":        {limiting(v1alpha1.Limits{MaxTTL: "1d"}), "minTTL and maxTTL must be durations such as 90s, 10m or 1h30m"},
		"a shortest life of nothing":             {limiting(v1alpha1.Limits{MinTTL: "0s"}), "minTTL and maxTTL must be durations such as 90s, 10m or 1h30m"},
		"a pattern that is none":                 {limiting(v1alpha1.Limits{ClientNamePattern: "support_[a-z"}), "missing closing ]"},
		"a pattern that may be shared":           {limiting(v1alpha1.Limits{ClientNamePattern: "$(namespace)-.+"}), "must begin with $(namespace) and a character that no namespace has in its name"},
	} {
		t.Run(name, func(t *testing.T) {
			spec := production(allowing(&v1alpha1.AllowedNamespaces{All: new(true)}), test.edit)
			fault := issuance.ClusterAccountFault(spec, whole)
			if fault == nil || fault.Reason != v1alpha1.ReasonLimitsInvalid || !fault.Watched || fault.Waiting {
				t.Fatalf("it is told as %+v", fault)
			}
			if !strings.HasPrefix(fault.Message, "Nothing is permitted, because the limits can't be read: ") || !strings.Contains(fault.Message, test.cause) {
				t.Errorf("%q does not say %q", fault.Message, test.cause)
			}
			// Before what the Secret lacks: that would not be enough.
			if without := issuance.ClusterAccountFault(spec, issuance.Account{}); without == nil || without.Reason != v1alpha1.ReasonLimitsInvalid {
				t.Errorf("without a Secret it is told as %+v", without)
			}
			v := issuance.Decide(healthy(t, lent, allows(spec.AllowedNamespaces, map[string]string{"team": "support"}), limited(spec.Limits)))
			if v.Action != issuance.Refuse || strings.Contains(v.Fault.Message, test.cause) {
				t.Errorf("a tenant gets %s, %+v", outcomeOf(v), v.Fault)
			}
		})
	}
}

func checkOwners(t *testing.T, fault *issuance.Fault, account issuance.Account, reason, message string) {
	t.Helper()
	if reason == "" || fault == nil {
		if fault != nil || reason != "" {
			t.Errorf("it is told as %+v and not as %q", fault, reason)
		}
		return
	}
	if fault.Reason != reason || fault.Message != message {
		t.Errorf("it is told as %s: %s\nand not as %s: %s", fault.Reason, fault.Message, reason, message)
	}
	if !fault.Watched || fault.Waiting != (reason == v1alpha1.ReasonAccountNotFound) {
		t.Errorf("watched %t, waiting %t", fault.Watched, fault.Waiting)
	}
	for _, value := range []string{account.SID.Value, account.AuthToken.Value, account.APIKey.Value, account.APISecret.Value} {
		if value != "" && strings.Contains(fault.Message, value) {
			t.Errorf("%q holds what the Secret does", fault.Message)
		}
	}
}
