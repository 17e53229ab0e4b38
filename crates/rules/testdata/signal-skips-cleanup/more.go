package main

import (
	"bufio"
	"context"
	"log"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

func serve(*os.File) {}

func cleanTemp(dir string) {
	os.RemoveAll(dir)
}

func main() {
	f, err := os.CreateTemp("", "x")
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(f.Name()) // want
	defer f.Close()
	defer cleanTemp("work") // want "`cleanTemp(…)`"
	if err := syscall.Mount("a", "b", "c", 0, ""); err != nil {
		log.Print(err)
		return
	}
	defer syscall.Unmount("b", 0) // want "the mount stays"
	var mu sync.Mutex
	mu.Lock()
	defer mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out := bufio.NewWriter(f)
	defer out.Flush()
	defer log.Print("end")
	defer func() {
		if r := recover(); r != nil {
			os.Remove("crash")
		}
	}()
	exec.CommandContext(ctx, "true").Run()
	serve(f)
	// Nothing comes after it.
	defer os.Remove("last")
}
