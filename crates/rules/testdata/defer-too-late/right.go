package late

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log"
	"net/http"
	"os"
	"sync"
)

func right(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Stat()
	return err
}

func closedByHandBefore(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	if path == "-" {
		f.Close()
		return errors.New("no name")
	}
	defer f.Close()
	_, err = f.Stat()
	return err
}

func errorsAreTold(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Stat()
	return err
}

func nested(path string) (n int64, err error) {
	f, err := os.Open(path)
	if err == nil {
		defer f.Close()
		n, err = io.Copy(io.Discard, f)
	}
	return n, err
}

func handedOn(path string, keep func(*os.File)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	if path == "-" {
		keep(f)
		return nil
	}
	defer f.Close()
	_, err = f.Stat()
	return err
}

func returnedBefore(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if path == "-" {
		return f, nil
	}
	defer f.Close()
	_, err = f.Stat()
	return nil, err
}

// A defer on another branch is not too late: there is none on this one.
func otherBranch(path string, check bool) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	if check {
		defer f.Close()
		_, err = f.Stat()
		return err
	}
	return nil
}

func nothingYet(path string) (err error) {
	var f *os.File
	if path == "" {
		return errors.New("no name")
	}
	f, err = os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return nil
}

// Between them is a lock, which is another matter.
func locks(mu *sync.Mutex, path string) error {
	mu.Lock()
	if path == "" {
		mu.Unlock()
		return nil
	}
	defer mu.Unlock()
	return nil
}

func ends(path string) {
	f, err := os.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	if path == "-" {
		log.Fatal("no name")
	}
	defer f.Close()
}

func guarded(url string) error {
	resp, err := http.Get(url)
	if resp != nil {
		defer resp.Body.Close()
	}
	if err != nil {
		return err
	}
	return nil
}

func cancelled(ctx context.Context, url string) error {
	ctx, cancel := context.WithCancel(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		cancel()
		return err
	}
	defer cancel()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// The one that is deferred first stands in for both.
func closerOfAll(a, b string) (err error) {
	var open []io.Closer
	defer func() {
		for _, c := range open {
			c.Close()
		}
	}()
	x, err := os.Open(a)
	if err != nil {
		return err
	}
	open = append(open, x)
	y, err := os.Open(b)
	if err != nil {
		return err
	}
	defer y.Close()
	return nil
}

// It was not asked for here, and a return of the loop comes back.
func eachRound(paths []string) {
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		func() {
			defer f.Close()
			io.Copy(io.Discard, f)
		}()
	}
}

// What a field holds is somebody else's until the defer.
func field(s *store, key string) error {
	r := s.getter
	if r == nil {
		return errors.New("none")
	}
	x, err := r.get(key)
	if err != nil {
		return err
	}
	defer x.Close()
	return nil
}

// A method that ends it in another way.
func aborted(s *store, key string) error {
	x := begin(s)
	if key == "" {
		x.Abort()
		return errors.New("none")
	}
	defer x.Close()
	return nil
}

type job struct{ s *store }

func (*job) Abort()       {}
func (*job) Close() error { return nil }

func begin(s *store) *job { return makeJob(s) }

var makeJob = func(s *store) *job { return &job{s} }

// Until it is open there is nothing to close.
func openedLater(s *store) error {
	x := dialLater(s)
	if err := x.Open(); err != nil {
		return err
	}
	defer x.Close()
	return nil
}

type session interface {
	Open() error
	Close() error
}

var dialLater func(s *store) session

func openedByMethod(s *sessions) error {
	x, err := s.session()
	if err != nil {
		return err
	}
	if err := x.Open(); err != nil {
		return err
	}
	defer x.Close()
	return nil
}

type sessions struct{ session func() (session, error) }

// The defer is for the response, which has taken the file over.
func posted(path, url string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	resp, err := http.Post(url, "text/plain", f)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return nil
}

type download struct {
	Body io.ReadCloser
	Err  error
}

func fetch(url string) download

// There is no body when there is an error.
func errorWithin(url string) ([]byte, error) {
	result := fetch(url)
	if result.Err != nil {
		return nil, result.Err
	}
	defer result.Body.Close()
	return io.ReadAll(result.Body)
}
