package blocks

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"sync"
	"time"
)

type server struct {
	mu    sync.Mutex
	rw    sync.RWMutex
	count int
	stop  chan struct{}
}

func (s *server) bareBlock(work func()) {
	{
		s.mu.Lock()
		defer s.mu.Unlock() // want "`s.mu.Unlock()` runs when `bareBlock` returns, not at the end of the block: `s.mu` stays locked while the function goes on"
		s.count++
	}
	work()
}

func (s *server) readBlock(work func(int)) {
	count := 0
	{
		s.rw.RLock()
		defer s.rw.RUnlock() // want "`s.rw` stays locked"
		count = s.count
	}
	work(count)
}

func (s *server) twoBlocks() {
	{
		s.mu.Lock()
		defer s.mu.Unlock() // want "`s.mu.Lock()` after the block waits for ever"
		s.count++
	}
	fmt.Println("between")
	{
		s.mu.Lock()
		s.count++
		s.mu.Unlock()
	}
}

func (s *server) again(first bool) {
	if first {
		s.mu.Lock()
		defer s.mu.Unlock() // want "waits for ever"
		s.count = 1
	}
	s.mu.Lock()
	s.count++
	s.mu.Unlock()
}

func (s *server) upgrade(cached bool) {
	if cached {
		s.rw.RLock()
		defer s.rw.RUnlock() // want "`s.rw.Lock()` after the block waits for ever"
		if s.count > 0 {
			return
		}
	}
	s.rw.Lock()
	defer s.rw.Unlock()
	s.count++
}

type config struct{ Address string }

// The file stays open for as long as the server runs.
func serveWithConfig(path string) error {
	cfg := config{Address: ":8080"}
	if path != "" {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close() // want "`f` is not used after the block, but stays open while the function goes on"
		if err := json.NewDecoder(f).Decode(&cfg); err != nil {
			return err
		}
	}
	return http.ListenAndServe(cfg.Address, nil)
}

func bareFile(path string, work func([]byte)) error {
	var text []byte
	{
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close() // want "`f.Close()` runs when `bareFile` returns"
		text, err = io.ReadAll(f)
		if err != nil {
			return err
		}
	}
	work(text)
	return nil
}

func (s *server) untilStopped(seed string) error {
	switch {
	case seed != "":
		f, err := os.Open(seed)
		if err != nil {
			return err
		}
		defer f.Close() // want
		n, err := io.Copy(io.Discard, f)
		if err != nil {
			return err
		}
		s.count = int(n)
	}
	for {
		select {
		case <-s.stop:
			return nil
		case <-time.After(time.Second):
			s.count++
		}
	}
}

func response(ctx context.Context, url string, wg *sync.WaitGroup) error {
	if url != "" {
		resp, err := http.Get(url)
		if err != nil {
			return err
		}
		defer resp.Body.Close() // want "`resp` is not used after the block"
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		log.Println(string(text))
	}
	wg.Wait()
	return nil
}

func hidden(path string, s *server) error {
	if path != "" {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { // want "`f.Close()` runs when `hidden` returns"
			if err := f.Close(); err != nil {
				log.Println(err)
			}
		}()
		if _, err := readConfig(f); err != nil {
			return err
		}
	}
	s.loop()
	return nil
}

func (s *server) loop() {
	for range s.stop {
		s.count++
	}
}

func readConfig(r io.Reader) (config, error) {
	var cfg config
	err := json.NewDecoder(r).Decode(&cfg)
	return cfg, err
}
