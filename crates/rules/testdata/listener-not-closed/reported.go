package listeners

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"
)

func freePort() (int, error) {
	l, err := net.Listen("tcp", "localhost:0") // want "is never closed"
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, nil
}

func isFree(addr string) bool {
	_, err := net.Listen("tcp", addr) // want "nothing holds"
	return err == nil
}

func chmodFails(path string) (net.Listener, error) {
	l, err := net.Listen("unix", path) // want "is not closed on every path"
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, err
	}
	return l, nil
}

func secondFails(a, b string) (net.Listener, net.Listener, error) {
	first, err := net.Listen("tcp", a) // want
	if err != nil {
		return nil, nil, err
	}
	second, err := net.Listen("tcp", b)
	if err != nil {
		return nil, nil, err
	}
	return first, second, nil
}

func secure(addr string, config *tls.Config) error {
	l, err := tls.Listen("tcp", addr, config) // want
	if err != nil {
		return err
	}
	c, err := l.Accept()
	if err != nil {
		return err
	}
	return c.Close()
}

func socket(path string) error {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path}) // want
	if err != nil {
		return err
	}
	l.SetUnlinkOnClose(true)
	return nil
}

func firstFree(ports []int) (net.Listener, error) {
	var last error
	for _, port := range ports {
		l, err := net.Listen("tcp", fmt.Sprintf(":%d", port)) // want
		if err != nil {
			last = err
			continue
		}
		if port < 1024 {
			break
		}
		return l, nil
	}
	return nil, last
}

func configured(addr string) error {
	l, err := listen(addr) // want
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return nil
}

func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	return l, err
}
