package advice

import (
	"fmt"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

var ofAccounts = map[string]func(*v1alpha1.ClusterAccount) Advice{
	v1alpha1.ReasonCredentialsValid:    nothing[*v1alpha1.ClusterAccount],
	v1alpha1.ReasonCredentialsAccepted: nothing[*v1alpha1.ClusterAccount],

	v1alpha1.ReasonAccountNotFound:    lentNotFound,
	v1alpha1.ReasonAccountKeyMissing:  lentKeyMissing,
	v1alpha1.ReasonAccountMalformed:   lentMalformed,
	v1alpha1.ReasonRegionNotSupported: lentRegion,
	v1alpha1.ReasonLimitsInvalid:      limitsInvalid,

	v1alpha1.ReasonCredentialsRefused:    credentialsRefused,
	v1alpha1.ReasonTwilioAccountInactive: accountInactive,
	v1alpha1.ReasonTwilioUnreachable:     twilioUnreachable,

	Pending: lentPending,
}

// Incomplete is the advice on an account Secret that can sign nothing.
func Incomplete(namespace, name string) Advice {
	return Advice{Heals: atOnce, Steps: []Step{
		do("See which keys the Secret has, and how long the values are. TWILIO_ACCOUNT_SID is needed, and for Access tokens TWILIO_API_KEY with "+
			"TWILIO_API_SECRET, for Capability tokens TWILIO_AUTH_TOKEN; who uses it may name other keys in spec.accountRef.keys:").
			with("%s", describeSecret(namespace, name)),
	}}
}

func editAccount(lent *v1alpha1.ClusterAccount) string {
	return fmt.Sprintf("kubectl edit clusteraccount %s", lent.Name)
}

func lentNotFound(lent *v1alpha1.ClusterAccount) Advice {
	ref := lent.Spec.SecretRef
	return Advice{Heals: atOnce, Steps: []Step{
		do("If the Secret is there, label it:").with("%s", labelSecret(ref.Namespace, ref.Name)),
		do("If it is not, write the lines TWILIO_ACCOUNT_SID=…, TWILIO_API_KEY=… and TWILIO_API_SECRET=… into a file, make the Secret of it, and label that:").
			with("kubectl create secret generic %s -n %s --from-env-file=twilio.env", ref.Name, ref.Namespace),
	}}
}

func lentKeyMissing(lent *v1alpha1.ClusterAccount) Advice {
	ref := lent.Spec.SecretRef
	return Advice{Heals: atOnce, Steps: []Step{
		do("See which keys the Secret has, and add the one that is missing:").with("%s", describeSecret(ref.Namespace, ref.Name)),
		do("Or name the key that has the value in spec.secretRef.keys:").with("%s", editAccount(lent)),
	}}
}

func lentMalformed(lent *v1alpha1.ClusterAccount) Advice {
	ref := lent.Spec.SecretRef
	return Advice{Heals: atOnce, Steps: []Step{
		do("See how long the value is. An account SID or API key's SID has 34 characters, an AuthToken or API key's secret 32 or more:").
			with("%s", describeSecret(ref.Namespace, ref.Name)),
		do("Copy it anew from Twilio's console, or take it out if nothing needs it."),
	}}
}

func lentRegion(lent *v1alpha1.ClusterAccount) Advice {
	return Advice{Heals: atOnce, Steps: []Step{
		do("Permit Access tokens in spec.limits.tokenTypes; Capability tokens work in us1 alone:").with("%s", editAccount(lent)),
	}}
}

func limitsInvalid(lent *v1alpha1.ClusterAccount) Advice {
	return Advice{Heals: atOnce, Steps: []Step{
		do("Mend what the message names. Until then nobody gets a token of this account:").with("%s", editAccount(lent)),
	}}
}

func credentialsRefused(lent *v1alpha1.ClusterAccount) Advice {
	ref := lent.Spec.SecretRef
	return Advice{Heals: atOnce, Steps: []Step{
		do("Twilio will refuse every token that is signed with it. Look in Twilio's console whether the credential was deleted or replaced, "+
			"write the present ones into a file of lines such as TWILIO_AUTH_TOKEN=…, and put that into the Secret:").
			with("kubectl create secret generic %s -n %s --from-env-file=twilio.env --dry-run=client -o yaml | kubectl apply --server-side --force-conflicts -f -",
				ref.Name, ref.Namespace),
	}}
}

func accountInactive(*v1alpha1.ClusterAccount) Advice {
	return Advice{Heals: "when Twilio is asked again, after spec.verify.interval", Steps: []Step{
		do("Ask Twilio why the account is suspended or closed; its console says so too. No call works until then."),
	}}
}

func twilioUnreachable(*v1alpha1.ClusterAccount) Advice {
	return Advice{Heals: "when Twilio answers; it is asked again, less and less often", Steps: []Step{
		do("Nothing for the tokens, which are signed all the same. If it lasts, let the operator's pods reach api.twilio.com; its log says what fails:").
			with("%s", operatorLogs),
	}}
}

func lentPending(*v1alpha1.ClusterAccount) Advice {
	return Advice{Heals: "within seconds, once it works", Steps: []Step{
		do("See whether the operator runs, and with --cluster-accounts=true:").with("%s", operatorPods),
	}}
}
