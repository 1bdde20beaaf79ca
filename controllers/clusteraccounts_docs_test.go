package controllers_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// command is the one of docs/clusteraccount.md that has these words in it.
func (t *tenancy) command(words string) string {
	GinkgoHelper()
	page, err := os.ReadFile("../docs/clusteraccount.md")
	Expect(err).NotTo(HaveOccurred())
	for _, block := range regexp.MustCompile("(?ms)^```sh\n(.*?\n)```").FindAllStringSubmatch(string(page), -1) {
		if strings.Contains(block[1], words) {
			return strings.ReplaceAll(block[1], "production", t.account)
		}
	}
	Fail("the page has no command with " + words)
	return ""
}

// inShell has a shell run a command as an administrator, with the kubectl of the API
// server's own version.
func inShell(ctx context.Context, command string) string {
	GinkgoHelper()
	programs := GinkgoT().TempDir()
	Expect(os.Symlink(cluster.KubectlPath(), filepath.Join(programs, "kubectl"))).To(Succeed())
	shell := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", command)
	shell.Env = append(os.Environ(), "PATH="+programs+":"+os.Getenv("PATH"), "KUBECONFIG="+cluster.Kubeconfig(), "KUBECACHEDIR="+programs)
	said, err := shell.CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), string(said))
	return string(said)
}

var _ = Describe("The command of docs/clusteraccount.md", func() {
	var t *tenancy
	BeforeEach(func(ctx SpecContext) {
		t = newTenancy(ctx)
		for name, changes := range map[string][]declaration{
			"within": {ttl("10m")}, "outside": {}, "elsewhere": {secretName("outside-token")},
		} {
			t.declareTenant(ctx, append(changes, named(name))...)
			t.passOver(ctx, name)
		}
		t.createAccount(ctx, twilio, accountSID, authToken)
		t.declare(ctx, named("another-account"))
		t.passOver(ctx, "another-account")
	})
	names := []string{"within", "outside", "elsewhere", "another-account"}
	secretsLeft := func(ctx context.Context) []string {
		var left []string
		for _, name := range append(names, "outside-token") {
			if t.findSecret(ctx, name) != nil {
				left = append(left, name)
			}
		}
		slices.Sort(left)
		return left
	}
	everybody := func(ctx context.Context) {
		for _, name := range names {
			t.passOver(ctx, name)
		}
	}

	It("that takes permission back deletes the Secrets of those concerned, which are not made again", func(ctx SpecContext) {
		Expect(secretsLeft(ctx)).To(Equal([]string{"another-account", "outside", "outside-token", "within"}))
		inShell(ctx, t.command("kubectl delete secret"))
		Expect(secretsLeft(ctx)).To(HaveLen(4), "nothing is withdrawn yet")

		limiting(v1alpha1.Limits{MaxTTL: "30m"})(ctx, t)
		everybody(ctx)
		said := inShell(ctx, t.command("kubectl delete secret"))
		Expect(strings.Count(said, "deleted")).To(Equal(2), said)
		everybody(ctx)
		Expect(secretsLeft(ctx)).To(Equal([]string{"another-account", "within"}))

		deleteAccount(ctx, t)
		everybody(ctx)
		inShell(ctx, t.command("kubectl delete secret"))
		everybody(ctx)
		Expect(secretsLeft(ctx)).To(Equal([]string{"another-account"}))
		inShell(ctx, t.command("kubectl delete secret"))
	})

	It("that lists who uses an account lists them", func(ctx SpecContext) {
		said := inShell(ctx, t.command("kubectl get ccap -A --field-selector spec.accountRef.kind=ClusterAccount,"))
		Expect(strings.Split(strings.TrimSpace(said), "\n")).To(HaveExactElements(
			HavePrefix("NAMESPACE"), ContainSubstring("elsewhere"), ContainSubstring("outside"), ContainSubstring("within")))
		said = inShell(ctx, t.command("custom-columns"))
		Expect(said).To(MatchRegexp(`(?m)^` + t.account + ` +` + t.namespace + ` +within +Capability +10m +<none> +TokenValid$`))
		Expect(said).NotTo(ContainSubstring("another-account"))
	})

	It("that shows a former key shows it", func(ctx SpecContext) {
		Expect(inShell(ctx, t.command("status.previousKey"))).To(Equal("\n"))
	})
})
