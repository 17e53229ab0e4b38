package scan

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"strings"
)

func lines(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	var list []string
	for s.Scan() { // want "`s.Err()` is not asked"
		list = append(list, s.Text())
	}
	return list, nil
}

func fromReader(r io.Reader) (n int, err error) {
	s := bufio.NewScanner(r)
	for s.Scan() { // want
		n++
	}
	return n, err
}

func words(r io.Reader) (map[string]int, error) {
	counts := make(map[string]int)
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 1<<20), 1<<20)
	s.Split(bufio.ScanWords)
	for s.Scan() { // want
		counts[s.Text()]++
	}
	return counts, nil
}

func found(r io.Reader, wanted string) (bool, error) {
	s := bufio.NewScanner(r)
	for s.Scan() { // want
		if s.Text() == wanted {
			return true, nil
		}
	}
	return false, nil
}

func output(cmd *exec.Cmd) error {
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	s := bufio.NewScanner(pipe)
	for s.Scan() { // want
		log.Println(s.Text())
	}
	return cmd.Wait()
}

// Asked on one way only.
func oneWay(r io.Reader, strict bool) (int, error) {
	n := 0
	s := bufio.NewScanner(r)
	for s.Scan() { // want
		n++
	}
	if strict {
		if err := s.Err(); err != nil {
			return 0, err
		}
	}
	return n, nil
}

func notForbidden(r io.Reader) error {
	s := bufio.NewScanner(r)
	for s.Scan() { // want
		if strings.HasPrefix(s.Text(), "x") {
			return fmt.Errorf("forbidden: %s", s.Text())
		}
	}
	return nil
}

func afterLimit(conn net.Conn) ([]string, error) {
	var list []string
	scanner := bufio.NewScanner(io.LimitReader(conn, 1<<10))
	for len(list) < 10 && scanner.Scan() { // want
		list = append(list, scanner.Text())
	}
	return list, nil
}

// Right from here on.

func asked(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	var list []string
	for s.Scan() {
		list = append(list, s.Text())
	}
	return list, s.Err()
}

func askedInIf(r io.Reader) (int, error) {
	n := 0
	s := bufio.NewScanner(r)
	for s.Scan() {
		n++
	}
	if err := s.Err(); err != nil {
		return 0, err
	}
	return n, nil
}

func text(text string) (list []string, err error) {
	s := bufio.NewScanner(strings.NewReader(text))
	for s.Scan() {
		list = append(list, s.Text())
	}
	return list, err
}

func inBytes(data []byte) (n int, err error) {
	r := bytes.NewReader(data)
	s := bufio.NewScanner(r)
	for s.Scan() {
		n++
	}
	return n, err
}

func inBuffer(buf *bytes.Buffer) (n int, err error) {
	s := bufio.NewScanner(buf)
	for s.Scan() {
		n++
	}
	return n, err
}

// The caller learns that it failed, if not why.
func notFound(r io.Reader) error {
	s := bufio.NewScanner(r)
	for s.Scan() {
		if strings.HasPrefix(s.Text(), "x") {
			return nil
		}
	}
	return fmt.Errorf("not found")
}

// Nobody can be told.
func noError(r io.Reader) (n int) {
	s := bufio.NewScanner(r)
	for s.Scan() {
		n++
	}
	return n
}

func ofTheSystem() (bool, error) {
	f, err := os.Open("/proc/filesystems")
	if err != nil {
		return false, err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	for s.Scan() {
		if strings.HasSuffix(s.Text(), "mqueue") {
			return true, nil
		}
	}
	return false, nil
}

func prompted() (string, error) {
	s := bufio.NewScanner(os.Stdin)
	for s.Scan() {
		if s.Text() != "" {
			return s.Text(), nil
		}
	}
	return "", nil
}

func lent(s *bufio.Scanner) (n int, err error) {
	for s.Scan() {
		n++
	}
	return n, err
}

type reader struct{ s *bufio.Scanner }

func (r *reader) all() (n int, err error) {
	for r.s.Scan() {
		n++
	}
	return n, err
}

func handedOn(r io.Reader) (*bufio.Scanner, error) {
	s := bufio.NewScanner(r)
	for s.Scan() {
		if s.Text() == "" {
			break
		}
	}
	return s, nil
}

func askedByHelper(r io.Reader) (int, error) {
	n := 0
	s := bufio.NewScanner(r)
	for s.Scan() {
		n++
	}
	return n, check(s)
}

func check(s *bufio.Scanner) error {
	return s.Err()
}

func askedByDefer(r io.Reader) (n int, err error) {
	s := bufio.NewScanner(r)
	defer func() {
		if err == nil {
			err = s.Err()
		}
	}()
	for s.Scan() {
		n++
	}
	return n, nil
}

func firstLine(r io.Reader) (string, error) {
	s := bufio.NewScanner(r)
	if s.Scan() {
		return s.Text(), nil
	}
	return "", nil
}

func fields(line string) (n int, err error) {
	s := bufio.NewScanner(bytes.NewBufferString(line))
	s.Split(bufio.ScanWords)
	for s.Scan() {
		n++
	}
	return n, err
}

func keptInStruct(r io.Reader) (*reader, int, error) {
	s := bufio.NewScanner(r)
	held := &reader{s}
	n := 0
	for s.Scan() {
		n++
	}
	return held, n, nil
}

func always(r io.Reader) {
	s := bufio.NewScanner(r)
	for s.Scan() {
		log.Println(s.Text())
	}
	if s.Err() != nil {
		log.Println("failed")
	}
}
