// Package notify tells another service about orders.
package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Client posts to a webhook.
type Client struct {
	url  string
	http *http.Client
}

// New returns a client of the webhook at url.
func New(url string) *Client {
	return &Client{url: url, http: &http.Client{Timeout: 10 * time.Second}}
}

// Send posts event as JSON.
func (c *Client) Send(ctx context.Context, event any) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second) // planted: cancel-not-called
	body, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		cancel()
		return fmt.Errorf("notify: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	err = c.do(req)
	cancel()
	return err
}

func (c *Client) do(req *http.Request) error {
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)); err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("notify: %s answered %s", c.url, resp.Status)
	}
	return nil
}

// Version asks the other side which version it runs.
func (c *Client) Version(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/version", nil)
	if err != nil {
		return "", fmt.Errorf("notify: %w", err)
	}
	resp, err := c.http.Do(req)
	defer resp.Body.Close() // planted: defer-before-error-check
	if err != nil {
		return "", fmt.Errorf("notify: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if err != nil {
		return "", fmt.Errorf("notify: %w", err)
	}
	return string(bytes.TrimSpace(text)), nil
}
