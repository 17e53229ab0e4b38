package pools

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/valyala/bytebufferpool"
	"github.com/valyala/fasthttp"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

type codec struct {
	pool *sync.Pool
}

func early(names []string) (string, error) {
	b := buffers.Get().(*bytes.Buffer) // want
	for _, name := range names {
		if name == "" {
			return "", errors.New("empty")
		}
		b.WriteString(name)
	}
	text := b.String()
	b.Reset()
	buffers.Put(b)
	return text, nil
}

func (c *codec) encode(w io.Writer, text string) error {
	b := c.pool.Get().(*bytes.Buffer) // want
	b.WriteString(text)
	if _, err := w.Write(b.Bytes()); err != nil {
		return err
	}
	c.pool.Put(b)
	return nil
}

func fast(url string) error {
	req := fasthttp.AcquireRequest() // want
	if url == "" {
		return errors.New("no url")
	}
	fasthttp.ReleaseRequest(req)
	return nil
}

func fastResponse(url string) (int, error) {
	resp := fasthttp.AcquireResponse() // want
	code, _, err := fasthttp.Get(nil, url)
	if err != nil {
		return 0, err
	}
	fasthttp.ReleaseResponse(resp)
	return code, nil
}

func byteBuffer(parts []string) (int, error) {
	b := bytebufferpool.Get() // want
	for _, part := range parts {
		if part == "" {
			return 0, errors.New("empty")
		}
	}
	n := b.Len()
	bytebufferpool.Put(b)
	return n, nil
}

func inSwitch(kind int) string {
	b := buffers.Get().(*bytes.Buffer) // want
	switch kind {
	case 0:
		return ""
	case 1:
		b.WriteString("one")
	}
	text := b.String()
	buffers.Put(b)
	return text
}

func inLoop(lines []string) {
	for _, line := range lines {
		b := buffers.Get().(*bytes.Buffer) // want
		if strings.HasPrefix(line, "#") {
			continue
		}
		b.WriteString(line)
		fmt.Println(b.Len())
		buffers.Put(b)
	}
}

func slice(n int) int {
	b := slices.Get().(*[]byte) // want
	if n > 64 {
		return 0
	}
	slices.Put(b)
	return n
}

var slices = sync.Pool{New: func() any { b := make([]byte, 64); return &b }}
