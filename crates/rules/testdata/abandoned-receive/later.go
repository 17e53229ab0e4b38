package service

import (
	"io"
	"os"
	"runtime"
	"strings"
)

// Functions that somebody else calls later, and what is counted or known.

type buffer struct {
	name string
	data []byte
}

func collected() {
	gone := make(chan struct{})
	go func() {
		b := &buffer{name: "a"}
		runtime.SetFinalizer(b, func(*buffer) { close(gone) })
		b = nil
	}()
	runtime.GC()
	<-gone
}

func cleanedUp() {
	gone := make(chan string, 1)
	done := make(chan bool)
	go func() {
		b := &buffer{name: "b"}
		runtime.AddCleanup(b, func(name string) { gone <- name }, "b")
		b = nil
		done <- true
	}()
	<-done
	runtime.GC()
	<-gone
}

func whatIsThere(tries int) []error {
	failed := make(chan error, 8)
	done := make(chan bool)
	go func() {
		defer close(done)
		for range tries {
			if err := prepare(); err != nil {
				failed <- err
			}
		}
	}()
	<-done
	var all []error
	for len(failed) > 0 {
		all = append(all, <-failed)
	}
	return all
}

func firstIfAny() error {
	failed := make(chan error, 1)
	done := make(chan bool)
	go func() {
		if err := prepare(); err != nil {
			failed <- err
		}
		close(done)
	}()
	<-done
	if len(failed) > 0 {
		return <-failed
	}
	return nil
}

// The thread is to stay as it is.
func parked(restore func() error) {
	go func() {
		runtime.LockOSThread()
		if restore() != nil {
			forever := make(chan struct{})
			<-forever
		}
	}()
}

type packets struct {
	next chan []byte
	quit chan struct{}
}

func (p *packets) Read(b []byte) (int, error) {
	select {
	case data := <-p.next:
		return copy(b, data), nil
	case <-p.quit:
		return 0, io.EOF
	}
}

func (p *packets) Close() error {
	close(p.quit)
	return nil
}

func (p *packets) receive() {
	for {
		select {
		case <-p.quit:
			return
		case p.next <- []byte(os.Args[0]):
		}
	}
}

// A result without a name is handed out all the same.
func listen(name string) (_ io.ReadCloser, err error) {
	p := &packets{next: make(chan []byte), quit: make(chan struct{})}
	defer func() {
		if err != nil {
			p.Close()
		}
	}()
	if strings.HasPrefix(name, "-") {
		return nil, os.ErrInvalid
	}
	go p.receive()
	return p, nil
}

func dropped(name string) error {
	p := &packets{next: make(chan []byte), quit: make(chan struct{})}
	go p.receiveAll()
	return os.Chdir(name)
}

func (p *packets) receiveAll() {
	for {
		select { // want "may wait for ever"
		case <-p.quit:
			return
		case p.next <- []byte(os.Args[0]):
		}
	}
}
