package tokenserver

import (
	"net/http"
	"strings"
	"testing"
)

// asking is a body with a spec.
func asking(s string) string { return `{"spec": ` + s + `}` }

func header(name, value string) func(*http.Request) {
	return func(req *http.Request) { req.Header.Set(name, value) }
}

func TestAMalformedRequestGetsACleanError(t *testing.T) {
	w := newWorld(t, tommy(), account())
	for name, test := range map[string]struct {
		method, path, body string
		change             func(*http.Request)
		code               int
		says               string
	}{
		"an empty body":                      {body: "", code: 400, says: "empty"},
		"blanks":                             {body: " \n ", code: 400, says: "empty"},
		"no JSON":                            {body: "hello", code: 400},
		"half of an object":                  {body: `{"spec": {`, code: 400},
		"two objects":                        {body: `{} {}`, code: 400},
		"a list":                             {body: `[]`, code: 400},
		"a string":                           {body: `"x"`, code: 400},
		"null":                               {body: `null`, code: 201}, // as JSON has it, the same as {}
		"YAML":                               {body: "spec:\n  ttl: 5s\n", code: 400},
		"bytes that are no UTF-8":            {body: "{\"spec\": {\"clientName\": \"\xff\xfe\"}}", code: 422},
		"a zero byte":                        {body: "{}\x00", code: 400},
		"a deep nest":                        {body: strings.Repeat("[", 8000), code: 400},
		"a deep nest in a field":             {body: asking(strings.Repeat(`{"a":`, 2000) + "1" + strings.Repeat("}", 2000)), code: 400},
		"an unknown field":                   {body: asking(`{"ttl": "5s", "ttll": "5s"}`), code: 400, says: `unknown field "spec.ttll"`},
		"an unknown field at the top":        {body: `{"ttl": "5s"}`, code: 400, says: `unknown field "ttl"`},
		"a field twice":                      {body: asking(`{"ttl": "5s", "ttl": "6s"}`), code: 400, says: `duplicate field "spec.ttl"`},
		"a field in other letters":           {body: asking(`{"TTL": "5s"}`), code: 400, says: `unknown field "spec.TTL"`},
		"an unknown field to be ignored":     {path: path + "?fieldValidation=Ignore", body: asking(`{"x": 1}`), code: 400, says: "unknown field"},
		"an unknown field to be warned of":   {path: path + "?fieldValidation=Warn", body: asking(`{"x": 1}`), code: 400, says: "unknown field"},
		"an unknown validation":              {path: path + "?fieldValidation=Maybe", body: `{}`, code: 422},
		"an unknown dry run":                 {path: path + "?dryRun=Some", body: `{}`, code: 422},
		"a number for a ttl":                 {body: asking(`{"ttl": 5}`), code: 400},
		"a list for a ttl":                   {body: asking(`{"ttl": ["5s"]}`), code: 400},
		"an object for a client name":        {body: asking(`{"clientName": {}}`), code: 400},
		"a spec that is text":                {body: asking(`"5s"`), code: 400},
		"a ttl of days":                      {body: asking(`{"ttl": "1d"}`), code: 422, says: "spec.ttl"},
		"a ttl of a fraction":                {body: asking(`{"ttl": "5.5s"}`), code: 422, says: "spec.ttl"},
		"a ttl without a unit":               {body: asking(`{"ttl": "5"}`), code: 422, says: "spec.ttl"},
		"a ttl below zero":                   {body: asking(`{"ttl": "-5s"}`), code: 422, says: "spec.ttl"},
		"a ttl of nothing":                   {body: asking(`{"ttl": "0s"}`), code: 422, says: "spec.ttl"},
		"a ttl that is too short":            {body: asking(`{"ttl": "4s"}`), code: 422, says: "spec.ttl"},
		"a ttl that is too long":             {body: asking(`{"ttl": "1h1s"}`), code: 422, says: "spec.ttl"},
		"a ttl that overflows":               {body: asking(`{"ttl": "99999h99999m99999s"}`), code: 422, says: "spec.ttl"},
		"a client name that is not declared": {body: asking(`{"clientName": "sarah"}`), code: 422, says: "spec.clientName"},
		"a client name of blanks":            {body: asking(`{"clientName": "   "}`), code: 422, says: "spec.clientName"},
		"another kind":                       {body: `{"apiVersion": "tokens.voice.capability-operator.io/v1alpha1", "kind": "ClientCapability"}`, code: 400},
		"another group's kind":               {body: `{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}`, code: 400},
		"another version":                    {body: `{"apiVersion": "tokens.voice.capability-operator.io/v2", "kind": "TokenRequest"}`, code: 400},
		"another name in the body":           {body: `{"metadata": {"name": "sarah"}}`, code: 400, says: "metadata.name"},
		"another namespace in the body":      {body: `{"metadata": {"namespace": "sales"}}`, code: 400, says: "namespace"},
		"a name to be generated":             {body: `{"metadata": {"generateName": "x-"}}`, code: 400, says: "generateName"},
		"a body that is too long":            {body: `{"metadata": {"annotations": {"a": "` + strings.Repeat("x", bodyLimit) + `"}}}`, code: 413, says: "16384"},
		"a form":                             {body: "a=b", change: header("Content-Type", "application/x-www-form-urlencoded"), code: 415, says: "application/json"},
		"protobuf":                           {body: "k8s\x00", change: header("Content-Type", "application/vnd.kubernetes.protobuf"), code: 415},
		"YAML that says so":                  {body: "{}", change: header("Content-Type", "application/yaml"), code: 415},
		"a content type without sense":       {body: "{}", change: header("Content-Type", ";;;"), code: 415},
		"an answer that can't be had":        {body: "{}", change: header("Accept", "image/png"), code: 406},
		"impersonation":                      {body: "{}", change: header("Impersonate-User", "system:admin"), code: 400, says: "impersonate"},
		"impersonation of a group":           {body: "{}", change: header("Impersonate-Group", "system:masters"), code: 400, says: "impersonate"},
		"nobody":                             {body: "{}", change: header("Test-User", ""), code: 401, says: "audience"},
		"somebody without the right":         {body: "{}", change: header("Test-User", "nobody"), code: 403},
		"a GET":                              {method: http.MethodGet, code: 405},
		"a PUT":                              {method: http.MethodPut, body: "{}", code: 405},
		"a PATCH":                            {method: http.MethodPatch, body: "{}", code: 405},
		"a DELETE":                           {method: http.MethodDelete, code: 405},
		"a method of one's own":              {method: "MINT", body: "{}", code: 405},
		"the parent":                         {path: strings.TrimSuffix(path, "/token"), body: "{}", code: 404},
		"a list of the parent":               {method: http.MethodGet, path: "/apis/tokens.voice.capability-operator.io/v1alpha1/clientcapabilities", code: 404},
		"another subresource":                {path: strings.TrimSuffix(path, "token") + "status", body: "{}", code: 404},
		"something behind the token":         {path: path + "/more", body: "{}", code: 404},
		"no namespace":                       {path: strings.Replace(path, "/namespaces/support", "", 1), body: "{}", code: 404},
		"an empty namespace":                 {path: strings.Replace(path, "/support/", "//", 1), body: "{}", code: 404},
		"an empty name":                      {path: strings.Replace(path, "/tommy/", "//", 1), body: "{}", code: 400, says: "name"},
		"a name that is not there":           {path: strings.Replace(path, "tommy", "sarah", 1), body: "{}", code: 404, says: `clientcapabilities.voice.capability-operator.io "sarah" not found`},
		"a namespace that is not there":      {path: strings.Replace(path, "support", "sales", 1), body: "{}", code: 404},
		"a name with a slash":                {path: strings.Replace(path, "tommy", "a%2Fb", 1), body: "{}", code: 404},
		"a way up":                           {path: strings.Replace(path, "tommy", "..", 1), body: "{}", code: 404},
		"a hidden way up":                    {path: strings.Replace(path, "tommy", "%2e%2e%2ftommy", 1), body: "{}", code: 404},
		"a name with a zero byte":            {path: strings.Replace(path, "tommy", "tommy%00", 1), body: "{}", code: 404},
		"a very long name":                   {path: strings.Replace(path, "tommy", strings.Repeat("t", 5000), 1), body: "{}", code: 404},
		"a name that is a little long":       {path: strings.Replace(path, "tommy", strings.Repeat("t", 254), 1), body: "{}", code: 404, says: "253"},
		"the longest name":                   {path: strings.Replace(path, "tommy", strings.Repeat("t", 253), 1), body: "{}", code: 404, says: `ttt" not found`},
		"a namespace that is a little long":  {path: strings.Replace(path, "support", strings.Repeat("s", 64), 1), body: "{}", code: 404, says: "63"},
		"a name in capitals":                 {path: strings.Replace(path, "tommy", "Tommy", 1), body: "{}", code: 404, says: "there can be no"},
		"a namespace with a dot":             {path: strings.Replace(path, "support", "sup.port", 1), body: "{}", code: 404, says: "there can be no namespace"},
		"a namespace with a percent sign":    {path: strings.Replace(path, "support", "sup%2525port", 1), body: "{}", code: 404, says: "there can be no namespace"},
		"a name in another script":           {path: strings.Replace(path, "tommy", "t%C3%B6mmy", 1), body: "{}", code: 404, says: "there can be no"},
		"a very long query":                  {path: path + "?x=" + strings.Repeat("y", 2000), body: "{}", code: 404, says: "there is nothing at this path"},
		"a path that begins twice":           {path: "/" + path, body: "{}", code: 404},
		"a slash at the end":                 {path: path + "/", body: "{}", code: 201}, // as Kubernetes has it, the same path
		"a step that goes nowhere":           {path: strings.Replace(path, "/namespaces", "/./namespaces", 1), body: "{}", code: 404},
		"a step up and back":                 {path: strings.Replace(path, "/namespaces", "/namespaces/sales/../../namespaces", 1), body: "{}", code: 404},
		"a namespace with a slash":           {path: strings.Replace(path, "support", "sales%2Fclientcapabilities%2Fx%2F..%2Fsupport", 1), body: "{}", code: 404},
		"a parameter in the path":            {path: strings.Replace(path, "tommy", "tommy;x=y", 1), body: "{}", code: 404},
		"a backslash":                        {path: strings.Replace(path, "tommy", "sales%5Ctommy", 1), body: "{}", code: 404},
		"a name that was quoted twice":       {path: strings.Replace(path, "tommy", "t%256Fmmy", 1), body: "{}", code: 404},
		"a name with a new line":             {path: strings.Replace(path, "tommy", "tommy%0Asarah", 1), body: "{}", code: 404},
		"an encoding":                        {body: "\x1f\x8b", change: header("Content-Encoding", "gzip"), code: 400},
		"a truth for a ttl":                  {body: asking(`{"ttl": true}`), code: 400},
		"a number for a spec":                {body: `{"spec": 1}`, code: 400},
		"a list for the metadata":            {body: `{"metadata": []}`, code: 400},
		"a number for a kind":                {body: `{"kind": 1}`, code: 400},
		"an unknown field of the metadata":   {body: `{"metadata": {"nome": "x"}}`, code: 400, says: `unknown field "metadata.nome"`},
		"an unknown field of the status":     {body: `{"status": {"tokens": []}}`, code: 400, says: `unknown field "status.tokens"`},
		"a number with too many digits":      {body: asking(`{"ttl": ` + strings.Repeat("9", 5000) + `}`), code: 400},
		"a text that does not end":           {body: `{"spec": {"ttl": "5s`, code: 400},
		"half of a letter":                   {body: asking(`{"clientName": "\ud800"}`), code: 422, says: "spec.clientName"},
		"a comma too many":                   {body: asking(`{"ttl": "5s",}`), code: 400},
		"a comment":                          {body: `{} // please`, code: 400},
		"a byte order mark":                  {body: "\ufeff{}", code: 400},
		"many fields":                        {body: "{" + strings.Repeat(`"a": 1, `, 1900) + `"b": 1}`, code: 400},
		"a long list of groups to act for":   {body: "{}", change: func(req *http.Request) { req.Header["Impersonate-Group"] = make([]string, 1000) }, code: 400, says: "impersonate"},
		"another group":                      {path: strings.Replace(path, "tokens.voice", "voice", 1), body: "{}", code: 404},
		"another version of the group":       {path: strings.Replace(path, "v1alpha1", "v1", 1), body: "{}", code: 404},
		"a profile":                          {method: http.MethodGet, path: "/debug/pprof/heap", code: 404},
		"the log level":                      {method: http.MethodPut, path: "/debug/flags/v", body: "9", code: 404},
		"nothing":                            {method: http.MethodGet, path: "/", code: 404, says: "/apis/tokens.voice"},
	} {
		t.Run(name, func(t *testing.T) {
			method, at, change := test.method, test.path, test.change
			if method == "" {
				method = http.MethodPost
			}
			if at == "" {
				at = path
			}
			if change == nil {
				change = func(*http.Request) {}
			}
			answer := w.ask(t, method, at, test.body, change)
			if answer.Code != test.code {
				t.Fatalf("%d, not %d: %s", answer.Code, test.code, answer.Body)
			}
			if test.code == http.StatusCreated {
				return
			}
			status := statusOf(t, answer)
			if !strings.Contains(status.Message, test.says) {
				t.Errorf("%q does not say %q", status.Message, test.says)
			}
			for _, no := range []string{"sarah\"", "RBAC", authToken} {
				if strings.Contains(status.Message, no) && !strings.Contains(test.says, no) {
					t.Errorf("%q says %q", status.Message, no)
				}
			}
		})
	}
}
