package lookalikes

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/exec"
	"runtime/pprof"
	"sync"
	"time"
)

type server struct {
	mu      sync.Mutex
	count   int
	stop    chan struct{}
	out     io.Writer
	batched bool
}

// The lock is for the rest of the function.
func (s *server) conditional(locked bool) {
	if !locked {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	s.count++
	<-s.stop
}

func (s *server) conditionalWithCheck() error {
	if !s.batched {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.count == 0 {
			return io.EOF
		}
	}
	<-s.stop
	s.count++
	return nil
}

func (s *server) unlockedByHand(quick bool) {
	if quick {
		s.mu.Lock()
		defer s.mu.Lock()
	}
	s.mu.Unlock()
	<-s.stop
}

func (s *server) nothingAfter() {
	{
		s.mu.Lock()
		defer s.mu.Unlock()
		s.count++
	}
}

func (s *server) otherLock(other *server) {
	if s != other {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	other.mu.Lock()
	defer other.mu.Unlock()
	other.count++
}

func (s *server) branches(quick bool) {
	if quick {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.count++
		return
	}
	s.mu.Lock()
	s.count--
	s.mu.Unlock()
}

// The context is used to the end.
func timeout(ctx context.Context, limit time.Duration) {
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	<-ctx.Done()
}

func input(path string, stop chan struct{}) error {
	in := io.Reader(os.Stdin)
	if path != "" {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	<-stop
	_, err := io.Copy(io.Discard, in)
	return err
}

func buffered(path string, stop chan struct{}) error {
	in := bufio.NewReader(os.Stdin)
	if path != "" {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		fmt.Fprintln(f, "header")
		in = bufio.NewReader(f)
	}
	<-stop
	_, err := in.ReadString('\n')
	return err
}

func logTo(path string, stop chan struct{}) error {
	if path != "" {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		defer f.Close()
		fmt.Fprintln(f, "start")
		log.SetOutput(f)
	}
	<-stop
	return nil
}

func profile(path string, stop chan struct{}) error {
	if path != "" {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	<-stop
	return nil
}

func (s *server) field(path string) error {
	if path != "" {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		defer f.Close()
		fmt.Fprintln(f, "start")
		s.out = f
	}
	<-s.stop
	return nil
}

func ticker(every time.Duration, stop chan struct{}) {
	var tick <-chan time.Time
	if every > 0 {
		t := time.NewTicker(every)
		defer t.Stop()
		tick = t.C
	}
	select {
	case <-tick:
	case <-stop:
	}
}

func goroutine(path string, stop chan struct{}) error {
	if path != "" {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		go io.Copy(io.Discard, f)
	}
	<-stop
	return nil
}

// Nobody knows what use does with it.
func handedOn(path string, use func(*os.File), stop chan struct{}) error {
	if path != "" {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		use(f)
	}
	<-stop
	return nil
}

// It is held open on purpose: nothing is done with it.
func held(path string, stop chan struct{}) error {
	if path != "" {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
	}
	<-stop
	return nil
}

// What comes after the block is soon over.
func soonOver(path string) (int, error) {
	n := 0
	if path != "" {
		f, err := os.Open(path)
		if err != nil {
			return 0, err
		}
		defer f.Close()
		m, err := io.Copy(io.Discard, f)
		if err != nil {
			return 0, err
		}
		n = int(m)
	}
	fmt.Println(n)
	return n, nil
}

func descriptor(path string, stop chan struct{}) error {
	var fd uintptr
	if path != "" {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if _, err := f.Seek(0, 0); err != nil {
			return err
		}
		fd = f.Fd()
	}
	<-stop
	fmt.Println(fd)
	return nil
}

func cleanup(dir string, stop chan struct{}) error {
	if dir == "" {
		temporary, err := os.MkdirTemp("", "x")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temporary)
		dir = temporary
	}
	<-stop
	return nil
}

func recovers(safe bool, work func(), stop chan struct{}) {
	if safe {
		defer func() {
			if r := recover(); r != nil {
				log.Println(r)
			}
		}()
	}
	work()
	<-stop
}

func functionBlock(path string, stop chan struct{}) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	<-stop
	return nil
}

func ownFunction(path string, stop chan struct{}) {
	func() {
		f, err := os.Open(path)
		if err != nil {
			return
		}
		defer f.Close()
		io.Copy(io.Discard, f)
	}()
	<-stop
}

func handler(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		defer r.Body.Close()
		io.Copy(io.Discard, r.Body)
	}
	time.Sleep(time.Second)
}

// Open for the time that another program runs, which hurts nobody.
func runsProgram(path string, cmd *exec.Cmd) error {
	if path != "" {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if _, err := io.Copy(io.Discard, f); err != nil {
			return err
		}
	}
	return cmd.Run()
}

func handsOut(path string, results chan<- error) {
	if path != "" {
		f, err := os.Open(path)
		if err != nil {
			return
		}
		defer f.Close()
		if _, err := io.Copy(io.Discard, f); err != nil {
			return
		}
	}
	results <- nil
}

// Closed at the end of the block; the defer is for those who leave early.
func closedByHand(path string, done <-chan bool) error {
	if path != "" {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if _, err := io.Copy(io.Discard, f); err != nil {
			return err
		}
		f.Close()
	}
	<-done
	return nil
}
