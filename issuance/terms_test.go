package issuance_test

import (
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

var (
	notAllowed = ruling{
		reason:   v1alpha1.ReasonNamespaceNotAllowed,
		message:  `ClusterAccount "production" does not allow the namespace support (spec.allowedNamespaces); ask the platform team to allow it.`,
		withheld: true,
	}
	labelsUnknown = ruling{
		reason: v1alpha1.ReasonNamespaceNotAllowed,
		message: `ClusterAccount "production" allows namespaces by their labels (spec.allowedNamespaces), ` +
			`and those of the namespace support are not known yet.`,
		waiting: true, withheld: true,
	}
	notReady = ruling{
		reason:  v1alpha1.ReasonAccountNotReady,
		message: `ClusterAccount "production" can't sign at present; the platform team sees why with: kubectl describe clusteraccount production`,
	}
)

func selecting(labels map[string]v1alpha1.LabelValue, expressions ...v1alpha1.NamespaceSelectorRequirement) *v1alpha1.AllowedNamespaces {
	return &v1alpha1.AllowedNamespaces{Selector: &v1alpha1.NamespaceSelector{MatchLabels: labels, MatchExpressions: expressions}}
}

func where(key string, operator v1alpha1.SelectorOperator, values ...v1alpha1.LabelValue) v1alpha1.NamespaceSelectorRequirement {
	return v1alpha1.NamespaceSelectorRequirement{Key: key, Operator: operator, Values: values}
}

func named(names ...v1alpha1.NamespaceName) *v1alpha1.AllowedNamespaces {
	return &v1alpha1.AllowedNamespaces{Names: names}
}

func TestANamespaceIsAllowedOrNot(t *testing.T) {
	ours := map[string]string{"kubernetes.io/metadata.name": "support", "team": "support", "tier": "gold"}
	for name, test := range map[string]struct {
		allowed *v1alpha1.AllowedNamespaces
		labels  map[string]string
		want    ruling
	}{
		"all are":                                  {&v1alpha1.AllowedNamespaces{All: new(true)}, nil, ruling{}},
		"all are not, where all is false":          {&v1alpha1.AllowedNamespaces{All: new(false)}, ours, notAllowed},
		"none is by default":                       {nil, ours, notAllowed},
		"none is where nothing is said":            {&v1alpha1.AllowedNamespaces{}, ours, notAllowed},
		"by its name it is":                        {named("sales", "support"), nil, ruling{}},
		"by another's name it is not":              {named("sales"), ours, notAllowed},
		"by a name that begins with its own":       {named("support-eu"), ours, notAllowed},
		"by a beginning of its name":               {named("supp"), ours, notAllowed},
		"by an empty list of names":                {named(), ours, notAllowed},
		"by a name that looks like a pattern":      {named("*"), ours, notAllowed},
		"by its label it is":                       {selecting(map[string]v1alpha1.LabelValue{"team": "support"}), ours, ruling{}},
		"by the same label of another value":       {selecting(map[string]v1alpha1.LabelValue{"team": "sales"}), ours, notAllowed},
		"by a label that it lacks":                 {selecting(map[string]v1alpha1.LabelValue{"voice": ""}), ours, notAllowed},
		"by one of two labels alone":               {selecting(map[string]v1alpha1.LabelValue{"team": "support", "tier": "iron"}), ours, notAllowed},
		"by an expression it is":                   {selecting(nil, where("team", "In", "sales", "support")), ours, ruling{}},
		"by an expression it is not":               {selecting(nil, where("team", "In", "sales")), ours, notAllowed},
		"by a label that it has, whatever it says": {selecting(nil, where("tier", "Exists")), ours, ruling{}},
		"by a label that it does not have":         {selecting(nil, where("frozen", "DoesNotExist")), ours, ruling{}},
		"by a label that it had better not have":   {selecting(nil, where("tier", "DoesNotExist")), ours, notAllowed},
		"by not being another's":                   {selecting(nil, where("team", "NotIn", "sales")), ours, ruling{}},
		"by a label and an expression":             {selecting(map[string]v1alpha1.LabelValue{"team": "support"}, where("tier", "NotIn", "gold")), ours, notAllowed},
		"with labels, but none of its own":         {selecting(nil, where("frozen", "DoesNotExist")), map[string]string{}, ruling{}},
		"by an empty selector":                     {selecting(nil), ours, notAllowed},
		"by an operator that there is not":         {selecting(nil, where("team", "Is", "support")), ours, notAllowed},
		"by In without values":                     {selecting(nil, where("team", "In")), ours, notAllowed},
		"by Exists with values":                    {selecting(nil, where("team", "Exists", "support")), ours, notAllowed},
	} {
		t.Run(name, func(t *testing.T) { checkRuling(t, test.want, lent, allows(test.allowed, test.labels)) })
	}
}

// A namespace that the watch has not brought yet has labels all the same: nothing
// can be concluded from not seeing them.
func TestALabelThatIsNotKnownIsNeitherThereNorAbsent(t *testing.T) {
	for name, allowed := range map[string]*v1alpha1.AllowedNamespaces{
		"has a value":                      selecting(map[string]v1alpha1.LabelValue{"team": "support"}),
		"has an empty value":               selecting(map[string]v1alpha1.LabelValue{"team": ""}),
		"is there":                         selecting(nil, where("team", "Exists")),
		"is absent":                        selecting(nil, where("frozen", "DoesNotExist")),
		"is none of some":                  selecting(nil, where("team", "NotIn", "sales")),
		"is none of some, and another not": selecting(nil, where("team", "NotIn", "sales"), where("frozen", "DoesNotExist")),
	} {
		t.Run(name, func(t *testing.T) { checkRuling(t, labelsUnknown, lent, allows(allowed, nil)) })
	}
	t.Run("and does not matter where the name decides", func(t *testing.T) {
		checkRuling(t, ruling{}, lent, allows(named("support"), nil))
		checkRuling(t, notAllowed, lent, allows(named("sales"), nil))
	})
}

func TestAClusterAccountThatCantSignIsToldWithoutWhatItsSecretHolds(t *testing.T) {
	noneOfType := func(lacks, declared, other string) ruling {
		return ruling{reason: v1alpha1.ReasonAccountKeyMissing, message: `ClusterAccount "production" has no ` + lacks +
			`, so it signs no tokens of spec.tokenType ` + declared + `; set that to ` + other + `, or ask the platform team to add one.`}
	}
	notThereYet := notReady
	notThereYet.waiting = true
	only := func(types ...v1alpha1.LimitedTokenType) change { return limited(&v1alpha1.Limits{TokenTypes: types}) }
	for name, test := range map[string]struct {
		changes []change
		want    ruling
	}{
		"it can":                                          {nil, ruling{}},
		"it can, with an API key alone":                   {[]change{access}, ruling{}},
		"its Secret is missing, or has no label":          {[]change{noAccount}, notThereYet},
		"it has no account SID":                           {[]change{hasSID("")}, notReady},
		"its account SID is malformed":                    {[]change{hasSID("AC12")}, notReady},
		"its AuthToken is malformed":                      {[]change{hasAuthToken("short")}, notReady},
		"its API key is malformed":                        {[]change{access, hasAPIKey("SK12", apiSecret)}, notReady},
		"its API key's secret is malformed":               {[]change{access, hasAPIKey(apiKeySID, "short")}, notReady},
		"its API key has no secret":                       {[]change{access, hasAPIKey(apiKeySID, "")}, notReady},
		"its API key has no secret beside a token":        {[]change{wantsAccess, hasAuthToken(authToken), hasAPIKey(apiKeySID, "")}, notReady},
		"its region is malformed":                         {[]change{isOf("Ireland 1")}, notReady},
		"it has neither AuthToken nor API key":            {[]change{hasAuthToken("")}, notReady},
		"it has neither, for an Access token":             {[]change{access, hasAPIKey("", "")}, notReady},
		"it has no AuthToken":                             {[]change{wantsAccess, wantsCapability, hasAuthToken("")}, noneOfType("AuthToken", "Capability", "Access")},
		"it has no API key":                               {[]change{wantsAccess, hasAPIKey("", "")}, noneOfType("API key", "Access", "Capability")},
		"it has no AuthToken, and limits permit that":     {[]change{wantsAccess, wantsCapability, hasAuthToken(""), only("Capability")}, notReady},
		"it has no API key, and limits permit that":       {[]change{wantsAccess, hasAPIKey("", ""), only("Access")}, notReady},
		"it has no API key, and is not of us1":            {[]change{wantsAccess, hasAPIKey("", ""), isOf("ie1")}, notReady},
		"it is of us1":                                    {[]change{isOf("us1")}, ruling{}},
		"it is of another region":                         {[]change{wantsAccess, wantsCapability, isOf("ie1")}, ruling{reason: v1alpha1.ReasonRegionNotSupported, message: `ClusterAccount "production" is of the region ie1, and Twilio accepts Capability tokens in us1 only; set spec.tokenType to Access.`}},
		"it is of another region, without an API key":     {[]change{isOf("ie1")}, notReady},
		"it is of another region, and limits permit that": {[]change{wantsAccess, wantsCapability, isOf("ie1"), only("Capability")}, notReady},
	} {
		t.Run(name, func(t *testing.T) { checkRuling(t, test.want, append([]change{lent}, test.changes...)...) })
	}
}

func TestAClusterAccountThatIsNotThereSaysSo(t *testing.T) {
	t.Run("where there is none", func(t *testing.T) {
		checkRuling(t, ruling{
			reason:  v1alpha1.ReasonAccountNotFound,
			message: `No ClusterAccount "production" exists; ask the platform team for the right name, or for the account.`,
			waiting: true, withheld: true,
		}, lent, noClusterAccount)
	})
	t.Run("where this operator serves none", func(t *testing.T) {
		checkRuling(t, ruling{
			reason: v1alpha1.ReasonClusterAccountsOff,
			message: `This operator does not serve ClusterAccounts (--cluster-accounts=false); ` +
				`name a Secret of this namespace in spec.accountRef, with kind Secret.`,
		}, lent, off)
	})
}

// What its owner decided comes before the state of its Secret: who may not use an
// account learns nothing of how it is.
func TestWhatTheOwnerDecidedComesFirst(t *testing.T) {
	tooLong := limited(&v1alpha1.Limits{MaxTTL: "10m"})
	inOrder := []struct {
		change change
		reason string
	}{
		{off, v1alpha1.ReasonClusterAccountsOff},
		{noClusterAccount, v1alpha1.ReasonAccountNotFound},
		{allows(named("sales"), nil), v1alpha1.ReasonNamespaceNotAllowed},
		{tooLong, v1alpha1.ReasonOutsideLimits},
		{noAccount, v1alpha1.ReasonAccountNotReady},
	}
	for i, earlier := range inOrder {
		for _, later := range inOrder[i+1:] {
			f := healthy(t, lent)
			later.change(t, &f)
			earlier.change(t, &f)
			if got := outcomeOf(issuance.Decide(f)); string(got) != earlier.reason {
				t.Errorf("of %s and %s it is %s", earlier.reason, later.reason, got)
			}
		}
	}
}

func TestATokenOfALentAccountIsRenewedAsAnyOther(t *testing.T) {
	for name, test := range map[string]struct {
		changes []change
		want    outcome
	}{
		"it is kept":             {nil, keep},
		"it is issued at first":  {[]change{neverIssued}, outcome(issuance.CauseFirstIssue)},
		"it is due":              {[]change{at(issued.Add(45 * time.Minute))}, outcome(issuance.CauseRenewal)},
		"its AuthToken changed":  {[]change{hasAuthToken(otherAuthToken)}, outcome(issuance.CauseSignatureInvalid)},
		"its account is another": {[]change{hasSID(otherSID)}, outcome(issuance.CauseAccountChanged)},
	} {
		t.Run(name, func(t *testing.T) {
			f := healthy(t, append([]change{lent}, test.changes...)...)
			v := issuance.Decide(f)
			if got := outcomeOf(v); got != test.want {
				t.Errorf("came to %s, not to %s", got, test.want)
			}
			checkForm(t, f, v)
		})
	}
}

func TestSuspendingDoesNotHideThatPermissionWasWithdrawn(t *testing.T) {
	for name, withdraw := range map[string]struct {
		change change
		reason string
	}{
		"the namespace": {allows(named("sales"), nil), v1alpha1.ReasonNamespaceNotAllowed},
		"a limit":       {limited(&v1alpha1.Limits{MaxTTL: "5s"}), v1alpha1.ReasonOutsideLimits},
		"the account":   {noClusterAccount, v1alpha1.ReasonAccountNotFound},
		"nothing":       {allows(named("support"), nil), v1alpha1.ReasonSuspended},
	} {
		t.Run(name, func(t *testing.T) {
			f := healthy(t, lent, withdraw.change, suspended)
			if got := outcomeOf(issuance.Decide(f)); got != outcome(withdraw.reason) {
				t.Errorf("came to %s", got)
			}
		})
	}
}
