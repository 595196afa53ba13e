"""Second step of staff's sign-in: a secret shared with a phone, and recovery codes."""

from alembic import op

revision = "totp_0001"
down_revision = "mailings_0001"
branch_labels = None
depends_on = None

TOTP = """
CREATE TABLE staff_totp (
  staff_id uuid NOT NULL,
  secret bytea NOT NULL,
  confirmed_at timestamptz,
  last_step bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  CONSTRAINT pk_staff_totp PRIMARY KEY (staff_id),
  CONSTRAINT fk_staff_totp_staff_id FOREIGN KEY (staff_id) REFERENCES staff (id)
);
CREATE TABLE recovery_code (
  staff_id uuid NOT NULL,
  code_hash bytea NOT NULL,
  used_at timestamptz,
  CONSTRAINT pk_recovery_code PRIMARY KEY (staff_id, code_hash),
  CONSTRAINT fk_recovery_code_staff_id FOREIGN KEY (staff_id) REFERENCES staff_totp (staff_id)
    ON DELETE CASCADE
);
GRANT SELECT, INSERT, UPDATE, DELETE ON staff_totp, recovery_code TO hub_app;
"""


def upgrade() -> None:
    op.execute(TOTP)


def downgrade() -> None:
    op.execute("DROP TABLE recovery_code, staff_totp")
