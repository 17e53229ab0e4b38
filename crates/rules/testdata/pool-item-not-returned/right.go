package pools

import (
	"bytes"
	"errors"
	"sync"

	"github.com/valyala/fasthttp"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

type holder struct {
	b *bytes.Buffer
}

func deferred(names []string) error {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	for _, name := range names {
		if name == "" {
			return errors.New("empty")
		}
	}
	return nil
}

func deferredLiteral(name string) error {
	b := buffers.Get().(*bytes.Buffer)
	defer func() {
		b.Reset()
		buffers.Put(b)
	}()
	if name == "" {
		return errors.New("empty")
	}
	return nil
}

// Somebody else puts it back.
func get() *bytes.Buffer {
	return buffers.Get().(*bytes.Buffer)
}

func put(b *bytes.Buffer) {
	b.Reset()
	buffers.Put(b)
}

func byHelpers(name string) error {
	b := get()
	if name == "" {
		put(b)
		return errors.New("empty")
	}
	put(b)
	return nil
}

// It never gives one back, which may be meant.
func never(name string) int {
	b := buffers.Get().(*bytes.Buffer)
	b.WriteString(name)
	return b.Len()
}

func kept(h *holder, now bool) {
	b := buffers.Get().(*bytes.Buffer)
	if now {
		buffers.Put(b)
		return
	}
	h.b = b
}

func sent(out chan *bytes.Buffer, now bool) {
	b := buffers.Get().(*bytes.Buffer)
	if now {
		buffers.Put(b)
		return
	}
	out <- b
}

func returned(now bool) *bytes.Buffer {
	b := buffers.Get().(*bytes.Buffer)
	if now {
		buffers.Put(b)
		return nil
	}
	return b
}

func everyPath(name string) error {
	b := buffers.Get().(*bytes.Buffer)
	if name == "" {
		buffers.Put(b)
		return errors.New("empty")
	}
	buffers.Put(b)
	return nil
}

func mayBeNil(pool *sync.Pool) int {
	v := pool.Get()
	if v == nil {
		return 0
	}
	pool.Put(v)
	return 1
}

func ofOkForm() int {
	b, ok := buffers.Get().(*bytes.Buffer)
	if !ok {
		return 0
	}
	n := b.Len()
	buffers.Put(b)
	return n
}

func tooLarge(name string) {
	b := buffers.Get().(*bytes.Buffer)
	b.WriteString(name)
	if b.Cap() > 1<<16 {
		return
	}
	buffers.Put(b)
}

func panics(name string) {
	b := buffers.Get().(*bytes.Buffer)
	if name == "" {
		panic("empty")
	}
	buffers.Put(b)
}

func inGoroutine(done chan bool) {
	b := buffers.Get().(*bytes.Buffer)
	go func() {
		<-done
		buffers.Put(b)
	}()
}

func fast() {
	req := fasthttp.AcquireRequest()
	defer fasthttp.ReleaseRequest(req)
	req.SetRequestURI("http://example.com")
}

// Another type with such methods.
type cache struct{ m map[string]int }

func (c *cache) Get() int  { return c.m["x"] }
func (c *cache) Put(n int) { c.m["x"] = n }

func ofCache(c *cache, now bool) int {
	n := c.Get()
	if now {
		return n
	}
	c.Put(n)
	return n
}
