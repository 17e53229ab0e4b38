package groups

import (
	"errors"
	"sync"
)

func early(urls []string, fetch func(string) error) {
	var wg sync.WaitGroup
	for _, url := range urls {
		wg.Add(1)
		go func() {
			if err := fetch(url); err != nil {
				return
			}
			wg.Done() // want "not reached on every path"
		}()
	}
	wg.Wait()
}

func inBranch(n int, fetch func(int) bool) {
	var wg sync.WaitGroup
	wg.Add(n)
	for i := 0; i < n; i++ {
		go func(i int) {
			if fetch(i) {
				wg.Done() // want
			}
		}(i)
	}
	wg.Wait()
}

func field(p *pool, work func() error) {
	p.wg.Add(1)
	go func() {
		err := work()
		if err != nil {
			return
		}
		p.wg.Done() // want
	}()
}

type pool struct{ wg sync.WaitGroup }

func inSwitch(kind int, wg *sync.WaitGroup, work func()) {
	wg.Add(1)
	go func() {
		switch kind {
		case 1:
			work()
			wg.Done() // want
		case 2:
			wg.Done()
		}
	}()
}

func inSelect(wg *sync.WaitGroup, in, quit chan int) {
	wg.Add(1)
	go func() {
		select {
		case <-in:
		case <-quit:
			return
		}
		wg.Done() // want
	}()
}

func parameter(work func() error) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func(group *sync.WaitGroup) {
		if work() != nil {
			return
		}
		group.Done() // want
	}(&wg)
	wg.Wait()
}

func forgets(wg *sync.WaitGroup, n int) {
	if n < 0 {
		return
	}
	wg.Done()
}

func byFunction(n int) {
	var wg sync.WaitGroup
	wg.Add(1)
	go forgets(&wg, n) // want "can end without"
	wg.Wait()
}

func never(wg *sync.WaitGroup, n int) error { return errors.New("never") }

func byOther(n int) {
	var wg sync.WaitGroup
	wg.Add(1)
	go never(&wg, n) // want "never calls `Done`"
	wg.Wait()
}

// Hard: the loop ends in two ways, and one of them leaves the function.
func inLoop(wg *sync.WaitGroup, in chan int, quit chan bool) {
	wg.Add(1)
	go func() {
		for {
			select {
			case _, ok := <-in:
				if ok {
					continue
				}
			case <-quit:
				return
			}
			break
		}
		wg.Done() // want
	}()
}

// Hard: the literal has a name.
func named(wg *sync.WaitGroup, work func() error) {
	run := func() {
		if err := work(); err != nil {
			return
		}
		wg.Done() // want
	}
	wg.Add(1)
	go run()
}
