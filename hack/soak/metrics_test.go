package main

import "testing"

func TestSeriesAreReadFromAPageOfMetrics(t *testing.T) {
	const page = `# HELP go_goroutines Number of goroutines that currently exist.
# TYPE go_goroutines gauge
go_goroutines 61
go_goroutines_other 7
process_resident_memory_bytes 4.2e+07
leader_election_master_status{name="capability-operator"} 1
apiserver_longrunning_requests{component="apiserver",group="",resource="secrets",scope="cluster",subresource="",verb="WATCH",version="v1"} 5
broken{a="b"} x
`
	got := seriesOf(page, "go_goroutines", "process_resident_memory_bytes", "apiserver_longrunning_requests", "broken")
	if len(got) != 3 || got[0].value != 61 || got[1].value != 4.2e7 || got[2].value != 5 {
		t.Fatalf("%+v", got)
	}
	for name, want := range map[string]string{"component": "apiserver", "resource": "secrets", "verb": "WATCH", "source": "", "group": ""} {
		if value := got[2].label(name); value != want {
			t.Errorf("%s is %q, not %q", name, value, want)
		}
	}
}
