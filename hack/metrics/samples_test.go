package metrics

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const page = `# HELP apiserver_request_total Counter
# TYPE apiserver_request_total counter
apiserver_request_total{code="200",group="",resource="secrets",subresource="",verb="PATCH",version="v1"} 12
apiserver_request_total{code="409",group="",resource="secrets",subresource="",verb="PATCH",version="v1"} 1
apiserver_request_totally_other{verb="PATCH"} 7
go_info{version="go1.26, \"tip\" {x}"} 1.5e+03
up 1
`

func TestMetricsAreReadByTheirWholeName(t *testing.T) {
	got, err := Samples(page, "apiserver_request_total", "go_info", "up")
	if err != nil {
		t.Fatal(err)
	}
	patch := func(code string) map[string]string {
		return map[string]string{"code": code, "group": "", "resource": "secrets", "subresource": "", "verb": "PATCH", "version": "v1"}
	}
	want := []Sample{
		{"apiserver_request_total", patch("200"), 12},
		{"apiserver_request_total", patch("409"), 1},
		{"go_info", map[string]string{"version": `go1.26, "tip" {x}`}, 1500},
		{"up", map[string]string{}, 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestALineThatIsNoMetricIsRefused(t *testing.T) {
	for _, line := range []string{`up x`, `up{a="b} 1`, `up{a=b} 1`} {
		if got, err := Samples(line+"\n", "up"); err == nil {
			t.Errorf("%q was read as %v", line, got)
		}
	}
}

func TestALineThatIsNoMetricLeavesTheOthersAsTheyAre(t *testing.T) {
	const page = `# HELP go_goroutines Number of goroutines that currently exist.
# TYPE go_goroutines gauge
go_goroutines 61
go_goroutines_other 7
process_resident_memory_bytes 4.2e+07
leader_election_master_status{name="capability-operator"} 1
apiserver_longrunning_requests{component="apiserver",group="",resource="secrets",scope="cluster",subresource="",verb="WATCH",version="v1"} 5
broken{a="b"} x
`
	got, err := Samples(page, "go_goroutines", "process_resident_memory_bytes", "apiserver_longrunning_requests", "broken")
	if len(got) != 3 || got[0].Value != 61 || got[1].Value != 4.2e7 || got[2].Value != 5 {
		t.Fatalf("%+v", got)
	}
	if err == nil {
		t.Error("nothing is said of the line that is broken")
	}
	for name, want := range map[string]string{"component": "apiserver", "resource": "secrets", "verb": "WATCH", "source": "", "group": ""} {
		if value := got[2].Labels[name]; value != want {
			t.Errorf("%s is %q, not %q", name, value, want)
		}
	}
}
