package stretched

import (
	"net"
	"net/http"
	"os/exec"
	"sync"
	"time"
)

type right struct {
	mu     sync.Mutex
	sendMu sync.Mutex
	calls  map[string]int
	client *http.Client
	conn   net.Conn
	url    string
	last   *http.Response
}

func (r *right) before(url string) (*http.Response, error) {
	r.mu.Lock()
	r.calls[url]++
	r.mu.Unlock()
	return http.Get(url)
}

// Used afterwards.
func (r *right) after(url string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls[url]++
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	r.last = resp
	return nil
}

// Used afterwards on one path.
func (r *right) afterError(url string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls[url]++
	resp, err := http.Get(url)
	if err != nil {
		delete(r.calls, url)
		return err
	}
	return resp.Body.Close()
}

// The work is on what the lock guards.
func (r *right) own(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls["write"]++
	return r.conn.Write(p)
}

// By another name.
func (r *right) alias(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	conn := r.conn
	return conn.Write(p)
}

// What the lock guards is an argument.
func (r *right) argument() (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls["get"]++
	return http.Get(r.url)
}

// A map that is used later by another name.
func (r *right) mapLater(url string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	calls := r.calls
	resp, err := http.Get(url)
	if err == nil {
		resp.Body.Close()
	}
	return calls[url]
}

// One at a time is what it is for.
func (r *right) oneAtATime(url string) (*http.Response, error) {
	r.sendMu.Lock()
	defer r.sendMu.Unlock()
	r.calls[url]++
	return http.Get(url)
}

// Nothing but the work is under the lock.
func (r *right) nothingElse(name string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return exec.Command(name).Run()
}

// A connection that others have, too.
func (r *right) shared(conn net.Conn, p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls["write"]++
	return conn.Write(p)
}

// A deferred call uses it.
func (r *right) deferred(url string) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer delete(r.calls, url)
	r.calls[url]++
	return http.Get(url)
}

func (r *right) deferredLiteral(url string) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls[url]++
	defer func() { r.calls[url]-- }()
	return http.Get(url)
}

// In a loop, the fields are used again.
func (r *right) loop(urls []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, url := range urls {
		r.calls[url]++
		time.Sleep(time.Second)
	}
}

// Not under this lock any more.
func (r *right) goroutine(url string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls[url]++
	go http.Get(url)
}

// The slow work comes first.
func (r *right) first(url string) {
	resp, err := http.Get(url)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = resp
}

// Waits for others, who may need the lock to be held.
func (r *right) group(wg *sync.WaitGroup) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls["wait"]++
	wg.Wait()
}

// A limit on how often.
func (r *right) throttle(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls["throttle"]++
	time.Sleep(d)
}

// A lock of its own.
func local(url string) (*http.Response, error) {
	var state struct {
		mu sync.Mutex
		n  int
	}
	state.mu.Lock()
	defer state.mu.Unlock()
	state.n++
	return http.Get(url)
}

// A method of the receiver comes after.
func (r *right) note(url string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls[url]++
	resp, err := http.Get(url)
	r.done(resp, err)
}

func (r *right) done(*http.Response, error) {}

// A field that never changes needs no lock: it is there for the work.
type catalog struct {
	mu   sync.Mutex
	user string
}

func (c *catalog) create(name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.user == "" {
		name = "none"
	}
	return exec.Command("create", name).Run()
}
