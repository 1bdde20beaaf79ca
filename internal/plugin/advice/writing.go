package advice

import "github.com/capability-operator/capability-operator/api/v1alpha1"

func declarationInvalid(s Subject) Advice {
	return Advice{Heals: atOnce, Steps: []Step{
		do("Mend the spec as the message says; the API server refuses such a declaration today, and kept this one from before:").with("%s", s.edit()),
	}}
}

func metadataNotAllowed(s Subject) Advice {
	return Advice{Heals: "at once; a changed flag with the restart that it needs", Steps: []Step{
		do("Use keys without a prefix in spec.secret.labels and .annotations:").with("%s", s.edit()),
		do("Or have the operator's --allowed-metadata-prefixes allow the prefix, if no tool acts on it that should not."),
	}}
}

func secretNotOwned(s Subject) Advice {
	otherwise := do("Or, if nobody needs the Secret that is there, delete it:").with("kubectl delete secret %s -n %s", s.Secret, s.Namespace)
	if s.Holder != "" {
		otherwise = do("Do not delete the Secret that is there: it is made by %s, which would make it again.", s.Holder)
	}
	return Advice{Heals: soon, Steps: []Step{
		do("Have the token put into a Secret of another name:").with("%s", s.patch(`{"secret":{"name":"`+s.Secret+`-token"}}`)),
		otherwise,
	}}
}

func secretImmutable(s Subject) Advice {
	return Advice{Heals: atOnce, Steps: []Step{
		do("Delete the Secret; it is made anew at once:").with("kubectl delete secret %s -n %s", s.Secret, s.Namespace),
		do("Then restart the pods that mount it: a kubelet does not look again at a Secret that was immutable."),
	}}
}

func secretContested(s Subject) Advice {
	return Advice{Heals: soon, Steps: []Step{
		do("Find who else writes to the Secret, or asks for renewal, and have it stopped. These have written (no value is shown):").
			with(`kubectl get secret/%s clientcapability/%s -n %s --show-managed-fields `+
				`-o jsonpath='{range .items[*]}{range .metadata.managedFields[*]}{.manager}{"  "}{.time}{"\n"}{end}{end}'`, s.Secret, s.Name, s.Namespace),
		do("A tool that copies or syncs Secrets is the usual one: take this Secret out of its reach, or choose another spec.secret.name."),
	}}
}

func clockSkewed(Subject) Advice {
	return Advice{Heals: soon, Steps: []Step{
		do("Find the node that the operator runs on, and set its clock (NTP):").with("%s", operatorPods),
	}}
}

func quotaExceeded(s Subject) Advice {
	return Advice{Heals: soon, Steps: []Step{
		do("See what the quota counts, then raise it or delete what is not needed:").with("kubectl describe resourcequota -n %s", s.Namespace),
	}}
}

func admissionDenied(s Subject) Advice {
	return Advice{Heals: soon, Steps: []Step{
		do("See what the policy or webhook objects to, by a Secret of the same kind that is not stored:").
			with("kubectl create secret generic %s -n %s --type=%s --from-literal=token=x --dry-run=server", s.Secret, s.Namespace, v1alpha1.SecretType),
		do("Have who owns the policy or webhook let Secrets of the type %s through.", v1alpha1.SecretType),
	}}
}

func notPermitted(s Subject) Advice {
	return Advice{Heals: soon, Steps: []Step{
		do("Somebody who administers the cluster sees what the operator may do here, and gives it back what config/rbac grants:").
			with("kubectl auth can-i --list -n %s --as=system:serviceaccount:capability-operator-system:capability-operator", s.Namespace),
	}}
}

func writeFailed(Subject) Advice {
	return Advice{Heals: inAMinute, Steps: []Step{
		do("Nothing, if it passes within a minute. If it does not, the operator's log has the error; a webhook that does not answer is the usual cause:").
			with("%s", operatorLogs),
	}}
}
