package conditions

import (
	"fmt"
	"sync"
)

type client struct {
	mu      sync.Mutex
	version string
	code    string
	n       int
}

func (c *client) ask() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.version
}

// The lock is taken for all paths but one, and for a second reason.
func (c *client) do(path string, raw bool) string {
	if path != "/version" && !raw {
		return c.ask() + path
	}
	return path
}

func (c *client) through(path string) string {
	return c.do(path, false)
}

func (c *client) ping() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.do("/version", false)
}

func (c *client) pingDeeper() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.through("/version")
}

func (c *client) pingWrong() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ask() // want
}

// One value does not equal two constants.
func (c *client) byCode() string {
	if c.code == "a" {
		c.mu.Lock()
		defer c.mu.Unlock()
	}
	c.n++
	if c.code == "b" {
		return c.ask()
	}
	return ""
}

func (c *client) byCodeWrong() string {
	if c.code == "a" {
		c.mu.Lock()
		defer c.mu.Unlock()
	}
	if c.code == "a" {
		return c.ask() // want
	}
	return ""
}

// A guard has given the lock back.
type guard struct{ of *client }

func (g *guard) end() { g.of.mu.Unlock() }

func (c *client) begin() *guard {
	c.mu.Lock()
	return &guard{of: c}
}

func (c *client) viaGuard() string {
	g := c.begin()
	c.n++
	g.end()
	return c.ask()
}

// Two values of one type have two locks.
func (c *client) copyFrom(other *client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version = other.ask()
}

func (c *client) swapped(other *client) string {
	c.mu.Lock()
	c.mu.Unlock()
	c = other
	return c.ask()
}

func (c *client) later() {
	c.mu.Lock()
	defer c.mu.Unlock()
	go c.ask()
	go func() {
		fmt.Println(c.ask())
	}()
}
