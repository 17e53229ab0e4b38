package endless

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

func step() {}

func forever(mu *sync.Mutex) {
	mu.Lock()
	defer mu.Unlock() // want "`mu.Unlock()` never runs, because nothing leaves the loop after it"
	for {
		step()
	}
}

func blocked(c io.Closer) {
	defer c.Close() // want "the wait after it never ends"
	select {}
}

func breaksSelect(done chan struct{}, c net.Conn) {
	defer c.Close() // want
	for {
		select {
		case <-done:
			break
		case <-time.After(time.Second):
			step()
		}
	}
}

func worker(wg *sync.WaitGroup, jobs chan func()) {
	for range 4 {
		go func() {
			defer wg.Done() // want "wg.Done()"
			for {
				job := <-jobs
				job()
			}
		}()
	}
}

func nested(done chan struct{}) {
	defer close(done) // want
	for {
		for range 3 {
			step()
		}
	}
}

func jumps(path string) {
	defer os.Remove(path) // want
	for i := 0; ; i++ {
		if i > 3 {
			continue
		}
		step()
	}
}

func onOnePath(once bool, c io.Closer) {
	if once {
		defer c.Close() // want
		for {
			step()
		}
	}
	step()
}

func literal(path string) {
	defer func() { // want "os.Remove(…)"
		_ = os.Remove(path)
	}()
	select {}
}

func cancelled() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel() // want
	go waitFor(ctx)
	select {}
}

func waitFor(ctx context.Context) { <-ctx.Done() }

func ticks() {
	t := time.NewTicker(time.Second)
	defer t.Stop() // want
	for {
		<-t.C
		step()
	}
}

// Its name speaks of panics; it has nothing to do with them.
func countPanics() { step() }

func counted() {
	defer countPanics() // want
	for {
		step()
	}
}
