"""The ledger: accounts, entries, postings, lots, movements, pending accruals, and their guards."""

from alembic import op

revision = "ledger_0001"
down_revision = "people_0001"
branch_labels = None
depends_on = None

ACCOUNT = """
CREATE TABLE ledger_account (
  id bigint GENERATED ALWAYS AS IDENTITY,
  owner_id uuid,
  kind text NOT NULL,
  code text,
  asset text NOT NULL,
  posted bigint NOT NULL DEFAULT 0,
  held bigint NOT NULL DEFAULT 0,
  version bigint NOT NULL DEFAULT 0,
  CONSTRAINT pk_ledger_account PRIMARY KEY (id),
  CONSTRAINT uq_ledger_account_owner_id_kind_asset_code
    UNIQUE NULLS NOT DISTINCT (owner_id, kind, asset, code),
  CONSTRAINT ck_ledger_account_kind CHECK (kind IN ('active', 'pending', 'debt', 'system')),
  CONSTRAINT ck_ledger_account_asset CHECK (asset IN ('POINTS', 'CASHBACK', 'CERT_RUB', 'CPA_RUB')),
  CONSTRAINT ck_ledger_account_owner CHECK ((kind = 'system') = (owner_id IS NULL)),
  CONSTRAINT ck_ledger_account_code CHECK ((kind = 'system') = (code IS NOT NULL)),
  CONSTRAINT ck_ledger_account_balance CHECK (posted >= 0 AND held BETWEEN 0 AND posted AND version >= 0),
  CONSTRAINT ck_ledger_account_held CHECK (held = 0 OR kind = 'active'),
  CONSTRAINT ck_ledger_account_no_hot_row CHECK (kind <> 'system' OR (posted = 0 AND version = 0))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
"""

ENTRY = """
CREATE TABLE ledger_entry (
  id bigint GENERATED ALWAYS AS IDENTITY,
  public_id uuid NOT NULL,
  kind text NOT NULL,
  entry_key text NOT NULL,
  request_hash bytea NOT NULL,
  reverses_id bigint,
  document_type text,
  document_number text,
  document_key text,
  rule_code text,
  rule_version integer,
  reason text NOT NULL,
  actor text,
  approver text,
  occurred_at timestamptz NOT NULL,
  posted_at timestamptz NOT NULL,
  CONSTRAINT pk_ledger_entry PRIMARY KEY (id),
  CONSTRAINT uq_ledger_entry_public_id UNIQUE (public_id),
  CONSTRAINT uq_ledger_entry_entry_key UNIQUE (entry_key),
  CONSTRAINT fk_ledger_entry_reverses_id FOREIGN KEY (reverses_id) REFERENCES ledger_entry (id),
  CONSTRAINT ck_ledger_entry_kind CHECK (kind <> ''),
  CONSTRAINT ck_ledger_entry_entry_key CHECK (entry_key <> ''),
  CONSTRAINT ck_ledger_entry_approver CHECK (approver <> actor)
);
CREATE INDEX ix_ledger_entry_document_key ON ledger_entry (document_key) WHERE document_key IS NOT NULL;
CREATE INDEX ix_ledger_entry_reverses_id ON ledger_entry (reverses_id) WHERE reverses_id IS NOT NULL;
"""

# account_id has no foreign key: system accounts are shared by all, and the key-share lock that a
# foreign key takes on them would be a hot row. checks.py compares the two tables instead.
POSTING = """
CREATE TABLE ledger_posting (
  id bigint GENERATED ALWAYS AS IDENTITY,
  entry_id bigint NOT NULL,
  line_no smallint NOT NULL,
  account_id bigint NOT NULL,
  asset text NOT NULL,
  amount bigint NOT NULL,
  balance_after bigint,
  account_version bigint,
  CONSTRAINT pk_ledger_posting PRIMARY KEY (id),
  CONSTRAINT uq_ledger_posting_entry_id_line_no UNIQUE (entry_id, line_no),
  CONSTRAINT fk_ledger_posting_entry_id FOREIGN KEY (entry_id) REFERENCES ledger_entry (id),
  CONSTRAINT ck_ledger_posting_line_no CHECK (line_no > 0),
  CONSTRAINT ck_ledger_posting_amount CHECK (amount <> 0),
  CONSTRAINT ck_ledger_posting_balance CHECK (balance_after >= 0),
  CONSTRAINT ck_ledger_posting_version CHECK ((balance_after IS NULL) = (account_version IS NULL))
);
CREATE UNIQUE INDEX uq_ledger_posting_account_id ON ledger_posting (account_id, account_version)
  WHERE account_version IS NOT NULL;
CREATE INDEX ix_ledger_posting_account_id ON ledger_posting (account_id, id DESC);
"""

LOT = """
CREATE TABLE lot (
  id bigint GENERATED ALWAYS AS IDENTITY,
  account_id bigint NOT NULL,
  origin_entry_id bigint NOT NULL,
  original bigint NOT NULL,
  remaining bigint NOT NULL,
  pinned bigint NOT NULL DEFAULT 0,
  expires_at timestamptz,
  CONSTRAINT pk_lot PRIMARY KEY (id),
  CONSTRAINT fk_lot_account_id FOREIGN KEY (account_id) REFERENCES ledger_account (id),
  CONSTRAINT fk_lot_origin_entry_id FOREIGN KEY (origin_entry_id) REFERENCES ledger_entry (id),
  CONSTRAINT ck_lot_original CHECK (original > 0),
  CONSTRAINT ck_lot_remaining CHECK (remaining BETWEEN 0 AND original),
  CONSTRAINT ck_lot_pinned CHECK (pinned BETWEEN 0 AND remaining)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX ix_lot_open ON lot (account_id, expires_at, id) WHERE remaining > 0;
CREATE INDEX ix_lot_due ON lot (expires_at) WHERE remaining > 0 AND expires_at IS NOT NULL;
CREATE INDEX ix_lot_origin_entry_id ON lot (origin_entry_id);
CREATE TABLE lot_movement (
  entry_id bigint NOT NULL,
  lot_id bigint NOT NULL,
  delta bigint NOT NULL,
  CONSTRAINT pk_lot_movement PRIMARY KEY (entry_id, lot_id),
  CONSTRAINT fk_lot_movement_entry_id FOREIGN KEY (entry_id) REFERENCES ledger_entry (id),
  CONSTRAINT fk_lot_movement_lot_id FOREIGN KEY (lot_id) REFERENCES lot (id),
  CONSTRAINT ck_lot_movement_delta CHECK (delta <> 0)
);
CREATE INDEX ix_lot_movement_lot_id ON lot_movement (lot_id);
"""

PENDING = """
CREATE TABLE pending_accrual (
  id bigint GENERATED ALWAYS AS IDENTITY,
  entry_id bigint NOT NULL,
  account_id bigint NOT NULL,
  asset text NOT NULL,
  original bigint NOT NULL,
  remaining bigint NOT NULL,
  due_at timestamptz NOT NULL,
  expires_at timestamptz,
  CONSTRAINT pk_pending_accrual PRIMARY KEY (id),
  CONSTRAINT uq_pending_accrual_entry_id UNIQUE (entry_id),
  CONSTRAINT fk_pending_accrual_entry_id FOREIGN KEY (entry_id) REFERENCES ledger_entry (id),
  CONSTRAINT fk_pending_accrual_account_id FOREIGN KEY (account_id) REFERENCES ledger_account (id),
  CONSTRAINT ck_pending_accrual_original CHECK (original > 0),
  CONSTRAINT ck_pending_accrual_remaining CHECK (remaining BETWEEN 0 AND original)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX ix_pending_accrual_due ON pending_accrual (due_at, id) WHERE remaining > 0;
CREATE INDEX ix_pending_accrual_account_id ON pending_accrual (account_id);
"""

# Two nets. Each INSERT of postings must balance by itself (one grouped look per statement, so a later
# line cannot spoil an old entry), and at commit each new entry must have its postings.
BALANCE = """
CREATE FUNCTION ledger_posting_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE spoiled bigint;
BEGIN
  SELECT entry_id INTO spoiled FROM added GROUP BY entry_id, asset HAVING sum(amount) <> 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'ledger entry % does not balance', spoiled USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_posting_balance AFTER INSERT ON ledger_posting REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_posting_balance();
CREATE FUNCTION ledger_entry_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT count(*) FROM ledger_posting WHERE entry_id = NEW.id) < 2 OR EXISTS (
    SELECT FROM ledger_posting WHERE entry_id = NEW.id GROUP BY asset HAVING sum(amount) <> 0
  ) THEN
    RAISE EXCEPTION 'ledger entry % does not balance', NEW.id USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_entry_balance AFTER INSERT ON ledger_entry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_entry_balance();
"""

APPEND_ONLY = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE ALL ON {table} FROM hub_app;
GRANT SELECT, INSERT ON {table} TO hub_app;
"""

# Balances change, but never vanish: no DELETE.
MUTABLE = """
REVOKE ALL ON ledger_account, lot, pending_accrual FROM hub_app;
GRANT SELECT, INSERT, UPDATE ON ledger_account, lot, pending_accrual TO hub_app;
"""


def upgrade() -> None:
    for part in (ACCOUNT, ENTRY, POSTING, LOT, PENDING, BALANCE):
        op.execute(part)
    for table in ("ledger_entry", "ledger_posting", "lot_movement"):
        op.execute(APPEND_ONLY.format(table=table))
    op.execute(MUTABLE)


def downgrade() -> None:
    op.execute("DROP TABLE pending_accrual, lot_movement, lot, ledger_posting, ledger_entry, ledger_account")
    op.execute("DROP FUNCTION ledger_posting_balance(), ledger_entry_balance()")
