package guards

import (
	"context"
	"errors"
	"log"
	"net"
	"os/exec"
	"time"
)

func killed(cmd *exec.Cmd) error {
	timer := time.AfterFunc(time.Minute, func() { // want "not stopped on every path"
		log.Print("killed")
		cmd.Process.Kill()
	})
	if err := cmd.Wait(); err != nil {
		return err
	}
	timer.Stop()
	return nil
}

func discardedOnClosed(in chan int) {
	done := make(chan bool)
	defer close(done)
	time.AfterFunc(time.Minute, func() { // want "nothing holds"
		done <- false
	})
	<-in
}

func neverStopped(in chan int) {
	out := make(chan int, 1)
	t := time.AfterFunc(time.Minute, func() { // want "never stopped"
		out <- 1
	})
	<-in
	t.Reset(time.Hour)
	close(out)
}

func closedTwice(in chan int) {
	quit := make(chan bool)
	defer close(quit)
	time.AfterFunc(time.Minute, func() { close(quit) }) // want
	<-in
}

func fromContext(ctx context.Context, conn net.Conn, read func(net.Conn) error) error {
	stop := context.AfterFunc(ctx, func() { conn.Close() }) // want "not called on every path"
	if err := read(conn); err != nil {
		return err
	}
	stop()
	return nil
}

func variable(in chan int) {
	quit := make(chan bool)
	late := func() { close(quit) }
	t := time.AfterFunc(time.Minute, late) // want
	<-in
	close(quit)
	t.Reset(time.Minute)
}

func inSwitch(kind int, work func()) {
	t := time.AfterFunc(time.Minute, func() { panic("takes too long") }) // want
	switch kind {
	case 1:
		work()
		t.Stop()
	case 2:
		work()
	default:
		t.Stop()
	}
}

// Hard: the early return stands in a loop.
func inLoop(list []string, work func(string) error) error {
	for _, item := range list {
		t := time.AfterFunc(time.Minute, func() { log.Print("slow: ", item) }) // want
		if err := work(item); err != nil {
			return errors.Join(err)
		}
		t.Stop()
	}
	return nil
}

func guard() *time.Timer {
	return time.AfterFunc(time.Minute, func() { panic("takes too long") })
}

// Hard: another function starts it.
func byHelper(a, b func() error) error {
	t := guard() // want
	if err := a(); err != nil {
		return err
	}
	defer t.Stop()
	return b()
}
