// A program that opens what it is told to, and says where: the truth for what `profile` sees of descriptors and
// of the end of a program.
//
// Each line on standard input is a command; when it is done, the same line is printed. Lines of this file that
// open something are marked.
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// What is kept open: nothing is collected.
var (
	files   []*os.File
	sockets []any
)

//go:noinline
func keep(n int) {
	for i := 0; i < n; i++ {
		f, err := os.Open("/proc/self/exe") // opens: kept
		must(err)
		files = append(files, f)
	}
}

//go:noinline
func giveBack(n int) {
	for i := 0; i < n; i++ {
		f, err := os.Create("/dev/null") // opens: closed
		must(err)
		must(f.Close())
	}
}

type server struct{}

//go:noinline
func (*server) start() {
	l, err := net.Listen("tcp", "127.0.0.1:0") // opens: listener
	must(err)
	sockets = append(sockets, l)
	done := make(chan struct{})
	go func() {
		c, err := l.Accept() // opens: accepted
		must(err)
		sockets = append(sockets, c)
		close(done)
	}()
	c, err := net.Dial("tcp", l.Addr().String()) // opens: dialled
	must(err)
	<-done
	sockets = append(sockets, c)
}

//go:noinline
func pipes() {
	r, w, err := os.Pipe() // opens: pipe
	must(err)
	files = append(files, r, w)
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0) // opens: pair
	must(err)
	sockets = append(sockets, pair)
}

// Duplicates have numbers of their own, far from all others; half of them are closed again as a range.
//
//go:noinline
func duplicates() {
	const closeRange = 436
	for i := 0; i < 10; i++ {
		must(syscall.Dup3(1, 900+i, syscall.O_CLOEXEC)) // opens: duplicates
	}
	if _, _, errno := syscall.Syscall(closeRange, 900, 904, 0); errno != 0 {
		must(errno)
	}
	// Nothing is opened: it was the same already. And one takes the place of another.
	must(syscall.Dup2(905, 905))
	must(syscall.Dup3(1, 906, 0)) // opens: again
	if _, err := os.Open("/nowhere"); err == nil {
		panic("there is something")
	}
	if syscall.Close(12345) == nil {
		panic("it was open")
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Goroutines that promise something and wait for ever.
//
//go:noinline
func hold(n int) {
	var promised sync.WaitGroup
	promised.Add(n)
	for i := 0; i < n; i++ {
		go func() {
			defer release(&files) // pending: held
			promised.Done()
			select {}
		}()
	}
	promised.Wait()
}

//go:noinline
func release(*[]*os.File) {}

//go:noinline
func pass() {
	defer release(&files) // pending: passed
	spin(100)
}

//go:noinline
func spin(n int) (sum int) {
	for i := 0; i < n; i++ {
		sum += i ^ sum
	}
	return sum
}

func run(command string) {
	switch command {
	case "open":
		keep(7)
		giveBack(20)
		new(server).start()
		pipes()
		duplicates()
	case "keep":
		keep(3)
	case "hold":
		hold(5)
	case "pass":
		for i := 0; i < 50; i++ {
			pass()
		}
	case "exit":
		os.Exit(3)
	case "panic":
		go panic("on purpose")
		select {}
	case "exec":
		must(syscall.Exec("/bin/sleep", []string{"sleep", "60"}, nil))
	case "rush":
		// So many promises that they can be watched in windows only.
		go func() {
			for {
				pass()
			}
		}()
	case "busy":
		// System calls, as many as it can.
		go func() {
			for {
				syscall.Getppid()
			}
		}()
	}
}

func main() {
	defer release(&files) // pending: main
	go func() {
		// Something to see from the beginning on.
		for {
			pass()
			time.Sleep(time.Millisecond)
		}
	}()
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		command := strings.TrimSpace(in.Text())
		run(command)
		fmt.Println(command)
	}
}
