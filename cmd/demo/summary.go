package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/capability-operator/capability-operator/internal/terminal"
)

const (
	// renewalsDue is the run after which every sample must have been renewed: they live for half a minute and less.
	renewalsDue = 45 * time.Second
	// issuesDue is the run after which every sample must have a token at all.
	issuesDue = 10 * time.Second
)

// report is one object's line in the summary.
type report struct {
	name string
	// required says that the object is a sample that nobody deleted, changed or suspended and whose account is usable:
	// one that must have been renewed.
	required bool
	tally
}

func (l *ledger) reports(samples map[types.NamespacedName]bool) []report {
	var reports []report
	for _, o := range l.sorted() {
		r := report{name: label(o.key), tally: o.tally}
		r.required = samples[o.key] && o.accountable() && o.declared.Generation == o.first
		if o.declared == nil {
			r.name += " (deleted)"
		}
		reports = append(reports, r)
	}
	return reports
}

// complaints are the ways in which the promise was broken in a run; none means that it was kept.
func complaints(reports []report, ran time.Duration) []string {
	var complaints []string
	if len(reports) == 0 && ran >= issuesDue {
		complaints = append(complaints, "no ClientCapability was seen at all")
	}
	for _, r := range reports {
		if r.expired > 0 {
			complaints = append(complaints, fmt.Sprintf("%s: found with an expired token (%d)", r.name, r.expired))
		}
		if r.failed > 0 {
			complaints = append(complaints, fmt.Sprintf("%s: found with a token that failed verification (%d)", r.name, r.failed))
		}
		if !r.required {
			continue
		}
		switch {
		case r.issued == 0 && ran >= issuesDue:
			complaints = append(complaints, r.name+": never had a token")
		case r.renewed+r.reissued == 0 && ran >= renewalsDue:
			complaints = append(complaints, r.name+": never renewed")
		}
	}
	return complaints
}

var summaryHeads = []string{
	"NAME", "ISSUED", "RENEWED", "RE-ISSUED", "SHORTEST LIFE", "UNVERIFIED", "EXPIRED",
}

// summary is what a run comes to, object by object, and the verdict on it: what went wrong, if anything did.
func summary(reports []report, ran time.Duration, wrong []string) []line {
	lines := []line{{text: "After " + terminal.Short(ran.Round(time.Second)) + ":", head: true}}
	texts := [][]string{summaryHeads}
	for _, r := range reports {
		shortest := "-"
		if r.lived {
			shortest = fmt.Sprintf("%.1fs", r.shortest.Seconds())
		}
		texts = append(texts, []string{
			r.name, strconv.Itoa(r.issued), strconv.Itoa(r.renewed), strconv.Itoa(r.reissued), shortest,
			strconv.Itoa(r.failed), strconv.Itoa(r.expired),
		})
	}
	for _, text := range align(texts) {
		lines = append(lines, line{text: text})
	}
	for _, complaint := range wrong {
		lines = append(lines, line{text: "FAILED: " + complaint, tone: bad})
	}
	if len(wrong) == 0 {
		lines = append(lines, line{text: "OK: no token was found expired, and every token verified.", tone: good})
	}
	return lines
}

// align pads every column to its widest text.
func align(texts [][]string) []string {
	widths := make([]int, len(texts[0]))
	for _, row := range texts {
		for i, text := range row {
			widths[i] = max(widths[i], terminal.Cells(text))
		}
	}
	aligned := make([]string, len(texts))
	for n, row := range texts {
		padded := make([]string, len(row))
		for i, text := range row {
			padded[i] = terminal.Pad(text, widths[i])
		}
		aligned[n] = strings.TrimRight(strings.Join(padded, gap), " ")
	}
	return aligned
}
