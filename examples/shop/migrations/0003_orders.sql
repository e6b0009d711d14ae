-- An order is of one customer and to one tenant. What a piece costs is noted when it is ordered; products change their prices.
CREATE TABLE orders (
    id        TEXT PRIMARY KEY,             -- opaque and random, never used again
    tenant    TEXT NOT NULL REFERENCES tenants (slug),
    customer  TEXT NOT NULL REFERENCES accounts (id),
    total     INTEGER NOT NULL CHECK (total > 0),
    currency  TEXT NOT NULL CHECK (length(currency) = 3),
    status    TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'paid', 'refunded')),
    placed_at INTEGER NOT NULL DEFAULT (unixepoch())
) STRICT;

CREATE INDEX orders_of_customer ON orders (customer, placed_at);
CREATE INDEX orders_of_tenant ON orders (tenant, placed_at);

CREATE TABLE order_lines (
    order_id TEXT NOT NULL REFERENCES orders (id),
    position INTEGER NOT NULL,
    sku      TEXT NOT NULL,
    name     TEXT NOT NULL,
    price    INTEGER NOT NULL CHECK (price > 0),
    quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 99),
    PRIMARY KEY (order_id, position)
) STRICT, WITHOUT ROWID;

-- The keys under which orders were asked for, so that a request that is sent again orders nothing again.
CREATE TABLE order_keys (
    customer   TEXT NOT NULL REFERENCES accounts (id),
    key        TEXT NOT NULL,
    order_id   TEXT NOT NULL REFERENCES orders (id),
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (customer, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX order_keys_by_end ON order_keys (expires_at);
