"""Deliveries: destinations with their gates, retry schedules as rows, receipts, coalescing, cancelling."""

from alembic import op

revision = "deliveries_0001"
down_revision = "merges_0001"
branch_labels = None
depends_on = None

GATES = """
CREATE TABLE destination (
  name text NOT NULL,
  rate_per_minute bigint NOT NULL,
  burst bigint NOT NULL,
  in_flight_max smallint NOT NULL,
  tokens bigint NOT NULL,
  tokens_at timestamptz NOT NULL DEFAULT now(),
  held_until timestamptz,
  breaker text NOT NULL DEFAULT 'closed',
  open_until timestamptz,
  trips smallint NOT NULL DEFAULT 0,
  window_started_at timestamptz NOT NULL DEFAULT now(),
  window_sent bigint NOT NULL DEFAULT 0,
  window_failed bigint NOT NULL DEFAULT 0,
  failures_in_row bigint NOT NULL DEFAULT 0,
  paused_at timestamptz,
  paused_by text,
  outcomes jsonb NOT NULL DEFAULT '{}',
  CONSTRAINT pk_destination PRIMARY KEY (name),
  CONSTRAINT ck_destination_rate CHECK (rate_per_minute BETWEEN 1 AND 600000),
  CONSTRAINT ck_destination_burst CHECK (burst BETWEEN 1 AND 10000),
  CONSTRAINT ck_destination_in_flight CHECK (in_flight_max BETWEEN 1 AND 64),
  CONSTRAINT ck_destination_breaker CHECK (breaker IN ('closed', 'open', 'half_open')),
  CONSTRAINT ck_destination_open_until CHECK ((breaker = 'closed') = (open_until IS NULL)),
  CONSTRAINT ck_destination_paused CHECK ((paused_at IS NULL) = (paused_by IS NULL))
) WITH (fillfactor = 50);
CREATE TABLE retry_schedule (
  kind text NOT NULL,
  delays_s integer[] NOT NULL,
  ttl_s bigint NOT NULL,
  when_uncertain text NOT NULL,
  CONSTRAINT pk_retry_schedule PRIMARY KEY (kind),
  CONSTRAINT ck_retry_schedule_delays CHECK (cardinality(delays_s) <= 30 AND 0 < ALL (delays_s)),
  CONSTRAINT ck_retry_schedule_ttl CHECK (ttl_s > 0),
  CONSTRAINT ck_retry_schedule_when_uncertain CHECK (when_uncertain IN ('resend', 'look_up', 'person'))
);
INSERT INTO destination (name, rate_per_minute, burst, in_flight_max, tokens)
VALUES ('sms', 1200, 40, 8, 40000), ('email', 1200, 40, 8, 40000);
INSERT INTO retry_schedule (kind, delays_s, ttl_s, when_uncertain) VALUES
  ('sms.code', '{3,8,20}', 300, 'look_up'),
  ('sms.notice', '{60,300,1800}', 21600, 'look_up'),
  ('email.letter', '{60,300,900,3600,14400,43200}', 172800, 'resend');
GRANT SELECT, UPDATE ON destination, retry_schedule TO hub_app;
"""

DELIVERY = """
ALTER TABLE outbox_delivery
  ADD COLUMN about text,
  ADD COLUMN recipient_index bytea,
  ADD COLUMN ordering_key text,
  ADD COLUMN coalesce_key text,
  ADD COLUMN hits bigint NOT NULL DEFAULT 1,
  ADD COLUMN priority smallint NOT NULL DEFAULT 5,
  ADD COLUMN tries smallint NOT NULL DEFAULT 0,
  ADD COLUMN needs_person boolean NOT NULL DEFAULT false,
  ADD COLUMN parts smallint,
  ADD COLUMN cost_kopecks bigint,
  ADD COLUMN receipt text,
  ADD COLUMN receipt_due_at timestamptz,
  ADD COLUMN receipt_at timestamptz,
  ADD CONSTRAINT fk_outbox_delivery_destination FOREIGN KEY (destination) REFERENCES destination (name),
  ADD CONSTRAINT fk_outbox_delivery_kind FOREIGN KEY (kind) REFERENCES retry_schedule (kind),
  ADD CONSTRAINT ck_outbox_delivery_receipt CHECK (receipt IN ('awaited', 'arrived', 'failed')),
  DROP CONSTRAINT ck_outbox_delivery_state,
  ADD CONSTRAINT ck_outbox_delivery_state CHECK (state IN
    ('ready', 'running', 'delivered', 'uncertain', 'expired', 'cancelled', 'buried'));
UPDATE outbox_delivery SET tries = attempts;
DROP INDEX ix_outbox_delivery_ready;
DROP INDEX ix_outbox_delivery_lease;
CREATE INDEX ix_outbox_delivery_ready ON outbox_delivery (destination, priority, next_attempt_at, id)
  WHERE state = 'ready';
CREATE INDEX ix_outbox_delivery_expiry ON outbox_delivery (expires_at) WHERE state = 'ready';
CREATE INDEX ix_outbox_delivery_running ON outbox_delivery (destination, leased_until)
  WHERE state = 'running';
CREATE INDEX ix_outbox_delivery_uncertain ON outbox_delivery (destination, next_attempt_at)
  WHERE state = 'uncertain' AND NOT needs_person;
CREATE INDEX ix_outbox_delivery_ordering ON outbox_delivery (ordering_key, id)
  WHERE ordering_key IS NOT NULL AND state IN ('ready', 'running', 'uncertain');
CREATE UNIQUE INDEX uq_outbox_delivery_coalesce ON outbox_delivery (coalesce_key)
  WHERE state = 'ready' AND tries = 0;
CREATE INDEX ix_outbox_delivery_receipt ON outbox_delivery (destination, receipt_due_at)
  WHERE receipt = 'awaited';
CREATE INDEX ix_outbox_delivery_state ON outbox_delivery (state, id);
CREATE INDEX ix_outbox_delivery_kind ON outbox_delivery (kind, id);
CREATE INDEX ix_outbox_delivery_about ON outbox_delivery (about, id);
CREATE INDEX ix_outbox_delivery_recipient ON outbox_delivery (recipient_index, id);
CREATE INDEX ix_outbox_delivery_reference ON outbox_delivery (provider_reference);
CREATE TABLE absorbed_order (
  delivery_key text NOT NULL,
  delivery_id bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_absorbed_order PRIMARY KEY (delivery_key),
  CONSTRAINT fk_absorbed_order_delivery_id FOREIGN KEY (delivery_id) REFERENCES outbox_delivery (id)
);
CREATE INDEX ix_absorbed_order_delivery ON absorbed_order (delivery_id);
GRANT SELECT, INSERT ON absorbed_order TO hub_app;
ALTER TABLE delivery_attempt ADD COLUMN duration_ms bigint;
"""

UNDO = """
ALTER TABLE delivery_attempt DROP COLUMN duration_ms;
DROP TABLE absorbed_order;
DROP INDEX ix_outbox_delivery_ready, ix_outbox_delivery_expiry, ix_outbox_delivery_running,
  ix_outbox_delivery_uncertain, ix_outbox_delivery_state, ix_outbox_delivery_kind;
UPDATE outbox_delivery SET state = 'buried' WHERE state = 'cancelled';
ALTER TABLE outbox_delivery
  DROP CONSTRAINT ck_outbox_delivery_state,
  DROP CONSTRAINT fk_outbox_delivery_destination,
  DROP CONSTRAINT fk_outbox_delivery_kind,
  DROP COLUMN about, DROP COLUMN recipient_index, DROP COLUMN ordering_key, DROP COLUMN coalesce_key,
  DROP COLUMN hits, DROP COLUMN priority, DROP COLUMN tries, DROP COLUMN needs_person,
  DROP COLUMN parts, DROP COLUMN cost_kopecks,
  DROP COLUMN receipt, DROP COLUMN receipt_due_at, DROP COLUMN receipt_at,
  ADD CONSTRAINT ck_outbox_delivery_state CHECK (state IN
    ('ready', 'running', 'delivered', 'uncertain', 'expired', 'buried'));
CREATE INDEX ix_outbox_delivery_ready ON outbox_delivery (destination, next_attempt_at, id)
  WHERE state = 'ready';
CREATE INDEX ix_outbox_delivery_lease ON outbox_delivery (leased_until) WHERE state = 'running';
DROP TABLE retry_schedule, destination;
"""


def upgrade() -> None:
    op.execute(GATES)
    op.execute(DELIVERY)


def downgrade() -> None:
    op.execute(UNDO)
