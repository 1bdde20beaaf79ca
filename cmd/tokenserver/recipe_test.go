package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"text/template"

	"k8s.io/client-go/util/jsonpath"
	"sigs.k8s.io/yaml"
)

// webhook is what external-secrets reads of its Webhook generator.
type webhook struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   map[string]string `json:"metadata"`
	Spec       struct {
		Method  string            `json:"method"`
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"`
		Secrets []struct {
			Name      string `json:"name"`
			SecretRef struct {
				Name string `json:"name"`
			} `json:"secretRef"`
		} `json:"secrets"`
		CAProvider map[string]string `json:"caProvider"`
		Result     struct {
			JSONPath string `json:"jsonPath"`
		} `json:"result"`
	} `json:"spec"`
}

// documentedWebhook is the one in docs/on-demand.md, for the ClientCapability that there is here.
func documentedWebhook(t *testing.T) webhook {
	t.Helper()
	page, err := os.ReadFile("../../docs/on-demand.md")
	if err != nil {
		t.Fatal(err)
	}
	for block := range strings.SplitSeq(string(page), "```") {
		for document := range strings.SplitSeq(strings.TrimPrefix(block, "yaml\n"), "\n---\n") {
			if !strings.Contains(document, "\nkind: Webhook\n") {
				continue
			}
			documented := webhook{}
			if err := yaml.UnmarshalStrict([]byte(strings.ReplaceAll(document, "dialler", "tommy")), &documented); err != nil {
				t.Fatal(err)
			}
			return documented
		}
	}
	t.Fatal("docs/on-demand.md has no Webhook")
	return webhook{}
}

// filled is a template as external-secrets fills it: with the Secrets' values, by the names that they are given.
func filled(t *testing.T, text string, secrets map[string]map[string]string) string {
	t.Helper()
	parsed, err := template.New("").Option("missingkey=error").Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, secrets); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// servesExternalSecrets sends what external-secrets makes of the documented Webhook.
func (w *world) servesExternalSecrets(t *testing.T, bearer string) {
	t.Helper()
	documented := documentedWebhook(t)
	spec, through := documented.Spec, w.through(t)
	if len(spec.Secrets) != 1 || spec.Secrets[0].SecretRef.Name != "tommy-caller" || spec.CAProvider["name"] != "kube-root-ca.crt" {
		t.Fatalf("it reads %v and %v", spec.Secrets, spec.CAProvider)
	}
	secrets := map[string]map[string]string{spec.Secrets[0].Name: {"token": bearer}}
	to, err := url.Parse(filled(t, spec.URL, secrets))
	if err != nil || to.Scheme != "https" || to.Host != "kubernetes.default.svc" {
		t.Fatalf("it calls %s (%v)", to, err)
	}
	req, err := http.NewRequestWithContext(t.Context(), spec.Method, through.base+to.RequestURI(), strings.NewReader(filled(t, spec.Body, secrets)))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range spec.Headers {
		req.Header.Add(name, filled(t, value, secrets))
	}
	resp, err := through.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var whole any
	if err := json.NewDecoder(resp.Body).Decode(&whole); err != nil || resp.StatusCode >= http.StatusMultipleChoices {
		t.Fatalf("%s: %v (%v)", resp.Status, whole, err)
	}
	way := jsonpath.New("result")
	if err := way.Parse("{" + spec.Result.JSONPath + "}"); err != nil {
		t.Fatal(err)
	}
	found, err := way.FindResults(whole)
	if err != nil || len(found) != 1 || len(found[0]) != 1 {
		t.Fatalf("at %s is %v (%v)", spec.Result.JSONPath, found, err)
	}
	values, ok := found[0][0].Interface().(map[string]any)
	token, isText := values["token"].(string)
	if _, alsoText := values["expiresAt"].(string); !ok || !isText || !alsoText || len(values) != 2 {
		t.Fatalf("the Secret would hold %d values", len(values))
	}
	answered, err := json.Marshal(map[string]any{"status": map[string]string{"token": token}})
	if err != nil {
		t.Fatal(err)
	}
	if !verifies(t, answer{body: string(answered)}, authToken) {
		t.Error("the token does not verify")
	}
}
