package stops

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
)

func never(h http.Handler) error {
	srv := httptest.NewServer(h) // want "is never closed"
	_, err := http.Head(srv.URL)
	return err
}

func early(h http.Handler) error {
	srv := httptest.NewServer(h) // want "is not closed on every path"
	if srv.URL == "" {
		return errors.New("no address")
	}
	srv.Close()
	return nil
}

func dropped(h http.Handler) {
	httptest.NewServer(h) // want "nothing holds"
}

func secure(h http.Handler) string {
	srv := httptest.NewTLSServer(h) // want
	return srv.URL
}

func started(h http.Handler) string {
	srv := httptest.NewUnstartedServer(h) // want
	srv.Start()
	return srv.URL
}

func perHandler(handlers []http.Handler) (urls []string) {
	for _, h := range handlers {
		srv := httptest.NewServer(h) // want
		urls = append(urls, srv.URL)
	}
	return urls
}

func onlyWhenGood(h http.Handler) error {
	srv := httptest.NewServer(h) // want
	resp, err := http.Get(srv.URL)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	srv.Close()
	return nil
}

func overwritten(a, b http.Handler) {
	srv := httptest.NewServer(a) // want "overwritten"
	fmt.Println(srv.URL)
	srv = httptest.NewServer(b)
	defer srv.Close()
}

func serve(h http.Handler) *httptest.Server {
	srv := httptest.NewServer(h)
	fmt.Println(srv.URL)
	return srv
}

func throughHelper(h http.Handler) string {
	srv := serve(h) // want
	return srv.URL
}
