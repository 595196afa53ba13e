"""Mailings: news for a segment, told slice by slice."""

from alembic import op

revision = "mailings_0001"
down_revision = "logins_0001"
branch_labels = None
depends_on = None

MAILING = """
CREATE TABLE mailing (
  id uuid NOT NULL,
  name text NOT NULL,
  state text NOT NULL DEFAULT 'draft',
  segment jsonb NOT NULL,
  words jsonb NOT NULL,
  per_minute bigint NOT NULL,
  cursor_id uuid,
  noted bigint NOT NULL DEFAULT 0,
  next_slice_at timestamptz,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  started_at timestamptz,
  finished_at timestamptz,
  CONSTRAINT pk_mailing PRIMARY KEY (id),
  CONSTRAINT ck_mailing_state CHECK (state IN ('draft', 'running', 'stopped', 'done')),
  CONSTRAINT ck_mailing_per_minute CHECK (per_minute BETWEEN 1 AND 6000),
  CONSTRAINT ck_mailing_started_at CHECK ((state = 'draft') = (started_at IS NULL)),
  CONSTRAINT ck_mailing_name CHECK (name <> '')
);
CREATE INDEX ix_mailing_running ON mailing (next_slice_at) WHERE state = 'running';
CREATE INDEX ix_notice_mailing ON notice ((facts ->> 'mailing'), state) WHERE kind = 'mailing.sent';
GRANT SELECT, INSERT, UPDATE ON mailing TO hub_app;
"""

UNDO = """
DROP INDEX ix_notice_mailing;
DROP TABLE mailing;
"""


def upgrade() -> None:
    op.execute(MAILING)


def downgrade() -> None:
    op.execute(UNDO)
