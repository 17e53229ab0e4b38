package stretched

import (
	"context"
	"database/sql"
	"net"
	"net/http"
	"os/exec"
	"sync"
	"time"
)

type stats struct {
	mu    sync.Mutex
	calls map[string]int
	total int
	last  string
}

func (s *stats) get(url string) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock() // want "`s.mu` stays locked while `http.Get(…)` waits for the network"
	s.calls[url]++
	return http.Get(url)
}

func (s *stats) pause(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock() // want "waits for the clock"
	s.total++
	time.Sleep(d)
}

func (s *stats) lookup(name string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock() // want "waits for the network"
	if s.calls[name] > 3 {
		return nil, nil
	}
	addrs, err := net.LookupHost(name)
	if err != nil {
		return nil, err
	}
	return addrs, nil
}

func (s *stats) command(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock() // want "waits for another process"
	s.last = name
	return exec.Command(name).Run()
}

func (s *stats) commandInVariable(name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock() // want "waits for another process"
	s.last = name
	cmd := exec.Command(name)
	return cmd.Output()
}

type directory struct {
	sync.RWMutex
	addrs map[string]string
}

func (d *directory) dial(name string) (net.Conn, error) {
	d.RLock()
	defer d.RUnlock() // want-types "`net.Dial(…)` waits for the network"
	addr, ok := d.addrs[name]
	if !ok {
		return nil, nil
	}
	return net.Dial("tcp", addr)
}

type counted struct {
	lock sync.RWMutex
	n    int
}

func (c *counted) query(ctx context.Context, db *sql.DB) error {
	c.lock.Lock()
	defer c.lock.Unlock() // want "waits for the database"
	c.n++
	_, err := db.ExecContext(ctx, "UPDATE t SET n = n + 1")
	return err
}

func (c *counted) do(client *http.Client, req *http.Request) (*http.Response, error) {
	c.lock.Lock()
	defer c.lock.Unlock() // want "waits for the network"
	c.n++
	return client.Do(req)
}

// Not a method.
func tell(c *counted, url string) {
	c.lock.Lock()
	defer c.lock.Unlock() // want "waits for the network"
	n := c.n
	if n > 3 {
		return
	}
	resp, err := http.Head(url)
	if err == nil {
		resp.Body.Close()
	}
}

// Only one way leads to the slow work.
func (c *counted) sometimes(url string) error {
	c.lock.Lock()
	defer c.lock.Unlock() // want "waits for the network"
	c.n++
	if url != "" {
		resp, err := http.Get(url)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	}
	return nil
}

func (d *directory) set(name, addr string) {
	d.Lock()
	defer d.Unlock()
	d.addrs[name] = addr
}
