// Parsebench measures go/parser, on one thread, in the loop that `bench/src/lib.rs` has for the
// others: standard input names the files, and the answer is one line of JSON.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"runtime"
	"syscall"
)

func main() {
	runtime.GOMAXPROCS(1)
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "parsebench:", err)
		os.Exit(1)
	}
}

func run() error {
	var answer struct {
		Files      int     `json:"files"`
		Bytes      int     `json:"bytes"`
		Failures   int     `json:"failures"`
		CPUSeconds float64 `json:"cpu_seconds"`
	}
	paths := bufio.NewScanner(os.Stdin)
	for paths.Scan() {
		path := paths.Text()
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		answer.Files++
		answer.Bytes += len(src)
		// A file set of its own, so that no table of lines outlives its file.
		_, err = parser.ParseFile(token.NewFileSet(), path, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			answer.Failures++
		}
	}
	if err := paths.Err(); err != nil {
		return err
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return err
	}
	answer.CPUSeconds = seconds(usage.Utime) + seconds(usage.Stime)
	return json.NewEncoder(os.Stdout).Encode(answer)
}

func seconds(t syscall.Timeval) float64 {
	return float64(t.Sec) + float64(t.Usec)/1e6
}
