// Package config holds the settings of the shop's commands.
package config

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Config says where things are and how large they may become.
type Config struct {
	Addr         string        `json:"addr"`
	Driver       string        `json:"driver"`
	DSN          string        `json:"dsn"`
	Data         string        `json:"data"`
	Seed         string        `json:"seed"`
	Webhook      string        `json:"webhook"`
	Workers      int           `json:"workers"`
	Queue        int           `json:"queue"`
	Verbose      bool          `json:"verbose"`
	QuoteTimeout time.Duration `json:"quote_timeout_ns"`
	AuditEvery   time.Duration `json:"audit_every_ns"`
}

// Default returns settings that work on a laptop.
func Default() Config {
	return Config{
		Addr:         "127.0.0.1:8080",
		Driver:       "fakedb",
		DSN:          "shop",
		Data:         filepath.Join(os.TempDir(), "shop"),
		Seed:         "data/products.csv",
		Workers:      4,
		Queue:        64,
		QuoteTimeout: 200 * time.Millisecond,
		AuditEvery:   30 * time.Second,
	}
}

// Load overlays the defaults with the JSON file at path. An empty path means none.
func Load(path string) (Config, error) {
	cfg := Default()
	if path == "" {
		return cfg, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return cfg, err
	}
	defer f.Close()
	dec := json.NewDecoder(f)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&cfg); err != nil {
		return cfg, fmt.Errorf("read %s: %w", path, err)
	}
	return cfg, nil
}
