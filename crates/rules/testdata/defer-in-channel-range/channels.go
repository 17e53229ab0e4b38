package channels

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

func parameter(paths <-chan string) {
	for path := range paths {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		defer f.Close() // want "`f.Close()` runs after `paths` is closed, which may be never: until then what every iteration opens stays open"
	}
}

func local(produce func(chan<- string)) {
	paths := make(chan string)
	go produce(paths)
	for path := range paths {
		defer os.Remove(path) // want "`os.Remove(…)` runs after `paths` is closed"
	}
}

type pool struct {
	jobs chan job
	busy sync.WaitGroup
	mu   sync.Mutex
}

type job struct {
	conn net.Conn
	run  func()
}

func (p *pool) worker() {
	for job := range p.jobs {
		p.busy.Add(1)
		defer p.busy.Done() // want "every iteration counts as not done"
		job.run()
	}
}

func (p *pool) start(n int) {
	for range n {
		go func() {
			for job := range p.jobs {
				defer job.conn.Close() // want "`p.jobs` is closed"
				job.run()
			}
		}()
	}
}

func (p *pool) locked() {
	for range p.jobs {
		p.mu.Lock()
		defer p.mu.Unlock() // want "the locks that every iteration takes stay locked"
	}
}

type queue chan string

func (q queue) drain() {
	for path := range q {
		defer os.Remove(path) // want
	}
}

func subscribe() <-chan string { return nil }

func fromFunction() {
	for path := range subscribe() {
		defer os.Remove(path) // want "`subscribe()` is closed"
	}
}

func everySecond() {
	ticker := time.NewTicker(time.Second)
	for range ticker.C {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel() // want "`ticker.C` is closed"
		<-ctx.Done()
	}
}

func tick() {
	for range time.Tick(time.Second) {
		defer fmt.Println("tick") // want
	}
}

// The inner loop is over a slice, but what waits, waits for the channel.
func inner(batches chan []string) {
	for batch := range batches {
		for _, path := range batch {
			defer os.Remove(path) // want "`batches` is closed"
		}
	}
}

func elements(channels map[string]chan string) {
	for path := range channels["a"] {
		defer os.Remove(path) // want
	}
}

// Look-alikes.

func perIteration(paths <-chan string) {
	for path := range paths {
		func() {
			defer os.Remove(path)
		}()
	}
}

func perGoroutine(paths <-chan string) {
	var wg sync.WaitGroup
	for path := range paths {
		wg.Add(1)
		go func() {
			defer wg.Done()
			os.Remove(path)
		}()
	}
	wg.Wait()
}

func firstOnly(paths <-chan string) {
	for path := range paths {
		defer os.Remove(path)
		break
	}
}

func leaves(paths <-chan string) error {
	for path := range paths {
		if path == "" {
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		return nil
	}
	return nil
}

func slice(paths []string) {
	for _, path := range paths {
		defer os.Remove(path)
	}
}

func keys(paths map[string]bool) {
	for path := range paths {
		defer os.Remove(path)
	}
}

func text(word string) {
	for _, letter := range word {
		defer fmt.Print(letter)
	}
}

func sliceOfChannels(channels []chan string) {
	for _, ch := range channels {
		defer close(ch)
	}
}

func number(n int) {
	for i := range n {
		defer fmt.Println(i)
	}
}

func receives(paths <-chan string) {
	for {
		path, ok := <-paths
		if !ok {
			return
		}
		defer os.Remove(path)
	}
}

func outside(paths <-chan string) {
	defer fmt.Println("done")
	for path := range paths {
		os.Remove(path)
	}
}

func generic[T chan string](paths T) {
	for path := range paths {
		defer os.Remove(path) // want
	}
}

func genericSlice[T []string](paths T) {
	for _, path := range paths {
		defer os.Remove(path)
	}
}
