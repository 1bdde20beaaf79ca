package prometheus_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

const dashboardFile = "config/grafana/capability-operator.json"

type datasource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

type panel struct {
	ID          int        `json:"id"`
	Type        string     `json:"type"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	Datasource  datasource `json:"datasource"`
	Grid        struct{ X, Y, W, H int }
	Targets     []struct {
		RefID      string     `json:"refId"`
		Expr       string     `json:"expr"`
		Legend     string     `json:"legendFormat"`
		Datasource datasource `json:"datasource"`
	} `json:"targets"`
}

type dashboard struct {
	Panels     []panel `json:"panels"`
	Templating struct {
		List []struct {
			Name       string `json:"name"`
			Type       string `json:"type"`
			Definition string `json:"definition"`
		} `json:"list"`
	} `json:"templating"`
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	var d dashboard
	// gridPos under its own name, for the struct of four numbers above needs none
	raw := strings.ReplaceAll(string(read(t, dashboardFile)), `"gridPos"`, `"grid"`)
	if err := json.Unmarshal([]byte(raw), &d); err != nil {
		t.Fatalf("%s: %v", dashboardFile, err)
	}
	if len(d.Panels) < 15 {
		t.Fatalf("%s has only %d panels", dashboardFile, len(d.Panels))
	}
	return d
}

// queries are the dashboard's, with what Grafana would put in place of its variables.
func (d dashboard) queries() map[string]string {
	filled := strings.NewReplacer("$__rate_interval", "2m", "$__range", "3h", "$namespace", ".*")
	all := map[string]string{}
	for _, panel := range d.Panels {
		for _, target := range panel.Targets {
			all[fmt.Sprintf("panel %d (%s), %s", panel.ID, panel.Title, target.RefID)] = filled.Replace(target.Expr)
		}
	}
	for _, variable := range d.Templating.List {
		if of, found := strings.CutPrefix(variable.Definition, "label_values("); found {
			all["variable "+variable.Name], _, _ = strings.Cut(of, ",")
		}
	}
	return all
}

func TestPromtoolReadsEveryQueryOfTheDashboard(t *testing.T) {
	recorded := map[string]string{}
	var lines []map[string]string
	for where, query := range readDashboard(t).queries() {
		if strings.Contains(strings.ReplaceAll(query, `"$1"`, ""), "$") {
			t.Errorf("%s has a variable that nobody fills in: %s", where, query)
		}
		name := fmt.Sprintf("query_%d", len(recorded))
		recorded[name] = where
		lines = append(lines, map[string]string{"record": name, "expr": query})
	}
	folder := t.TempDir()
	write(t, folder, "queries.yaml", map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": lines}}})
	t.Logf("the queries: %v", recorded)
	promtool(t, folder, "check", "rules", "queries.yaml")
}

func TestPanelsAreToldApartExplainedAndDoNotOverlap(t *testing.T) {
	taken, ids := map[[2]int]string{}, map[int]bool{}
	for _, panel := range readDashboard(t).Panels {
		if ids[panel.ID] || panel.Title == "" {
			t.Errorf("panel %d (%q) has no title, or another's number", panel.ID, panel.Title)
		}
		ids[panel.ID] = true
		if panel.Grid.W == 0 || panel.Grid.X+panel.Grid.W > 24 {
			t.Errorf("%s is not on the grid: %+v", panel.Title, panel.Grid)
		}
		for x := panel.Grid.X; x < panel.Grid.X+panel.Grid.W; x++ {
			for y := panel.Grid.Y; y < panel.Grid.Y+panel.Grid.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" {
					t.Fatalf("%s lies over %s", panel.Title, other)
				}
				taken[[2]int{x, y}] = panel.Title
			}
		}
		if panel.Type == "row" {
			continue
		}
		if panel.Description == "" || len(panel.Targets) == 0 {
			t.Errorf("%s asks nothing, or does not say what it shows", panel.Title)
		}
		for _, target := range panel.Targets {
			if target.Datasource.UID != "${datasource}" || panel.Datasource.UID != "${datasource}" {
				t.Errorf("%s is bound to the data source %q", panel.Title, target.Datasource.UID)
			}
			if panel.Type == "timeseries" && target.Legend == "" {
				t.Errorf("%s has lines without a name", panel.Title)
			}
		}
	}
}
