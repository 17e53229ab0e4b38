package main

import (
	"bufio"
	"net"
	"os"
	"sync"
	"time"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		os.Exit(1)
	}
	defer l.Close()
	var mu sync.Mutex
	mu.Lock()
	defer mu.Unlock()
	defer os.Remove("app.pid") // want "os.Remove(…)"
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush() // want
	go func() {
		defer mu.Unlock() // want
		for {
			time.Sleep(time.Second)
		}
	}()
	for {
		time.Sleep(time.Second)
	}
}
