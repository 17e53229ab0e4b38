package listeners

import (
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
)

func freePort() (int, error) {
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func serves(addr string, h http.Handler) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	return http.Serve(l, h)
}

func servesWithServer(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	srv := &http.Server{}
	return srv.Serve(l)
}

func servesInGoroutine(addr string, srv *http.Server) (net.Addr, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	go srv.Serve(l)
	return l.Addr(), nil
}

func servesInLiteral(addr string, srv *http.Server) (string, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", err
	}
	go func() {
		if err := srv.Serve(l); err != http.ErrServerClosed {
			log.Print(err)
		}
	}()
	return l.Addr().String(), nil
}

func wrapped(addr string, config *tls.Config) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	if config != nil {
		l = tls.NewListener(l, config)
	}
	return l, nil
}

type limited struct {
	net.Listener
	tokens chan struct{}
}

func limit(addr string, n int) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &limited{l, make(chan struct{}, n)}, nil
}

func chmodFails(path string) (_ net.Listener, err error) {
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			l.Close()
		}
	}()
	if err = os.Chmod(path, 0o600); err != nil {
		return nil, err
	}
	return l, nil
}

func endsWithContext(ctx context.Context, addr string) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		c.Close()
	}
}

type server struct{ listeners []net.Listener }

func (s *server) add(addrs ...string) error {
	for _, addr := range addrs {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			s.close()
			return err
		}
		s.listeners = append(s.listeners, l)
	}
	return nil
}

func (s *server) close() {
	for _, l := range s.listeners {
		l.Close()
	}
}

func isFree(addr string) bool {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return false
	}
	_ = l.Close()
	return true
}

func tries(ports []int) (l net.Listener, err error) {
	for _, port := range ports {
		l, err = net.Listen("tcp", fmt.Sprintf(":%d", port))
		if err == nil {
			return l, nil
		}
	}
	return nil, err
}

func triesNaked(ports []int) (l net.Listener, err error) {
	for _, port := range ports {
		if l, err = net.Listen("tcp", fmt.Sprintf(":%d", port)); err == nil {
			return
		}
	}
	return
}

func must(addr string) net.Listener {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		panic(err)
	}
	return l
}

func asFile(addr string) (*os.File, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	return l.(*net.TCPListener).File()
}

// It accepts until the program ends.
func forward(addr string, handle func(net.Conn)) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	go accept(l, handle)
	return nil
}

func accept(l net.Listener, handle func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go handle(c)
	}
}
