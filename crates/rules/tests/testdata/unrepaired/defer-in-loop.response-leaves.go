package p

import (
	"context"
	"net/http"
	"time"
)

func get(ctx context.Context, client *http.Client, url string) (resp *http.Response, err error) {
	for {
		var cancel context.CancelFunc
		resp, cancel, err = try(ctx, client, url)
		if err == nil {
			defer cancel() // not before somebody has read the body
		}
		if resp != nil {
			break
		}
	}
	return resp, err
}

func try(ctx context.Context, client *http.Client, url string) (*http.Response, context.CancelFunc, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		cancel()
		return nil, nil, err
	}
	resp, err := client.Do(req)
	return resp, cancel, err
}
