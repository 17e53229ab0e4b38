package guards

import (
	"context"
	"log"
	"net"
	"os"
	"os/exec"
	"time"
)

func deferred(cmd *exec.Cmd) error {
	timer := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer timer.Stop()
	return cmd.Wait()
}

func forItsOwnSake(remove func()) {
	time.AfterFunc(time.Minute, remove)
}

func literal(name string) {
	time.AfterFunc(time.Minute, func() { os.Remove(name) })
}

func lastResort(cancel func()) {
	time.AfterFunc(10*time.Second, func() { os.Exit(1) })
	cancel()
}

type session struct{ timer *time.Timer }

func (s *session) touch(end func()) {
	if s.timer != nil {
		s.timer.Stop()
	}
	s.timer = time.AfterFunc(time.Minute, end)
}

func returned(f func()) *time.Timer {
	t := time.AfterFunc(time.Minute, f)
	return t
}

func kept(list map[string]*time.Timer, name string, f func()) {
	list[name] = time.AfterFunc(time.Minute, f)
}

func contextFor(ctx context.Context, conn net.Conn) {
	context.AfterFunc(ctx, func() { conn.Close() })
}

func contextDeferred(ctx context.Context, conn net.Conn, read func(net.Conn) error) error {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	return read(conn)
}

func contextAsked(ctx context.Context, conn net.Conn, read func(net.Conn) error) error {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	err := read(conn)
	if !stop() {
		return ctx.Err()
	}
	return err
}

func otherChannel(in chan int) {
	done := make(chan bool)
	timeout := make(chan bool, 1)
	defer close(done)
	time.AfterFunc(time.Minute, func() { timeout <- true })
	select {
	case <-in:
	case <-timeout:
	}
}

func stopReturned(f func()) func() bool {
	return time.AfterFunc(time.Minute, f).Stop
}

func bothPaths(work func() error) {
	t := time.AfterFunc(time.Minute, func() { log.Print("slow") })
	if err := work(); err != nil {
		t.Stop()
		log.Print(err)
		return
	}
	t.Stop()
}

// Hard: a deferred literal stops it, with what else there is to do.
func withOthers(conn net.Conn, work func()) {
	t := time.AfterFunc(time.Minute, func() { conn.Close() })
	defer func() {
		if t.Stop() {
			conn.Close()
		}
	}()
	work()
}

// Hard: the function that the timer runs is the one that closes, and the caller waits for it.
func closesItself(in chan int) {
	quit := make(chan bool)
	time.AfterFunc(time.Minute, func() { close(quit) })
	for {
		select {
		case <-quit:
			return
		case <-in:
		}
	}
}

// The caller waits for what the function does, and may take it back or not.
func started(verbose bool, find func()) (<-chan struct{}, func()) {
	done := make(chan struct{})
	timer := time.AfterFunc(time.Second, func() {
		defer close(done)
		find()
	})
	if verbose {
		return done, func() {}
	}
	return done, func() { timer.Stop() }
}
