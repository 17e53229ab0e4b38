package service

import (
	"errors"
	"os"
)

func check(url string) error { return os.Chdir(url) }

type result struct {
	url string
	err error
}

func firstError(urls []string) error {
	errs := make(chan error)
	for _, u := range urls {
		go func() { errs <- check(u) }() // want "before it has a value of each goroutine"
	}
	for range urls {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}

func firstAnswer(urls []string) string {
	found := make(chan string)
	for _, u := range urls {
		go func() {
			if check(u) == nil {
				found <- u
				return
			}
			found <- "" // want
		}()
	}
	for range urls {
		if u := <-found; u != "" {
			return u
		}
	}
	return ""
}

func counted(urls []string) error {
	results := make(chan result)
	for _, u := range urls {
		go func(u string) {
			results <- result{u, check(u)} // want
		}(u)
	}
	for i := 0; i < len(urls); i++ {
		r := <-results
		if r.err != nil {
			return errors.New(r.url)
		}
	}
	return nil
}

func roomForOne(urls []string) error {
	errs := make(chan error, 1)
	for i := 0; i < 3; i++ {
		go func() { errs <- check("") }() // want
	}
	return <-errs
}

type checker struct {
	errs chan error
}

func (c *checker) one(u string) {
	c.errs <- check(u) // want
}

func (c *checker) all(urls []string) error {
	own := &checker{errs: make(chan error)}
	for _, u := range urls {
		go own.one(u)
	}
	for range urls {
		if err := <-own.errs; err != nil {
			return err
		}
	}
	return nil
}
