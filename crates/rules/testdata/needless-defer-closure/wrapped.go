package wrapped

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"sync"
	"time"
)

func file(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { // want-types "the literal only calls `f.Close()`"
		f.Close()
	}()
	_, err = io.Copy(io.Discard, f)
	return err
}

func function(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer func() { cancel() }() // want "only calls `cancel()`"
	<-ctx.Done()
}

func parameter(c io.Closer) {
	defer func() { c.Close() }() // want-types
	fmt.Println("x")
}

func mutex(mu *sync.Mutex, work func()) {
	mu.Lock()
	defer func() { // want-types
		mu.Unlock()
	}()
	work()
}

type server struct {
	mu   sync.Mutex
	conn io.Closer
}

func (s *server) field(work func()) {
	s.mu.Lock()
	defer func() { s.mu.Unlock() }() // want-types
	work()
}

func localMutex(work func()) {
	var mu sync.Mutex
	mu.Lock()
	defer func() { mu.Unlock() }() // want-types
	work()
}

func constants(work func()) {
	defer func() { log.Println("done", 1, true, nil, -2) }() // want
	work()
}

func ownFunction(name string, work func()) {
	defer func() { say(name) }() // want
	work()
}

func say(string) {}

func channel(done chan<- struct{}, work func()) {
	defer func() { close(done) }() // want
	work()
}

func addresses(work func(*int)) {
	n := 0
	defer func() { show(&n) }() // want
	work(&n)
}

func show(*int) {}

func ownMethod(s *server, work func()) {
	defer func() { s.stop() }() // want
	work()
}

func (s *server) stop() {}

// A comment in the literal would be lost, so there is no fix.
func comment(s *server, work func()) {
	defer func() { // want
		// Whatever happens.
		s.stop()
	}()
	work()
}

func waitGroup(wg *sync.WaitGroup, work func()) {
	go func() {
		defer func() { wg.Done() }() // want-types
		work()
	}()
}
