// Package fakedb is a database/sql driver that keeps tables in memory.
//
// It understands the few statements that the shop sends. A data source name is the name of a
// database, which lives as long as the process.
package fakedb

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
)

func init() { sql.Register("fakedb", &memory{databases: map[string]*database{}}) }

// Stats counts what is open in all databases.
type Stats struct {
	Conns int64 `json:"conns"`
	Rows  int64 `json:"rows"`
	Txs   int64 `json:"txs"`
}

var openConns, openRows, openTxs atomic.Int64

// ReadStats returns the present counts.
func ReadStats() Stats {
	return Stats{Conns: openConns.Load(), Rows: openRows.Load(), Txs: openTxs.Load()}
}

type memory struct {
	mu        sync.Mutex
	databases map[string]*database
}

// Open implements driver.Driver.
func (m *memory) Open(name string) (driver.Conn, error) {
	if name == "" {
		return nil, errors.New("fakedb: empty data source name")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	db, ok := m.databases[name]
	if !ok {
		db = &database{tables: map[string]*table{}}
		m.databases[name] = db
	}
	openConns.Add(1)
	return &conn{db: db}, nil
}

type database struct {
	mu     sync.Mutex
	tables map[string]*table
}

type table struct {
	columns []string
	rows    []map[string]driver.Value
	lastID  int64
}

type conn struct {
	db   *database
	undo []func()
	inTx bool
}

func (c *conn) Prepare(query string) (driver.Stmt, error) {
	parsed, err := parse(query)
	if err != nil {
		return nil, err
	}
	return &stmt{conn: c, parsed: parsed}, nil
}

func (c *conn) Close() error {
	openConns.Add(-1)
	return nil
}

func (c *conn) Begin() (driver.Tx, error) {
	if c.inTx {
		return nil, errors.New("fakedb: a transaction is open already")
	}
	c.inTx = true
	openTxs.Add(1)
	return &tx{conn: c}, nil
}

type tx struct{ conn *conn }

func (t *tx) Commit() error {
	t.finish()
	return nil
}

func (t *tx) Rollback() error {
	db := t.conn.db
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, undo := range slices.Backward(t.conn.undo) {
		undo()
	}
	t.finish()
	return nil
}

func (t *tx) finish() {
	t.conn.undo = nil
	t.conn.inTx = false
	openTxs.Add(-1)
}

type stmt struct {
	conn   *conn
	parsed statement
}

func (s *stmt) Close() error  { return nil }
func (s *stmt) NumInput() int { return s.parsed.inputs }

func (s *stmt) Exec(args []driver.Value) (driver.Result, error) {
	db := s.conn.db
	db.mu.Lock()
	defer db.mu.Unlock()
	if s.parsed.verb == "CREATE" {
		if _, ok := db.tables[s.parsed.table]; !ok {
			db.tables[s.parsed.table] = &table{columns: s.parsed.columns}
		}
		return driver.RowsAffected(0), nil
	}
	t, ok := db.tables[s.parsed.table]
	if !ok {
		return nil, fmt.Errorf("fakedb: no table %q", s.parsed.table)
	}
	switch s.parsed.verb {
	case "INSERT":
		return s.insert(t, args), nil
	case "UPDATE":
		return s.update(t, args), nil
	default:
		return nil, fmt.Errorf("fakedb: %s is not for Exec", s.parsed.verb)
	}
}

func (s *stmt) insert(t *table, args []driver.Value) driver.Result {
	t.lastID++
	row := map[string]driver.Value{"id": t.lastID}
	for i, column := range s.parsed.columns {
		row[column] = args[i]
	}
	t.rows = append(t.rows, row)
	if s.conn.inTx {
		id := t.lastID
		s.conn.undo = append(s.conn.undo, func() { t.remove(id) })
	}
	return inserted{id: t.lastID}
}

func (s *stmt) update(t *table, args []driver.Value) driver.Result {
	column, changed := s.parsed.columns[0], int64(0)
	for _, row := range t.rows {
		if row[s.parsed.where] != args[1] {
			continue
		}
		if s.conn.inTx {
			before := row[column]
			s.conn.undo = append(s.conn.undo, func() { row[column] = before })
		}
		row[column] = args[0]
		changed++
	}
	return driver.RowsAffected(changed)
}

func (t *table) remove(id int64) {
	for i, row := range t.rows {
		if row["id"] == id {
			t.rows = append(t.rows[:i], t.rows[i+1:]...)
			return
		}
	}
}

func (s *stmt) Query(args []driver.Value) (driver.Rows, error) {
	db := s.conn.db
	db.mu.Lock()
	defer db.mu.Unlock()
	t, ok := db.tables[s.parsed.table]
	if !ok || s.parsed.verb != "SELECT" {
		return nil, fmt.Errorf("fakedb: cannot query %q", s.parsed.table)
	}
	out := &rows{columns: s.parsed.columns}
	for _, row := range t.rows {
		if s.parsed.where != "" && row[s.parsed.where] != args[0] {
			continue
		}
		values := make([]driver.Value, len(out.columns))
		for i, column := range out.columns {
			values[i] = row[column]
		}
		out.values = append(out.values, values)
	}
	openRows.Add(1)
	return out, nil
}

type inserted struct{ id int64 }

func (r inserted) LastInsertId() (int64, error) { return r.id, nil }
func (r inserted) RowsAffected() (int64, error) { return 1, nil }

type rows struct {
	columns []string
	values  [][]driver.Value
	closed  bool
}

func (r *rows) Columns() []string { return r.columns }

func (r *rows) Close() error {
	if !r.closed {
		r.closed = true
		openRows.Add(-1)
	}
	return nil
}

func (r *rows) Next(dest []driver.Value) error {
	if len(r.values) == 0 {
		return io.EOF
	}
	copy(dest, r.values[0])
	r.values = r.values[1:]
	return nil
}
