package service

import (
	"os"
	"strconv"
	"sync"
)

func next() (int, error) { return strconv.Atoi(os.Args[0]) }

func closed(parts []int) int {
	ch := make(chan int)
	go func() {
		defer close(ch)
		for _, n := range parts {
			ch <- n
		}
	}()
	total := 0
	for n := range ch {
		total += n
	}
	return total
}

func closedOnEachWay() int {
	ch := make(chan int)
	go func() {
		n, err := next()
		if err != nil {
			close(ch)
			return
		}
		ch <- n
		close(ch)
	}()
	total := 0
	for n := range ch {
		total += n
	}
	return total
}

func left(parts []int) int {
	ch := make(chan int, 8)
	go func() {
		for _, n := range parts {
			ch <- n
		}
	}()
	count := 0
	for range ch {
		count++
		if count == 1 {
			break
		}
	}
	return count
}

func workers(items []int) {
	jobs := make(chan int)
	var wg sync.WaitGroup
	for range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range jobs {
			}
		}()
	}
	defer wg.Wait()
	defer close(jobs)
	for _, item := range items {
		if item < 0 {
			return
		}
		jobs <- item
	}
}

type hub struct {
	events chan string
}

func (h *hub) listen() {
	for range h.events {
	}
}

func (h *hub) Close() { close(h.events) }

func broadcast(names []string) {
	h := &hub{events: make(chan string)}
	defer h.Close()
	go h.listen()
	for _, name := range names {
		h.events <- name
	}
}

func theirs(events chan string) {
	go func() {
		for range events {
		}
	}()
}

func handedOut() *hub {
	h := &hub{events: make(chan string)}
	go h.listen()
	return h
}

func ofMaps(all map[string]int) int {
	ch := make(chan int)
	go func() {
		for _, n := range all {
			ch <- n
		}
		close(ch)
	}()
	sum := 0
	for n := range ch {
		sum += n
	}
	return sum
}

func twoStages(parts []int) int {
	first, second := make(chan int), make(chan int)
	go func() {
		defer close(first)
		for _, n := range parts {
			first <- n
		}
	}()
	go func() {
		defer close(second)
		for n := range first {
			second <- n * 2
		}
	}()
	sum := 0
	for n := range second {
		sum += n
	}
	return sum
}
