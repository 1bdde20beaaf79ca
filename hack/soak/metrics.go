package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// answersWithin is how long a page of metrics may take: a process that is frozen never answers.
const answersWithin = 2 * time.Second

// page gets what an address serves.
func page(ctx context.Context, url string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", fmt.Errorf("asking for %s: %w", url, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", url, response.Status)
	}
	return string(content), err
}

// series is one line of a page of metrics in the Prometheus text format.
type series struct {
	name   string
	labels string // as they stand there, with their brackets
	value  float64
}

// seriesOf are the lines of the named metrics. A line that is none is left out.
func seriesOf(page string, names ...string) []series {
	var found []series
	for line := range strings.Lines(page) {
		end := strings.IndexAny(line, "{ ")
		if end < 0 {
			continue
		}
		for _, name := range names {
			if line[:end] != name {
				continue
			}
			line = strings.TrimSpace(line)
			at := strings.LastIndexByte(line, ' ')
			if value, err := strconv.ParseFloat(line[at+1:], 64); err == nil {
				found = append(found, series{name: name, labels: line[end:at], value: value})
			}
			break
		}
	}
	return found
}

// label is the value of a label; empty where the series has none of that name.
func (s series) label(name string) string {
	for _, before := range []string{"{", ","} {
		if _, rest, found := strings.Cut(s.labels, before+name+`="`); found {
			value, _, _ := strings.Cut(rest, `"`)
			return value
		}
	}
	return ""
}
