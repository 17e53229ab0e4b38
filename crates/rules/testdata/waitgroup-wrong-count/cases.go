package count

import "sync"

func skippedByContinue(urls []string, fetch func(string)) {
	var wg sync.WaitGroup
	wg.Add(len(urls)) // want "no goroutine is started"
	for _, url := range urls {
		if url == "" {
			continue
		}
		go func() {
			defer wg.Done()
			fetch(url)
		}()
	}
	wg.Wait()
}

func addThenContinue(urls []string, open func(string) (int, error), use func(int)) {
	var wg sync.WaitGroup
	for _, url := range urls {
		wg.Add(1) // want "not started on every path"
		fd, err := open(url)
		if err != nil {
			continue
		}
		go func() {
			defer wg.Done()
			use(fd)
		}()
	}
	wg.Wait()
}

func addThenBranch(fast bool, work func()) {
	var wg sync.WaitGroup
	wg.Add(1) // want
	if fast {
		go func() {
			defer wg.Done()
			work()
		}()
	}
	wg.Wait()
}

func onceForMany(items []int, work func(int)) {
	var wg sync.WaitGroup
	wg.Add(1) // want "counter becomes negative"
	for _, item := range items {
		go func() {
			defer wg.Done()
			work(item)
		}()
	}
	wg.Wait()
}

func tooMany(a, b func()) {
	var wg sync.WaitGroup
	wg.Add(3) // want "counts more"
	go func() {
		defer wg.Done()
		a()
	}()
	go func() {
		defer wg.Done()
		b()
	}()
	wg.Wait()
}

func tooFew(a, b func()) {
	var wg sync.WaitGroup
	wg.Add(1) // want "counts fewer"
	go func() {
		defer wg.Done()
		a()
	}()
	go func() {
		defer wg.Done()
		b()
	}()
	wg.Wait()
}

func doneTwice(items []int, work func(int) error) {
	var wg sync.WaitGroup
	for _, item := range items {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := work(item); err != nil {
				wg.Done() // want "again by the deferred call"
				return
			}
		}()
	}
	wg.Wait()
}

func doneInGo(work func()) {
	var wg sync.WaitGroup
	wg.Go(func() {
		defer wg.Done() // want "counts down by itself"
		work()
	})
	wg.Wait()
}

func doneInGoByHand(work func()) {
	var wg sync.WaitGroup
	wg.Go(func() {
		work()
		wg.Done() // want
	})
	wg.Wait()
}

// What follows is right.

func counted(urls []string, fetch func(string)) {
	var wg sync.WaitGroup
	wg.Add(len(urls))
	for _, url := range urls {
		go func() {
			defer wg.Done()
			fetch(url)
		}()
	}
	wg.Wait()
}

func doneOnSkip(urls []string, fetch func(string)) {
	var wg sync.WaitGroup
	wg.Add(len(urls))
	for _, url := range urls {
		if url == "" {
			wg.Done()
			continue
		}
		go func() {
			defer wg.Done()
			fetch(url)
		}()
	}
	wg.Wait()
}

func addAfterCheck(urls []string, fetch func(string)) {
	var wg sync.WaitGroup
	for _, url := range urls {
		if url == "" {
			continue
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			fetch(url)
		}()
	}
	wg.Wait()
}

func addDoneByHand(urls []string, open func(string) (int, error), use func(int)) {
	var wg sync.WaitGroup
	for _, url := range urls {
		wg.Add(1)
		fd, err := open(url)
		if err != nil {
			wg.Done()
			continue
		}
		go func() {
			defer wg.Done()
			use(fd)
		}()
	}
	wg.Wait()
}

func addAndReturn(urls []string, open func(string) error, use func()) error {
	var wg sync.WaitGroup
	for _, url := range urls {
		wg.Add(1)
		if err := open(url); err != nil {
			return err
		}
		go func() {
			defer wg.Done()
			use()
		}()
	}
	wg.Wait()
	return nil
}

func two(a, b func()) {
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
		a()
	}()
	go func() {
		defer wg.Done()
		b()
	}()
	wg.Wait()
}

func tenOfThem(work func()) {
	var wg sync.WaitGroup
	wg.Add(10)
	for i := 0; i < 10; i++ {
		go func() {
			defer wg.Done()
			work()
		}()
	}
	wg.Wait()
}

func untilFirst(items []int, work func(int)) {
	var wg sync.WaitGroup
	wg.Add(1) // want "not started on every path"
	for _, item := range items {
		go func() {
			defer wg.Done()
			work(item)
		}()
		break
	}
	wg.Wait()
}

func byHelper(n int, run func(func())) {
	var wg sync.WaitGroup
	wg.Add(n)
	for i := 0; i < n; i++ {
		run(func() { defer wg.Done() })
	}
	wg.Wait()
}

func callback(run func(func())) {
	var wg sync.WaitGroup
	wg.Add(1)
	run(func() { wg.Done() })
	wg.Wait()
}

func barrierOnce(work func()) {
	var started sync.WaitGroup
	started.Add(1)
	go func() {
		started.Done()
		work()
	}()
	started.Wait()
}

func plainGo(work func()) {
	var wg sync.WaitGroup
	wg.Go(work)
	wg.Go(func() { work() })
	wg.Wait()
}

func batches(all [][]func()) {
	var wg sync.WaitGroup
	for _, batch := range all {
		wg.Add(len(batch))
		for _, f := range batch {
			go func() {
				defer wg.Done()
				f()
			}()
		}
		wg.Wait()
	}
}

func eitherOr(fast bool, a, b func()) {
	var wg sync.WaitGroup
	wg.Add(1)
	if fast {
		go func() {
			defer wg.Done()
			a()
		}()
	} else {
		go func() {
			defer wg.Done()
			b()
		}()
	}
	wg.Wait()
}

func deferredWait(work func()) {
	var wg sync.WaitGroup
	wg.Add(1)
	defer wg.Wait()
	go func() {
		defer wg.Done()
		work()
	}()
}

func deferredWaitInLiteral(work func()) {
	var wg sync.WaitGroup
	wg.Add(1)
	defer func() { wg.Wait() }()
	go func() {
		defer wg.Done()
		work()
	}()
}

func returnsBeforeDeferredWait(open func() error, work func()) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Add(1) // want
	if err := open(); err != nil {
		return err
	}
	go func() {
		defer wg.Done()
		work()
	}()
	return nil
}
