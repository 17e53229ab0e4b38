package service

import (
	"os"
	"strconv"
	"sync"
)

func next() (int, error) { return strconv.Atoi(os.Args[0]) }

func notClosed(parts []int) int {
	ch := make(chan int)
	go func() {
		for _, n := range parts {
			ch <- n
		}
	}()
	total := 0
	for n := range ch { // want "nobody closes it"
		total += n
	}
	return total
}

func notClosedOnError() int {
	ch := make(chan int)
	go func() {
		for {
			n, err := next()
			if err != nil {
				return
			}
			if n == 0 {
				break
			}
			ch <- n
		}
		close(ch)
	}()
	total := 0
	for n := range ch { // want
		total += n
	}
	return total
}

func worker(jobs <-chan int) {
	for range jobs { // want
	}
}

func workers(items []int) error {
	jobs := make(chan int)
	for range 2 {
		go worker(jobs)
	}
	for _, item := range items {
		if item < 0 {
			_, err := next()
			return err
		}
		jobs <- item
	}
	close(jobs)
	return nil
}

type hub struct {
	events chan string
}

func (h *hub) listen() {
	for range h.events { // want
	}
}

func broadcast(names []string) {
	h := &hub{events: make(chan string)}
	go h.listen()
	for _, name := range names {
		h.events <- name
	}
}

func groupIsWaitedForOnly(items []int) {
	ch := make(chan int, 2)
	var wg sync.WaitGroup
	for _, item := range items {
		wg.Add(1)
		go func() {
			defer wg.Done()
			ch <- item
		}()
	}
	go func() {
		for range ch { // want
		}
	}()
	wg.Wait()
}
