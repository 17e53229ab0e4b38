package conns

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
)

type listener struct{ conn *pgxpool.Conn }

// What the connection of a pool has is not the caller's.
func (l *listener) next(ctx context.Context) error {
	_, err := l.conn.Conn().WaitForNotification(ctx)
	return err
}
