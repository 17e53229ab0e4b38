package p

import (
	"io"
	"os"
)

func load(path string) []byte {
	r, code := open(path)
	if code != 0 {
		return nil
	}
	defer r.Close()
	text, _ := io.ReadAll(r)
	return text
}

func open(path string) (io.ReadCloser, int) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 1
	}
	return f, 0
}
