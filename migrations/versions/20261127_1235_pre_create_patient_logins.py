"""Patients' passwords, their mail tokens, and failures counted by place as well as by login."""

from alembic import op

revision = "logins_0001"
down_revision = "notices_0001"
branch_labels = None
depends_on = None

LOGINS = """
CREATE TABLE patient_login (
  patient_id uuid NOT NULL,
  email bytea NOT NULL,
  email_index bytea NOT NULL,
  password_hash text NOT NULL,
  confirmed_at timestamptz,
  changed_at timestamptz NOT NULL,
  CONSTRAINT pk_patient_login PRIMARY KEY (patient_id),
  CONSTRAINT fk_patient_login_patient_id FOREIGN KEY (patient_id) REFERENCES patient (id)
);
CREATE INDEX ix_patient_login_email_index ON patient_login (email_index);
CREATE TABLE mail_token (
  token_hash bytea NOT NULL,
  patient_id uuid NOT NULL,
  purpose text NOT NULL,
  email_index bytea NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  CONSTRAINT pk_mail_token PRIMARY KEY (token_hash),
  CONSTRAINT fk_mail_token_patient_id FOREIGN KEY (patient_id) REFERENCES patient (id),
  CONSTRAINT ck_mail_token_purpose CHECK (purpose IN ('confirm', 'reset'))
);
CREATE INDEX ix_mail_token_patient_id ON mail_token (patient_id, created_at);
CREATE TABLE place_failure (
  login_index bytea NOT NULL,
  place_index bytea NOT NULL,
  failed_count smallint NOT NULL,
  locked_until timestamptz,
  changed_at timestamptz NOT NULL,
  CONSTRAINT pk_place_failure PRIMARY KEY (login_index, place_index),
  CONSTRAINT ck_place_failure_failed_count CHECK (failed_count >= 0)
);
CREATE INDEX ix_place_failure_changed_at ON place_failure (changed_at);
GRANT SELECT, INSERT, UPDATE ON patient_login, mail_token, place_failure TO hub_app;
"""


def upgrade() -> None:
    op.execute(LOGINS)


def downgrade() -> None:
    op.execute("DROP TABLE place_failure, mail_token, patient_login")
