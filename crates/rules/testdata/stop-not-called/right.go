package stops

import (
	"context"
	"net/http"
	"net/http/httptest"
	"time"
)

func deferred(h http.Handler) error {
	srv := httptest.NewServer(h)
	defer srv.Close()
	_, err := http.NewRequest("GET", srv.URL, nil)
	return err
}

func given(h http.Handler) *httptest.Server {
	srv := httptest.NewUnstartedServer(h)
	srv.Start()
	return srv
}

func withStop(h http.Handler) (string, func()) {
	srv := httptest.NewServer(h)
	return srv.URL, srv.Close
}

func withClosure(h http.Handler) (url string, stop func()) {
	srv := httptest.NewServer(h)
	stop = func() { srv.Close() }
	return srv.URL, stop
}

type cleaner interface{ Cleanup(func()) }

func registered(t cleaner, h http.Handler) string {
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func registeredLiteral(t cleaner, h http.Handler) string {
	srv := httptest.NewServer(h)
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	return srv.URL
}

type fixture struct {
	srv *httptest.Server
	url string
}

func newFixture(h http.Handler) *fixture {
	f := &fixture{srv: httptest.NewServer(h)}
	f.url = f.srv.URL
	return f
}

func (f *fixture) start(h http.Handler) { f.srv = httptest.NewServer(h) }

func (f *fixture) Close() { f.srv.Close() }

func withContext(ctx context.Context, h http.Handler) string {
	srv := httptest.NewServer(h)
	go func() {
		<-ctx.Done()
		srv.Close()
	}()
	return srv.URL
}

func withAfterFunc(ctx context.Context, h http.Handler) string {
	srv := httptest.NewServer(h)
	context.AfterFunc(ctx, srv.Close)
	return srv.URL
}

func later(h http.Handler) string {
	srv := httptest.NewServer(h)
	time.AfterFunc(time.Minute, srv.Close)
	return srv.URL
}

func loop(handlers []http.Handler) {
	for _, h := range handlers {
		func() {
			srv := httptest.NewServer(h)
			defer srv.Close()
			http.NewRequest("GET", srv.URL, nil)
		}()
	}
}

func all(handlers []http.Handler) (servers []*httptest.Server) {
	for _, h := range handlers {
		servers = append(servers, httptest.NewServer(h))
	}
	return servers
}

var shared *httptest.Server

func toPackage(h http.Handler) {
	shared = httptest.NewServer(h)
}

func stopAll(servers ...*httptest.Server) {
	for _, srv := range servers {
		srv.Close()
	}
}

func variadic(a, b http.Handler) {
	one := httptest.NewServer(a)
	two := httptest.NewServer(b)
	defer stopAll(one, two)
}

func either(h http.Handler, tls bool) {
	var srv *httptest.Server
	if tls {
		srv = httptest.NewTLSServer(h)
	} else {
		srv = httptest.NewServer(h)
	}
	defer srv.Close()
}

func sent(h http.Handler, servers chan<- *httptest.Server) {
	servers <- httptest.NewServer(h)
}
