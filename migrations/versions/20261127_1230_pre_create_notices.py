"""Notices: what patients are told of, how they want to be told, in which words."""

from alembic import op

revision = "notices_0001"
down_revision = "approvals_0001"
branch_labels = None
depends_on = None

NOTICE = """
CREATE TABLE notice (
  id bigint GENERATED ALWAYS AS IDENTITY,
  notice_key text NOT NULL,
  kind text NOT NULL,
  patient_id uuid NOT NULL,
  recipient_id uuid,
  facts jsonb NOT NULL,
  state text NOT NULL DEFAULT 'waiting',
  is_gathered boolean NOT NULL DEFAULT false,
  outcome jsonb NOT NULL DEFAULT '{}',
  not_before_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  told_on date,
  settled_at timestamptz,
  correlation_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_notice PRIMARY KEY (id),
  CONSTRAINT uq_notice_notice_key UNIQUE (notice_key),
  CONSTRAINT fk_notice_patient_id FOREIGN KEY (patient_id) REFERENCES patient (id),
  CONSTRAINT ck_notice_state CHECK (state IN ('waiting', 'told', 'silent', 'expired', 'failed')),
  CONSTRAINT ck_notice_settled_at CHECK ((state = 'waiting') = (settled_at IS NULL))
);
CREATE INDEX ix_notice_waiting ON notice (not_before_at, id) WHERE state = 'waiting';
CREATE INDEX ix_notice_recipient ON notice (recipient_id, kind, told_on) WHERE state = 'told';
CREATE INDEX ix_notice_patient_id ON notice (patient_id, id);
CREATE TABLE notice_count (
  patient_id uuid NOT NULL,
  sent_on date NOT NULL,
  channel text NOT NULL,
  notice_class text NOT NULL,
  sent smallint NOT NULL,
  CONSTRAINT pk_notice_count PRIMARY KEY (patient_id, sent_on, channel, notice_class),
  CONSTRAINT ck_notice_count_sent CHECK (sent > 0)
);
CREATE INDEX ix_notice_count_day ON notice_count (sent_on);
CREATE TABLE expiry_horizon (
  days smallint NOT NULL,
  seen_until timestamptz NOT NULL,
  seen_lot_id bigint NOT NULL,
  CONSTRAINT pk_expiry_horizon PRIMARY KEY (days),
  CONSTRAINT ck_expiry_horizon_days CHECK (days > 0)
);
INSERT INTO expiry_horizon (days, seen_until, seen_lot_id)
SELECT days, '2000-01-01Z', 0 FROM unnest('{30,7,1}'::smallint[]) AS days;
GRANT SELECT, INSERT, UPDATE ON notice TO hub_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON notice_count TO hub_app;
GRANT SELECT, UPDATE ON expiry_horizon TO hub_app;
"""

WISHES = """
CREATE TABLE notification_preference (
  patient_id uuid NOT NULL,
  language text NOT NULL,
  service_sms boolean NOT NULL,
  service_email boolean NOT NULL,
  marketing_sms boolean NOT NULL,
  marketing_email boolean NOT NULL,
  quiet_from_minute smallint,
  quiet_to_minute smallint,
  updated_at timestamptz NOT NULL,
  CONSTRAINT pk_notification_preference PRIMARY KEY (patient_id),
  CONSTRAINT fk_notification_preference_patient_id FOREIGN KEY (patient_id) REFERENCES patient (id),
  CONSTRAINT ck_notification_preference_language CHECK (language IN ('ru', 'en')),
  CONSTRAINT ck_notification_preference_quiet CHECK ((quiet_from_minute IS NULL) = (quiet_to_minute IS NULL)),
  CONSTRAINT ck_notification_preference_minutes CHECK
    (quiet_from_minute BETWEEN 0 AND 1439 AND quiet_to_minute BETWEEN 0 AND 1439)
);
CREATE TABLE notice_template (
  id bigint GENERATED ALWAYS AS IDENTITY,
  kind text NOT NULL,
  channel text NOT NULL,
  language text NOT NULL,
  version smallint NOT NULL,
  subject text,
  body text,
  actor text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_notice_template PRIMARY KEY (id),
  CONSTRAINT uq_notice_template_kind_channel_language_version UNIQUE (kind, channel, language, version),
  CONSTRAINT ck_notice_template_channel CHECK (channel IN ('sms', 'email')),
  CONSTRAINT ck_notice_template_language CHECK (language IN ('ru', 'en')),
  CONSTRAINT ck_notice_template_version CHECK (version > 0),
  CONSTRAINT ck_notice_template_words CHECK ((subject IS NULL) = (body IS NULL))
);
GRANT SELECT, INSERT, UPDATE ON notification_preference TO hub_app;
GRANT SELECT, INSERT ON notice_template TO hub_app;
"""

UNDO = """
DROP TABLE notice_template, notification_preference, expiry_horizon, notice_count, notice;
"""


def upgrade() -> None:
    op.execute(NOTICE)
    op.execute(WISHES)


def downgrade() -> None:
    op.execute(UNDO)
