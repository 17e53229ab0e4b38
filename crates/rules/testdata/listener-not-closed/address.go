package listeners

import (
	"bytes"
	"net"
	"net/http"
)

// The address of a listener can be split.
func tellsPort(tell func(string), handler http.Handler) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return err
	}
	tell(port)
	return http.Serve(l, handler)
}

// Writing to memory does not fail.
func greets(buf *bytes.Buffer, handler http.Handler) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err = buf.WriteString("hello"); err != nil {
		return err
	}
	return http.Serve(l, handler)
}

// Any other address may be wrong.
func tellsOther(addr string, tell func(string), handler http.Handler) error {
	l, err := net.Listen("tcp", addr) // want
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	tell(port)
	return http.Serve(l, handler)
}
