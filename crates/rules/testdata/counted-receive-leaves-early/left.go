package service

import (
	"os"
	"sync"
)

func prepare() error { return os.Chdir("/") }

// The goroutine that closes only waits for the senders: it is no receiver.

var services = []func() error{prepare, prepare, prepare}

func firstError() error {
	failed := make(chan error)
	var wg sync.WaitGroup
	wg.Add(len(services))
	for _, service := range services {
		go func() {
			defer wg.Done()
			failed <- service() // want "before it has a value of each"
		}()
	}
	go func() {
		wg.Wait()
		close(failed)
	}()
	for err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}
