package issuance_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

// clock finds times of day, dates and seconds since 1970 in a text.
var clock = regexp.MustCompile(`\d{1,2}:\d{2}|\b20\d\d\b|\d{10}`)

func TestAFaultNamesWhatIsWrongAndWhatToDo(t *testing.T) {
	for _, test := range []struct {
		name    string
		changes []change
		says    []string
		watched bool
		waiting bool
	}{
		{"suspended", []change{suspended}, []string{"set spec.suspend to false"}, true, false},
		{"ttl too short", []change{lives("4s", "")}, []string{"spec.ttl", "5s to 24h"}, true, false},
		{"renewBefore too long", []change{lives("1h", "1h")}, []string{"spec.renewBefore", "at least 1s less than spec.ttl"}, true, false},
		{"client name", []change{declares(func(c *v1alpha1.ClientCapability) { c.Spec.ClientName = "a b" })}, []string{"client name", "space"}, true, false},
		{"application SID", []change{declares(func(c *v1alpha1.ClientCapability) { c.Spec.Outgoing = &v1alpha1.Outgoing{ApplicationSID: "AP12"} })}, []string{"application SID", "AP and 32 hexadecimal digits", "4 characters"}, true, false},
		{"another's Secret", []change{notOurs}, []string{`"tommy"`, "spec.secret.name", "delete"}, false, false},
		{"another's Secret of another name", []change{notOurs, declares(func(c *v1alpha1.ClientCapability) { c.Spec.Secret = &v1alpha1.SecretTarget{Name: "elsewhere"} })}, []string{`"elsewhere"`}, false, false},
		{"immutable", []change{immutable, holds("")}, []string{`"tommy"`, "immutable", "delete it"}, true, false},
		{"no account", []change{noAccount}, []string{"kubectl label secret --namespace support twilio voice.capability-operator.io/account=true"}, true, true},
		{"no SID", []change{hasSID("")}, []string{`"TWILIO_ACCOUNT_SID"`, `"twilio"`, "spec.accountRef.keys"}, true, false},
		{"no AuthToken", []change{hasAuthToken("")}, []string{`"TWILIO_AUTH_TOKEN"`, `"twilio"`, "spec.accountRef.keys"}, true, false},
		{"malformed SID", []change{hasSID("AC12")}, []string{`"TWILIO_ACCOUNT_SID"`, `"twilio"`, "AC and 32 hexadecimal digits", "4 characters"}, true, false},
		{"malformed AuthToken", []change{hasAuthToken("short")}, []string{`"TWILIO_AUTH_TOKEN"`, `"twilio"`, "5 characters", "32 to 128"}, true, false},
		{"label", []change{neverIssued, labels("argocd.argoproj.io/instance")}, []string{"spec.secret.labels[argocd.argoproj.io/instance]", "without a prefix", "--allowed-metadata-prefixes", "reloader.stakater.com/"}, true, false},
		{"annotation", []change{neverIssued, annotates("example.com/x")}, []string{"spec.secret.annotations[example.com/x]"}, true, false},
		{"clock", []change{holds(""), serverAt(noon.Add(2 * time.Hour))}, []string{"clock", "set the clock"}, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := healthy(t, test.changes...)
			v := issuance.Decide(f)
			if v.Action != issuance.Refuse {
				t.Fatalf("came to %s", outcomeOf(v))
			}
			for _, part := range test.says {
				if !strings.Contains(v.Fault.Message, part) {
					t.Errorf("%q doesn't say %q", v.Fault.Message, part)
				}
			}
			if v.Fault.Watched != test.watched || v.Fault.Waiting != test.waiting {
				t.Errorf("watched %v, waiting %v", v.Fault.Watched, v.Fault.Waiting)
			}
			checkDiscretion(t, f, v.Fault)
		})
	}
}

// checkDiscretion checks that a fault gives nothing away, and that nothing in it
// would differ from one pass to the next.
func checkDiscretion(t *testing.T, f issuance.Facts, fault *issuance.Fault) {
	t.Helper()
	secrets := map[string]string{
		"account SID": f.Account.SID.Value, "AuthToken": f.Account.AuthToken.Value,
		"API key's SID": f.Account.APIKey.Value, "API secret": f.Account.APISecret.Value,
	}
	if f.Secret != nil {
		secrets["token"] = f.Secret.Token
	}
	for what, value := range secrets {
		if value != "" && strings.Contains(fault.Message, value) {
			t.Errorf("%q holds the %s", fault.Message, what)
		}
	}
	if found := clock.FindString(strings.ReplaceAll(fault.Message, "86399s", "")); found != "" {
		t.Errorf("%q holds a time: %s", fault.Message, found)
	}
	f.Now = f.Now.Add(time.Hour)
	if again := issuance.Decide(f).Fault; again != nil && again.Reason == fault.Reason && again.Message != fault.Message {
		t.Errorf("an hour later the message is another: %q, then %q", fault.Message, again.Message)
	}
}

func TestAMissingAndAnUnlabelledAccountCantBeToldApart(t *testing.T) {
	missing := issuance.Decide(healthy(t, noAccount))
	// Whoever gathers the facts might see a Secret without the label after all.
	unlabelled := issuance.Decide(healthy(t, func(_ *testing.T, f *issuance.Facts) { f.Account.Found = false }))
	if *missing.Fault != *unlabelled.Fault || outcomeOf(missing) != outcomeOf(unlabelled) {
		t.Errorf("%+v and %+v", missing.Fault, unlabelled.Fault)
	}
}

func TestNoByteOfAMalformedCredentialIsShown(t *testing.T) {
	values := map[string]string{
		"short":               "zq7Zq",
		"one byte":            "Q",
		"long":                strings.Repeat("Zq7", 50),
		"with a line break":   "Zq7Zq7Zq7Zq7Zq7\nZq7Zq7Zq7Zq7Zq7Zq7",
		"with spaces around":  " Zq7Zq7Zq7Zq7Zq7Zq7Zq7Zq7Zq7Zq7Zq7Zq7 ",
		"not ASCII":           strings.Repeat("ж", 40),
		"not UTF-8":           strings.Repeat("\xff", 40),
		"a NUL":               strings.Repeat("\x00", 40),
		"a format":            strings.Repeat("%s%d%v%!", 5),
		"a private key":       "-----BEGIN PRIVATE KEY-----\nZq7Zq7Zq7Zq7Zq7\n-----END PRIVATE KEY-----",
		"another kind of SID": "SK0123456789abcdef0123456789abcdeQ",
	}
	for name, value := range values {
		for key, put := range map[string]func(string) change{"SID": hasSID, "AuthToken": hasAuthToken} {
			if key == "AuthToken" && name == "another kind of SID" {
				continue // 34 letters and digits, as an AuthToken may be
			}
			t.Run(name+" as the "+key, func(t *testing.T) {
				v := issuance.Decide(healthy(t, put(value)))
				if got := outcomeOf(v); got != v1alpha1.ReasonAccountMalformed {
					t.Fatalf("came to %s", got)
				}
				// The message is the same for any value that is wrong in the same way.
				other := issuance.Decide(healthy(t, put(alike(value))))
				if v.Fault.Message != other.Fault.Message {
					t.Errorf("the message depends on the value: %q, %q", v.Fault.Message, other.Fault.Message)
				}
			})
		}
	}
}

// alike gives other characters, but as many of each kind.
func alike(value string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case '0' <= r && r <= '9':
			return '0' + (r-'0'+3)%10
		case 'a' <= r && r <= 'z':
			return 'a' + (r-'a'+3)%26
		case 'A' <= r && r <= 'Z':
			return 'A' + (r-'A'+3)%26
		case r == ' ' || r == '\n':
			return '\t'
		case r < 0x80:
			return '$'
		}
		return 'я'
	}, value)
}

func TestOnlyTheKeysThatAreNamedAreReadOrTold(t *testing.T) {
	f := healthy(t, hasAuthToken(""))
	f.Account.AuthToken.Key = "my-token"
	if message := issuance.Decide(f).Fault.Message; !strings.Contains(message, `"my-token"`) || strings.Contains(message, "TWILIO") {
		t.Errorf("%q", message)
	}
}

func TestAPrefixIsAllowedOrNot(t *testing.T) {
	for _, test := range []struct {
		key     string
		allowed []string
		refused bool
	}{
		{"team", nil, false},
		{"team.of-mine_1", nil, false},
		{"reloader.stakater.com/match", []string{"reloader.stakater.com/"}, false},
		{"reloader.stakater.com/match", nil, true},
		{"reloader.stakater.com.evil.example/match", []string{"reloader.stakater.com/"}, true},
		{"example.com/x", []string{"example.org/", "example.com/"}, false},
		{"sub.example.com/x", []string{"example.com/"}, true},
		{"Example.com/x", []string{"example.com/"}, true},
		{"kubernetes.io/x", []string{""}, false}, // whoever allows everything means it
		{v1alpha1.OwnerAnnotation, []string{"reloader.stakater.com/"}, true},
	} {
		for place, put := range map[string]func(string) change{"label": labels, "annotation": annotates} {
			f := healthy(t, put(test.key))
			f.AllowedPrefixes = test.allowed
			v := issuance.Decide(f)
			if refused := v.Fault != nil && v.Fault.Reason == v1alpha1.ReasonMetadataNotAllowed; refused != test.refused {
				t.Errorf("%s %s with %q allowed: refused %v", place, test.key, test.allowed, refused)
			}
		}
	}
}

func TestSeveralLabelsAreToldInTheSameOrderAlways(t *testing.T) {
	f := healthy(t, declares(func(c *v1alpha1.ClientCapability) {
		c.Spec.Secret = &v1alpha1.SecretTarget{
			Labels:      map[string]v1alpha1.LabelValue{"b.example/x": "", "a.example/x": "", "fine": ""},
			Annotations: map[string]v1alpha1.AnnotationValue{"c.example/x": ""},
		}
	}))
	var messages []string
	for range 50 {
		messages = append(messages, issuance.Decide(f).Fault.Message)
	}
	if messages = slices.Compact(messages); len(messages) != 1 {
		t.Fatalf("%d different messages", len(messages))
	}
	for _, part := range []string{"annotations[c.example/x], spec.secret.labels[a.example/x], spec.secret.labels[b.example/x]:"} {
		if !strings.Contains(messages[0], part) {
			t.Errorf("%q doesn't say %q", messages[0], part)
		}
	}
	if strings.Contains(messages[0], "fine") {
		t.Errorf("%q names a label that is allowed", messages[0])
	}
}

func TestFaultsThatTheControllerFindsSayWhatToDo(t *testing.T) {
	for _, test := range []struct {
		fault  *issuance.Fault
		reason string
		says   []string
	}{
		{issuance.SecretNotOwned("tommy"), v1alpha1.ReasonSecretNotOwned, []string{`"tommy"`, "spec.secret.name"}},
		{issuance.SecretImmutable("tommy"), v1alpha1.ReasonSecretImmutable, []string{`"tommy"`, "delete it"}},
		{issuance.Contested("tommy"), v1alpha1.ReasonSecretContested, []string{`"tommy"`, "--show-managed-fields", "stop it"}},
	} {
		if test.fault.Reason != test.reason {
			t.Errorf("%s, not %s", test.fault.Reason, test.reason)
		}
		for _, part := range test.says {
			if !strings.Contains(test.fault.Message, part) {
				t.Errorf("%q doesn't say %q", test.fault.Message, part)
			}
		}
	}
}
