// The program of `cargo xtask oracle profiles` and of hot.pb.gz: defers of each class, under load.
package main

import (
	"fmt"
	"os"
	"runtime/pprof"
	"strconv"
	"sync"
	"time"
)

type store struct {
	mu    sync.Mutex
	count int
}

//go:noinline
func (s *store) open() {
	s.mu.Lock()
	defer s.mu.Unlock() // open-coded
	s.count++
}

//go:noinline
func (s *store) heap(rounds int) {
	for range rounds {
		defer s.add(1) // heap-allocated
	}
}

//go:noinline
func (s *store) add(n int) { s.count += n }

//go:noinline
func (s *store) stack(n int) int {
	defer s.add(n) // stack-allocated: nine of them
	defer s.add(1)
	defer s.add(2)
	defer s.add(3)
	defer s.add(4)
	defer s.add(5)
	defer s.add(6)
	defer s.add(7)
	defer s.add(8)
	return s.count
}

//go:noinline
func (s *store) literal(rounds int) {
	defer func() {
		for i := range rounds {
			s.count ^= i
		}
	}()
	for range 2 {
		defer s.add(3) // heap-allocated, two of them
	}
}

func main() {
	seconds, err := strconv.ParseFloat(os.Args[2], 64)
	if err != nil {
		panic(err)
	}
	file, err := os.Create(os.Args[1])
	if err != nil {
		panic(err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		panic(err)
	}
	var s store
	for start := time.Now(); time.Since(start).Seconds() < seconds; {
		for range 1000 {
			s.open()
			s.heap(10)
			s.stack(1)
			s.literal(300)
			for range 10 {
				s.literal(0)
			}
		}
	}
	pprof.StopCPUProfile()
	if err := file.Close(); err != nil {
		panic(err)
	}
	fmt.Println(s.count)
}
