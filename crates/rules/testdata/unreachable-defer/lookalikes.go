package lookalikes

import (
	"io"
	"log"
	"os"
	"testing"
)

const debug = false

func step() bool { return true }

func constant(c io.Closer) {
	if debug {
		defer c.Close()
	}
	if false {
		defer c.Close()
	}
	step()
}

func onePath(c io.Closer) {
	if step() {
		return
	}
	defer c.Close()
	step()
}

func brokenLoop(c io.Closer) {
	for {
		if step() {
			break
		}
	}
	defer c.Close()
	step()
}

func selected(c io.Closer, done chan bool) {
	select {
	case <-done:
		return
	default:
	}
	defer c.Close()
	step()
}

func label(c io.Closer) {
	if step() {
		goto late
	}
	return
late:
	defer c.Close()
	step()
}

func switched(c io.Closer, n int) {
	switch n {
	case 1:
		return
	case 2:
		log.Fatal(n)
	}
	defer c.Close()
	step()
}

func unknownEnd(c io.Closer, fatal func()) {
	fatal()
	defer c.Close()
	step()
}

func fallsThrough(c io.Closer, n int) {
	switch n {
	case 1:
		fallthrough
	default:
		defer c.Close()
	}
}

func skipped(t *testing.T) {
	t.Skip("broken since the move")
	defer os.Remove("x")
	t.Log("x")
}

func unimplemented(c io.Closer) {
	panic("not implemented")
	defer c.Close()
}

func condition(c io.Closer) {
	for step() {
	}
	defer c.Close()
	step()
}
