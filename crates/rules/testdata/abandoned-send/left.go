package service

import (
	"errors"
	"sync"
	"time"
)

// Others wait for the senders, to close the channel when all have sent: that is no receiver.

var services = []func() error{prepare, prepare, prepare}

func oneResult(limit time.Duration) (int, error) {
	results := make(chan int)
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		results <- work() // want "nobody receives from `results`"
	}()
	go func() {
		wg.Wait()
		close(results)
	}()
	select {
	case n := <-results:
		return n, nil
	case <-time.After(limit):
		return 0, errors.New("timed out")
	}
}

func allErrors() error {
	failed := make(chan error)
	var wg sync.WaitGroup
	wg.Add(len(services))
	for _, service := range services {
		go func() {
			defer wg.Done()
			failed <- service()
		}()
	}
	go func() {
		wg.Wait()
		close(failed)
	}()
	var all error
	for err := range failed {
		all = errors.Join(all, err)
	}
	return all
}

// There is room for all of them, by a constant with a name.

const buffers = 3

func roomByConstant() int {
	free := make(chan []byte, buffers)
	for range buffers {
		free <- make([]byte, 512)
	}
	go func() {
		free <- append(<-free, byte(work()))
	}()
	return len(<-free)
}

func roomByLocalConstant() int {
	const size = 2
	free := make(chan []byte, size)
	for i := 0; i < size; i++ {
		free <- make([]byte, 512)
	}
	go func() {
		free <- append(<-free, byte(work()))
	}()
	return len(<-free)
}

func noRoomByConstant(limit time.Duration) int {
	const size = 0
	ch := make(chan int, size)
	go func() {
		ch <- work() // want "nobody receives from `ch`"
	}()
	select {
	case n := <-ch:
		return n
	case <-time.After(limit):
		return 0
	}
}
