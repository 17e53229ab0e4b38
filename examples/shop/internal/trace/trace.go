// Package trace measures how long named stretches of code take.
package trace

import (
	"sort"
	"sync"
	"time"
)

// Total is what has been measured under one name.
type Total struct {
	Name  string        `json:"name"`
	Count int           `json:"count"`
	Time  time.Duration `json:"time_ns"`
}

var (
	mu     sync.Mutex
	totals = map[string]Total{}
)

// Start begins a measurement and returns the function that ends it.
func Start(name string) func() {
	began := time.Now()
	return func() {
		took := time.Since(began)
		mu.Lock()
		defer mu.Unlock()
		t := totals[name]
		t.Name = name
		t.Count++
		t.Time += took
		totals[name] = t
	}
}

// Totals returns what has been measured so far, sorted by name.
func Totals() []Total {
	mu.Lock()
	out := make([]Total, 0, len(totals))
	for _, t := range totals {
		out = append(out, t)
	}
	mu.Unlock()
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}
