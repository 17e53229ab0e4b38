package service

import (
	"context"
	"errors"
	"os"
	"strconv"
)

func tryWork() (int, error) { return strconv.Atoi(os.Args[0]) }
func prepare() error        { return os.Chdir("/") }

func senderFails() int {
	ch := make(chan int)
	go func() {
		n, err := tryWork()
		if err != nil {
			return
		}
		ch <- n
	}()
	return <-ch // want "nobody sends to `ch`"
}

func (s *store) load() error {
	ready := make(chan struct{})
	go func() {
		if err := prepare(); err != nil {
			s.err = err
			return
		}
		close(ready)
	}()
	<-ready // want
	return s.err
}

type store struct {
	err error
}

func worker() error {
	jobs := make(chan int)
	go func() {
		for {
			n := <-jobs // want
			if n < 0 {
				return
			}
		}
	}()
	if err := prepare(); err != nil {
		return err
	}
	jobs <- -1
	return nil
}

func neverStopped() {
	stop := make(chan struct{})
	go func() {
		<-stop // want
	}()
}

func stopOnOneWayOnly() error {
	stop := make(chan struct{})
	go func() {
		<-stop // want
	}()
	if err := prepare(); err != nil {
		return errors.New("not prepared")
	}
	close(stop)
	return nil
}

func twoArms() error {
	jobs := make(chan int)
	stop := make(chan bool)
	go func() {
		for {
			select { // want "this `select`"
			case <-jobs:
			case <-stop:
				return
			}
		}
	}()
	if err := prepare(); err != nil {
		return err
	}
	jobs <- 1
	stop <- true
	return nil
}

func contextOfItsOwn() {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-ctx.Done() // want
	}()
	if prepare() != nil {
		return
	}
	cancel()
}

type watcher struct {
	stop chan struct{}
	done chan struct{}
}

func (w *watcher) watch() {
	defer close(w.done)
	<-w.stop // want
}

func watching() error {
	w := &watcher{stop: make(chan struct{}), done: make(chan struct{})}
	go w.watch()
	if err := prepare(); err != nil {
		return err
	}
	close(w.stop)
	<-w.done
	return nil
}

func nobodyWakesIt() {
	ch := make(chan int)
	wait(ch)
	go prepare()
}

func wait(ch chan int) {
	<-ch // want
}

func oneOfTwo() (int, int) {
	a := make(chan int)
	go func() {
		a <- 1
	}()
	x := <-a
	y := <-a // want
	return x, y
}
