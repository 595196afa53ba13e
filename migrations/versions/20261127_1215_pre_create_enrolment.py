"""Enrolment in the cabinet, and what a consent given there is proven by."""

from alembic import op

revision = "enrolment_0001"
down_revision = "audit_0001"
branch_labels = None
depends_on = None

ENROLMENT = """
CREATE TABLE enrolment (
  token_hash bytea NOT NULL,
  phone bytea NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  CONSTRAINT pk_enrolment PRIMARY KEY (token_hash)
);
CREATE INDEX ix_enrolment_created_at ON enrolment (created_at);
GRANT SELECT, INSERT, UPDATE ON enrolment TO hub_app;
ALTER TABLE consent ADD COLUMN text_hash bytea, ADD COLUMN address bytea;
"""


def upgrade() -> None:
    op.execute(ENROLMENT)


def downgrade() -> None:
    op.execute("ALTER TABLE consent DROP COLUMN address, DROP COLUMN text_hash; DROP TABLE enrolment")
