"""The application's role, the inbox, the outbox, idempotency, audit and health signals."""

from alembic import op

revision = "foundation_0001"
down_revision = None
branch_labels = None
depends_on = None

ROLE = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hub_app') THEN
    CREATE ROLE hub_app NOLOGIN;
    GRANT hub_app TO CURRENT_USER;  -- so that one login can migrate as owner and serve as application
  END IF;
END $$;
GRANT USAGE ON SCHEMA public TO hub_app;
"""

REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = '42501';
END $$;
"""

INBOX = """
CREATE TABLE inbox_event (
  id bigint GENERATED ALWAYS AS IDENTITY,
  public_id uuid NOT NULL,
  source text NOT NULL,
  sender text NOT NULL,
  topic text NOT NULL,
  queue text NOT NULL,
  dedup_key bytea NOT NULL,
  event_id text NOT NULL,
  object_ref text NOT NULL,
  ordering_key text,
  message_no bigint,
  state text NOT NULL,
  attempts smallint NOT NULL DEFAULT 0,
  crashes smallint NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz,
  claim_id uuid,
  claimed_by text,
  leased_until timestamptz,
  waiting_for text,
  reason_code text,
  reason text,
  effects jsonb NOT NULL DEFAULT '[]',
  correlation_id text NOT NULL,
  CONSTRAINT pk_inbox_event PRIMARY KEY (id),
  CONSTRAINT uq_inbox_event_public_id UNIQUE (public_id),
  CONSTRAINT uq_inbox_event_source_dedup_key UNIQUE (source, dedup_key),
  CONSTRAINT ck_inbox_event_state CHECK (state IN
    ('ready', 'running', 'parked', 'processed', 'duplicate', 'stale', 'ignored', 'buried')),
  CONSTRAINT ck_inbox_event_claim CHECK ((state = 'running') = (claim_id IS NOT NULL)),
  CONSTRAINT ck_inbox_event_parked CHECK ((state = 'parked') = (waiting_for IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 200);
CREATE INDEX ix_inbox_event_ready ON inbox_event (queue, next_attempt_at, id) WHERE state = 'ready';
CREATE INDEX ix_inbox_event_ordering ON inbox_event (ordering_key, id) WHERE state IN ('ready', 'running');
CREATE INDEX ix_inbox_event_lease ON inbox_event (leased_until) WHERE state = 'running';
CREATE INDEX ix_inbox_event_waiting ON inbox_event (waiting_for) WHERE state = 'parked';
CREATE INDEX ix_inbox_event_event_id ON inbox_event (source, sender, event_id, id);
CREATE INDEX ix_inbox_event_state ON inbox_event (state, id);
CREATE TABLE inbox_body (
  event_id bigint NOT NULL,
  format text NOT NULL,
  sha256 bytea NOT NULL,
  sealed bytea NOT NULL,
  CONSTRAINT pk_inbox_body PRIMARY KEY (event_id),
  CONSTRAINT fk_inbox_body_event_id FOREIGN KEY (event_id) REFERENCES inbox_event (id)
);
CREATE TABLE inbox_sequence (
  source text NOT NULL,
  sender text NOT NULL,
  first_no bigint NOT NULL,
  last_no bigint NOT NULL,
  CONSTRAINT pk_inbox_sequence PRIMARY KEY (source, sender, first_no),
  CONSTRAINT ck_inbox_sequence_span CHECK (first_no <= last_no)
);
GRANT SELECT, INSERT, UPDATE ON inbox_event TO hub_app;
GRANT SELECT, INSERT ON inbox_body TO hub_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON inbox_sequence TO hub_app;
"""

OUTBOX = """
CREATE TABLE outbox_message (
  id bigint GENERATED ALWAYS AS IDENTITY,
  public_id uuid NOT NULL,
  topic text NOT NULL,
  about text NOT NULL,
  payload jsonb NOT NULL,
  correlation_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_outbox_message PRIMARY KEY (id),
  CONSTRAINT uq_outbox_message_public_id UNIQUE (public_id)
);
CREATE INDEX ix_outbox_message_about ON outbox_message (about, id);
CREATE TABLE outbox_delivery (
  id bigint GENERATED ALWAYS AS IDENTITY,
  public_id uuid NOT NULL,
  destination text NOT NULL,
  kind text NOT NULL,
  delivery_key text NOT NULL,
  sealed bytea NOT NULL,
  state text NOT NULL,
  attempts smallint NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  claim_id uuid,
  leased_until timestamptz,
  provider_reference text,
  reason text,
  correlation_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz,
  CONSTRAINT pk_outbox_delivery PRIMARY KEY (id),
  CONSTRAINT uq_outbox_delivery_public_id UNIQUE (public_id),
  CONSTRAINT uq_outbox_delivery_delivery_key UNIQUE (delivery_key),
  CONSTRAINT ck_outbox_delivery_state CHECK (state IN
    ('ready', 'running', 'delivered', 'uncertain', 'expired', 'buried')),
  CONSTRAINT ck_outbox_delivery_claim CHECK ((state = 'running') = (claim_id IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 200);
CREATE INDEX ix_outbox_delivery_ready ON outbox_delivery (destination, next_attempt_at, id)
  WHERE state = 'ready';
CREATE INDEX ix_outbox_delivery_lease ON outbox_delivery (leased_until) WHERE state = 'running';
CREATE TABLE delivery_attempt (
  id bigint GENERATED ALWAYS AS IDENTITY,
  delivery_id bigint NOT NULL,
  attempt_no smallint NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz,
  outcome text,
  reason text,
  CONSTRAINT pk_delivery_attempt PRIMARY KEY (id),
  CONSTRAINT uq_delivery_attempt_delivery_id_attempt_no UNIQUE (delivery_id, attempt_no),
  CONSTRAINT fk_delivery_attempt_delivery_id FOREIGN KEY (delivery_id) REFERENCES outbox_delivery (id)
);
GRANT SELECT, INSERT ON outbox_message TO hub_app;
GRANT SELECT, INSERT, UPDATE ON outbox_delivery, delivery_attempt TO hub_app;
"""

IDEMPOTENCY = """
CREATE TABLE idempotency_record (
  id bigint GENERATED ALWAYS AS IDENTITY,
  scope text NOT NULL,
  key text NOT NULL,
  request_hash bytea NOT NULL,
  status smallint NOT NULL,
  sealed bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_idempotency_record PRIMARY KEY (id),
  CONSTRAINT uq_idempotency_record_scope_key UNIQUE (scope, key)
);
GRANT SELECT, INSERT ON idempotency_record TO hub_app;
"""

AUDIT = """
CREATE TABLE audit_record (
  id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor text NOT NULL,
  action text NOT NULL,
  object_type text NOT NULL,
  object_id text NOT NULL,
  details jsonb NOT NULL,
  correlation_id text NOT NULL,
  CONSTRAINT pk_audit_record PRIMARY KEY (id)
);
CREATE INDEX ix_audit_record_object ON audit_record (object_type, object_id, id);
CREATE TRIGGER audit_record_append_only BEFORE UPDATE OR DELETE ON audit_record
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_record_no_truncate BEFORE TRUNCATE ON audit_record
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON audit_record TO hub_app;
"""

HEALTH = """
CREATE TABLE health_signal (
  name text NOT NULL,
  status text NOT NULL,
  detail text NOT NULL,
  since timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  CONSTRAINT pk_health_signal PRIMARY KEY (name),
  CONSTRAINT ck_health_signal_status CHECK (status IN ('ok', 'degraded', 'down', 'off'))
);
GRANT SELECT, INSERT, UPDATE ON health_signal TO hub_app;
"""


def upgrade() -> None:
    for part in (ROLE, REFUSE_CHANGE, INBOX, OUTBOX, IDEMPOTENCY, AUDIT, HEALTH):
        op.execute(part)


def downgrade() -> None:
    op.execute(
        "DROP TABLE health_signal, audit_record, idempotency_record, delivery_attempt, outbox_delivery,"
        " outbox_message, inbox_sequence, inbox_body, inbox_event"
    )
    op.execute("DROP FUNCTION refuse_change()")
    op.execute("REVOKE USAGE ON SCHEMA public FROM hub_app")
