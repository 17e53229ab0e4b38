package race

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

type server struct {
	mu   sync.Mutex
	done chan struct{}
}

func (s *server) finish() {}
func (s *server) wait()   {}

func ownVariable(url string) error {
	text, err := fetch(url)
	go func() {
		_, err := fetch(text)
		println(err)
	}()
	_, err = fetch(text)
	return err
}

func receives(url string) string {
	var text string
	done := make(chan struct{})
	go func() {
		text, _ = fetch(url)
		close(done)
	}()
	<-done
	return text
}

func sends(url string) string {
	var text string
	done := make(chan bool)
	go func() {
		defer func() { done <- true }()
		text, _ = fetch(url)
	}()
	<-done
	return text
}

func waitGroup(urls []string) string {
	var first, second string
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
		first, _ = fetch(urls[0])
	}()
	go func() {
		defer wg.Done()
		second, _ = fetch(urls[1])
	}()
	wg.Wait()
	return first + second
}

func waitGroupGo(url string) string {
	var text string
	var wg sync.WaitGroup
	wg.Go(func() { text, _ = fetch(url) })
	wg.Wait()
	return text
}

func locked(urls []string) []string {
	var found []string
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, url := range urls {
		wg.Add(1)
		go func() {
			defer wg.Done()
			text, _ := fetch(url)
			mu.Lock()
			defer mu.Unlock()
			found = append(found, text)
		}()
	}
	wg.Wait()
	return found
}

func lockedByHelper(urls []string, lock, unlock func()) int {
	n := 0
	for _, url := range urls {
		go func() {
			fetch(url)
			lock()
			n++
			unlock()
		}()
	}
	lock()
	defer unlock()
	return n
}

func ownElement(urls []string) []string {
	texts := make([]string, len(urls))
	var wg sync.WaitGroup
	for i, url := range urls {
		wg.Add(1)
		go func() {
			defer wg.Done()
			texts[i], _ = fetch(url)
		}()
	}
	wg.Wait()
	return texts
}

func onlyOnce(urls []string) error {
	var first error
	var once sync.Once
	var wg sync.WaitGroup
	for _, url := range urls {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if _, err := fetch(url); err != nil {
				once.Do(func() { first = err })
			}
		}()
	}
	wg.Wait()
	return first
}

func chosen(urls []string) string {
	var first string
	var wg sync.WaitGroup
	for i, url := range urls {
		wg.Add(1)
		go func() {
			defer wg.Done()
			text, _ := fetch(url)
			if i == 0 {
				first = text
			}
		}()
	}
	wg.Wait()
	return first
}

func swapped(urls []string) string {
	var first string
	var taken atomic.Bool
	var wg sync.WaitGroup
	for _, url := range urls {
		wg.Add(1)
		go func() {
			defer wg.Done()
			text, _ := fetch(url)
			if taken.CompareAndSwap(false, true) {
				first = text
			}
		}()
	}
	wg.Wait()
	return first
}

func atomics(urls []string) int32 {
	var n int32
	var wg sync.WaitGroup
	for _, url := range urls {
		wg.Add(1)
		go func() {
			defer wg.Done()
			fetch(url)
			atomic.AddInt32(&n, 1)
		}()
	}
	wg.Wait()
	return n
}

func oneAfterTheOther(urls []string) int {
	n := 0
	for _, url := range urls {
		done := make(chan bool)
		go func() {
			fetch(url)
			n++
			close(done)
		}()
		<-done
	}
	return n
}

func bySemaphore(urls []string) int {
	n := 0
	turn := make(chan bool, 1)
	for _, url := range urls {
		turn <- true
		go func() {
			fetch(url)
			n++
			<-turn
		}()
	}
	turn <- true
	return n
}

func throughPipe() (string, error) {
	r, w := io.Pipe()
	var err error
	go func() {
		_, err = io.WriteString(w, "text")
		w.CloseWithError(err)
	}()
	data, readErr := io.ReadAll(r)
	if readErr != nil {
		return "", err
	}
	return string(data), nil
}

func writtenBefore(url string) {
	text := "a"
	text = "b"
	go func() { println(text) }()
	fetch(url)
}

func startsWhenTold(url string) {
	var text string
	start := make(chan struct{})
	go func() {
		<-start
		println(text)
	}()
	text, _ = fetch(url)
	close(start)
}

func (s *server) waitsByMethod(url string) string {
	var text string
	go func() {
		text, _ = fetch(url)
		s.finish()
	}()
	s.wait()
	return text
}

func (s *server) channelOfField(url string) string {
	var text string
	go func() {
		defer close(s.done)
		text, _ = fetch(url)
	}()
	<-s.done
	return text
}

func selects(ctx context.Context, url string) (string, error) {
	var text string
	var err error
	done := make(chan struct{})
	go func() {
		text, err = fetch(url)
		close(done)
	}()
	select {
	case <-done:
		return text, err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func cancels(url string) string {
	var text string
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		text, _ = fetch(url)
	}()
	<-ctx.Done()
	return text
}

func otherBranch(url string, background bool) string {
	var text string
	if background {
		go func() { text, _ = fetch(url) }()
	} else {
		text, _ = fetch(url)
		return text
	}
	return ""
}

func ofTheRound(urls []string) {
	for i, url := range urls {
		n := i
		n++
		go func() { println(url, n) }()
	}
	for i := 0; i < 3; i++ {
		go func() { println(i) }()
	}
}

func waitsInClosure(url string) string {
	var text string
	done := make(chan struct{})
	wait := func() { <-done }
	go func() {
		text, _ = fetch(url)
		close(done)
	}()
	wait()
	return text
}

func resultAsItIs(url string) (done chan struct{}) {
	done = make(chan struct{})
	go func() {
		fetch(url)
		close(done)
	}()
	return done
}

func madeAnew(url string) {
	done := make(chan struct{})
	go func() {
		fetch(url)
		close(done)
	}()
	<-done
	done = make(chan struct{})
	go func() {
		fetch(url)
		close(done)
	}()
	<-done
}

func inBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := false
		go func() {
			time.Sleep(time.Second)
			done = true
		}()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !done {
			t.Error("not done")
		}
	})
}

func mapUnderLock(urls []string) map[string]string {
	texts := map[string]string{}
	var s server
	var wg sync.WaitGroup
	for _, url := range urls {
		wg.Add(1)
		go func() {
			defer wg.Done()
			text, _ := fetch(url)
			s.mu.Lock()
			texts[url] = text
			s.mu.Unlock()
		}()
	}
	wg.Wait()
	return texts
}

func onlyReads(urls []string) {
	prefix := "http://"
	for _, url := range urls {
		go func() { fetch(prefix + url) }()
	}
	println(prefix)
}

// Literals that call each other.
func visits(urls []string) string {
	var text string
	done := make(chan struct{})
	var even, odd func(n int)
	even = func(n int) {
		if n > 0 {
			odd(n - 1)
			odd(n - 2)
		}
	}
	odd = func(n int) {
		if n > 0 {
			even(n - 1)
			even(n - 2)
		} else {
			<-done
		}
	}
	go func() {
		text, _ = fetch(urls[0])
		close(done)
	}()
	even(len(urls))
	return text
}
