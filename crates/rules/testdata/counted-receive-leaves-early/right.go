package service

import (
	"context"
	"os"
)

func check(url string) error { return os.Chdir(url) }

func roomForAll(urls []string) error {
	errs := make(chan error, len(urls))
	for _, u := range urls {
		go func() { errs <- check(u) }()
	}
	for range urls {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}

func allReceived(urls []string) error {
	errs := make(chan error)
	for _, u := range urls {
		go func() { errs <- check(u) }()
	}
	var first error
	for range urls {
		if err := <-errs; err != nil && first == nil {
			first = err
		}
	}
	return first
}

func countedInVariable(urls []string) error {
	errs := make(chan error)
	started := 0
	for _, u := range urls {
		if u == "" {
			continue
		}
		started++
		go func() { errs <- check(u) }()
	}
	var first error
	for i := 0; i < started; i++ {
		if err := <-errs; err != nil {
			first = err
		}
	}
	return first
}

func sendersStop(parent context.Context, urls []string) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	errs := make(chan error)
	for _, u := range urls {
		go func() {
			select {
			case errs <- check(u):
			case <-ctx.Done():
			}
		}()
	}
	for range urls {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}

func drainedBehind(urls []string) error {
	errs := make(chan error)
	for _, u := range urls {
		go func() { errs <- check(u) }()
	}
	for i := range urls {
		if err := <-errs; err != nil {
			go func() {
				for range urls[i+1:] {
					<-errs
				}
			}()
			return err
		}
	}
	return nil
}

func fixedNumber() error {
	errs := make(chan error)
	for i := 0; i < 3; i++ {
		go func() { errs <- check("") }()
	}
	var last error
	for i := 0; i < 3; i++ {
		last = <-errs
	}
	return last
}
