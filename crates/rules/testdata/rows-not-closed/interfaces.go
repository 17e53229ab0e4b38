package rows

import (
	"context"
	"database/sql"
)

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error)
}

func tables(ctx context.Context, db querier) ([]string, error) {
	r, err := db.QueryContext(ctx, "select name from tables") // want "not closed on every path"
	if err != nil {
		return nil, err
	}
	var names []string
	for r.Next() {
		var name string
		if err := r.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, r.Err()
}

func tablesClosed(ctx context.Context, db querier) ([]string, error) {
	r, err := db.QueryContext(ctx, "select name from tables")
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var names []string
	for r.Next() {
		var name string
		if err := r.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, r.Err()
}
