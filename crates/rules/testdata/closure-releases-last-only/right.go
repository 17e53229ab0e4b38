package last

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

func closedEachRound(paths []string) (err error) {
	var f *os.File
	defer func() {
		if f != nil {
			f.Close()
		}
	}()
	for _, path := range paths {
		f, err = os.Open(path)
		if err != nil {
			return err
		}
		fmt.Println(f.Name())
		f.Close()
	}
	return nil
}

func untilOneSucceeds(addrs []string) error {
	var conn net.Conn
	var err error
	defer func() {
		if conn != nil {
			conn.Close()
		}
	}()
	for _, addr := range addrs {
		conn, err = net.Dial("tcp", addr)
		if err == nil {
			break
		}
		time.Sleep(time.Second)
	}
	if err != nil {
		return err
	}
	_, err = conn.Write([]byte("x"))
	return err
}

func literalInLoop(paths []string) {
	for _, path := range paths {
		var f *os.File
		func() {
			defer func() {
				if f != nil {
					f.Close()
				}
			}()
			f, _ = os.Open(path)
		}()
	}
}

func notInLoop(path string) (err error) {
	var f *os.File
	defer func() {
		if f != nil {
			f.Close()
		}
	}()
	f, err = os.Open(path)
	if err != nil {
		return err
	}
	for range 3 {
		fmt.Println(f.Name())
	}
	return nil
}

func allOfThem(paths []string) error {
	var open []*os.File
	defer func() {
		for _, f := range open {
			f.Close()
		}
	}()
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		open = append(open, f)
	}
	return nil
}

func handedOn(paths []string, keep chan<- *os.File) (err error) {
	var f *os.File
	defer func() {
		if err != nil && f != nil {
			f.Close()
		}
	}()
	for _, path := range paths {
		f, err = os.Open(path)
		if err != nil {
			return err
		}
		keep <- f
	}
	return nil
}

func returnsInFirstRound(paths []string) (err error) {
	var f *os.File
	defer func() { f.Close() }()
	for _, path := range paths {
		f, err = os.Open(path)
		if err != nil {
			return err
		}
		_, err = f.Stat()
		return err
	}
	return nil
}

func closedBefore(paths []string) (err error) {
	var f *os.File
	defer func() {
		if f != nil {
			f.Close()
		}
	}()
	for _, path := range paths {
		if f != nil {
			f.Close()
		}
		f, err = os.Open(path)
		if err != nil {
			return err
		}
	}
	return nil
}

func eachHasItsOwn(paths []string) error {
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { f.Close() }()
	}
	return nil
}

func retry(url string) (*http.Response, error) {
	var resp *http.Response
	var err error
	for range 3 {
		resp, err = http.Get(url)
		if err == nil {
			return resp, nil
		}
	}
	return nil, err
}

func retried(url string) error {
	var resp *http.Response
	var err error
	defer func() {
		if resp != nil {
			resp.Body.Close()
		}
	}()
	for range 3 {
		resp, err = http.Get(url)
		if err != nil {
			continue
		}
		if resp.StatusCode == http.StatusOK {
			return nil
		}
		resp.Body.Close()
	}
	return err
}

// What is in the variable is no resource.
func values(names []string) {
	var w io.Writer
	defer func() { fmt.Fprintln(w, "done") }()
	for range names {
		w = os.Stdout
	}
}

// Rotation: the one before is closed when the next is there.
func rotate(next func() string, write func(*os.File) bool) (err error) {
	var f *os.File
	defer func() {
		if f != nil {
			f.Close()
		}
	}()
	for {
		g, err := os.Create(next())
		if err != nil {
			return err
		}
		if f != nil {
			f.Close()
		}
		f = g
		if !write(f) {
			return nil
		}
	}
}
