package service

import (
	"fmt"
	"os"
	"time"
)

func work() error { return os.Chdir("/") }

func returns() error {
	done := make(chan error)
	go func() {
		if err := work(); err != nil {
			done <- err
			return
		}
		done <- nil
	}()
	return <-done
}

func bothReceived() (error, error) {
	done := make(chan error)
	go func() {
		done <- work()
		done <- work()
	}()
	first := <-done
	return first, <-done
}

func roomForBoth() error {
	done := make(chan error, 2)
	go func() {
		if err := work(); err != nil {
			done <- err
		}
		done <- nil
	}()
	return <-done
}

func ranged() (last error) {
	done := make(chan error)
	go func() {
		defer close(done)
		if err := work(); err != nil {
			done <- err
		}
		done <- nil
	}()
	for err := range done {
		last = err
	}
	return last
}

func otherChannel() error {
	errs := make(chan error)
	done := make(chan bool, 1)
	go func() {
		errs <- work()
		done <- true
	}()
	return <-errs
}

func sendsThePanic() error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- fmt.Errorf("panic: %v", r)
			}
		}()
		done <- work()
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(time.Second):
		return os.ErrDeadlineExceeded
	}
}
