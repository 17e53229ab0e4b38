package pipes

import (
	"bufio"
	"fmt"
	"io"
)

// It is read to the end elsewhere.
func linesLater(write func(io.Writer), line func(string)) {
	r, w := io.Pipe()
	go func() {
		scan := bufio.NewScanner(r)
		for scan.Scan() {
			line(scan.Text())
		}
	}()
	write(w)
	w.Close()
}

// Nobody waits at the other end yet.
func refused(set func(in io.Reader) error) (io.WriteCloser, error) {
	r, w := io.Pipe()
	if err := set(r); err != nil {
		return nil, fmt.Errorf("set: %w", err)
	}
	return w, nil
}
