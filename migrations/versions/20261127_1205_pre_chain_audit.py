"""Audit: before and after, whose wish, people's words beside the trail; its chain and its signed heads."""

from alembic import op

revision = "audit_0001"
down_revision = "devices_0001"
branch_labels = None
depends_on = None

RECORD = """
ALTER TABLE audit_record
  ADD COLUMN before jsonb,
  ADD COLUMN after jsonb,
  ADD COLUMN on_behalf_of text;
CREATE INDEX ix_audit_record_actor ON audit_record (actor, id);
CREATE INDEX ix_audit_record_action ON audit_record (action, id);
CREATE INDEX ix_audit_record_at ON audit_record USING brin (at);
CREATE TABLE audit_note (
  record_id bigint NOT NULL,
  sealed bytea NOT NULL,
  CONSTRAINT pk_audit_note PRIMARY KEY (record_id),
  CONSTRAINT fk_audit_note_record_id FOREIGN KEY (record_id) REFERENCES audit_record (id)
);
GRANT SELECT, INSERT ON audit_note TO hub_app;
"""

CHAIN = """
CREATE TABLE audit_link (
  seq bigint NOT NULL,
  record_id bigint NOT NULL,
  hash bytea NOT NULL,
  sealed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_audit_link PRIMARY KEY (seq),
  CONSTRAINT uq_audit_link_record_id UNIQUE (record_id),
  CONSTRAINT fk_audit_link_record_id FOREIGN KEY (record_id) REFERENCES audit_record (id),
  CONSTRAINT ck_audit_link_seq CHECK (seq > 0),
  CONSTRAINT ck_audit_link_hash CHECK (octet_length(hash) = 32)
);
CREATE INDEX ix_audit_link_sealed_at ON audit_link (sealed_at);
CREATE TRIGGER audit_link_append_only BEFORE UPDATE OR DELETE ON audit_link
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_link_no_truncate BEFORE TRUNCATE ON audit_link
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TABLE audit_head (
  id uuid NOT NULL,
  seq bigint NOT NULL,
  hash bytea NOT NULL,
  signed_at timestamptz NOT NULL,
  key_id text NOT NULL,
  signature bytea NOT NULL,
  exported_at timestamptz,
  CONSTRAINT pk_audit_head PRIMARY KEY (id),
  CONSTRAINT uq_audit_head_seq UNIQUE (seq),
  CONSTRAINT ck_audit_head_hash CHECK (octet_length(hash) = 32)
);
CREATE INDEX ix_audit_head_unexported ON audit_head (seq) WHERE exported_at IS NULL;
GRANT SELECT, INSERT ON audit_link, audit_head TO hub_app;
GRANT UPDATE (exported_at) ON audit_head TO hub_app;
"""

UNDO = """
DROP TABLE audit_head, audit_link, audit_note;
DROP INDEX ix_audit_record_actor, ix_audit_record_action, ix_audit_record_at;
ALTER TABLE audit_record DROP COLUMN before, DROP COLUMN after, DROP COLUMN on_behalf_of;
"""


def upgrade() -> None:
    op.execute(RECORD)
    op.execute(CHAIN)


def downgrade() -> None:
    op.execute(UNDO)
