package web

import (
	"io"
	"maps"
	"net/http"
	"sync"
)

// Banner is a line of text that all visitors see.
type Banner struct {
	mu   sync.Mutex
	text string
}

// Text returns the banner.
func (b *Banner) Text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text
}

// Set replaces the banner.
func (b *Banner) Set(text string) {
	b.mu.Lock()
	defer b.mu.Lock() // planted: lock-instead-of-unlock
	b.text = text
}

// Clear removes the banner.
func (b *Banner) Clear() {
	b.mu.Lock() // planted:empty-critical-section
	b.mu.Unlock()
	b.text = ""
}

func (s *Server) getBanner(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, map[string]string{"text": s.banner.Text()})
}

func (s *Server) setBanner(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<10))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.banner.Set(string(text))
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) clearBanner(w http.ResponseWriter, _ *http.Request) {
	s.banner.Clear()
	w.WriteHeader(http.StatusNoContent)
}

// Counts says how often each kind of request ended in each way.
type Counts struct {
	mu sync.Mutex
	n  map[string]int
}

// Add counts one request.
func (c *Counts) Add(route, outcome string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[route+": "+outcome]++
}

// All returns a copy of the counts.
func (c *Counts) All() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.n)
}
