"""Tiers, and the mirror of 1C's visits and refunds."""

from alembic import op

revision = "visits_0001"
down_revision = "ledger_0001"
branch_labels = None
depends_on = None

TIER = """
CREATE TABLE tier (
  code text NOT NULL,
  name text NOT NULL,
  name_en text NOT NULL,
  rate_bp integer NOT NULL,
  rule_version integer NOT NULL,
  CONSTRAINT pk_tier PRIMARY KEY (code),
  CONSTRAINT ck_tier_rate CHECK (rate_bp BETWEEN 0 AND 10000)
);
INSERT INTO tier (code, name, name_en, rate_bp, rule_version) VALUES ('BASE', 'Базовый', 'Base', 500, 1);
GRANT SELECT ON tier TO hub_app;
"""

VISIT = """
CREATE TABLE visit (
  id bigint GENERATED ALWAYS AS IDENTITY,
  public_id uuid NOT NULL,
  infobase text NOT NULL,
  ref uuid NOT NULL,
  object_type text NOT NULL,
  number text NOT NULL,
  patient_id uuid,
  clinic_ref uuid,
  completed_at timestamptz,
  is_live boolean NOT NULL,
  data_version text NOT NULL,
  content_hash bytea NOT NULL,
  message_no bigint,
  occurred_at timestamptz NOT NULL,
  total_kopecks bigint NOT NULL,
  base_kopecks bigint NOT NULL,
  version integer NOT NULL,
  referral_code text NOT NULL,
  promo_code text NOT NULL,
  warnings text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_visit PRIMARY KEY (id),
  CONSTRAINT uq_visit_public_id UNIQUE (public_id),
  CONSTRAINT uq_visit_infobase_ref UNIQUE (infobase, ref),
  CONSTRAINT fk_visit_patient_id FOREIGN KEY (patient_id) REFERENCES patient (id),
  CONSTRAINT ck_visit_live CHECK (NOT is_live OR (patient_id IS NOT NULL AND completed_at IS NOT NULL))
);
CREATE INDEX ix_visit_patient_id ON visit (patient_id, id);
CREATE TABLE visit_line (
  visit_id bigint NOT NULL,
  line_no integer NOT NULL,
  service_ref uuid NOT NULL,
  loyalty_group text NOT NULL,
  doctor_ref uuid,
  amount_kopecks bigint NOT NULL,
  base_kopecks bigint NOT NULL,
  CONSTRAINT pk_visit_line PRIMARY KEY (visit_id, line_no),
  CONSTRAINT fk_visit_line_visit_id FOREIGN KEY (visit_id) REFERENCES visit (id),
  CONSTRAINT ck_visit_line_amounts CHECK (amount_kopecks >= 0 AND base_kopecks BETWEEN 0 AND amount_kopecks)
);
CREATE TABLE visit_refund (
  id bigint GENERATED ALWAYS AS IDENTITY,
  visit_id bigint NOT NULL,
  infobase text NOT NULL,
  ref uuid NOT NULL,
  object_type text NOT NULL,
  number text NOT NULL,
  is_live boolean NOT NULL,
  data_version text NOT NULL,
  content_hash bytea NOT NULL,
  message_no bigint,
  occurred_at timestamptz NOT NULL,
  is_whole boolean NOT NULL,
  version integer NOT NULL,
  CONSTRAINT pk_visit_refund PRIMARY KEY (id),
  CONSTRAINT uq_visit_refund_infobase_ref UNIQUE (infobase, ref),
  CONSTRAINT fk_visit_refund_visit_id FOREIGN KEY (visit_id) REFERENCES visit (id)
);
CREATE INDEX ix_visit_refund_visit_id ON visit_refund (visit_id);
CREATE TABLE visit_refund_line (
  refund_id bigint NOT NULL,
  line_no integer NOT NULL,
  amount_kopecks bigint NOT NULL,
  CONSTRAINT pk_visit_refund_line PRIMARY KEY (refund_id, line_no),
  CONSTRAINT fk_visit_refund_line_refund_id FOREIGN KEY (refund_id) REFERENCES visit_refund (id),
  CONSTRAINT ck_visit_refund_line_amount CHECK (amount_kopecks >= 0)
);
GRANT SELECT, INSERT, UPDATE ON visit, visit_refund TO hub_app;
GRANT SELECT, INSERT, DELETE ON visit_line, visit_refund_line TO hub_app;
"""


def upgrade() -> None:
    op.execute(TIER)
    op.execute(VISIT)


def downgrade() -> None:
    op.execute("DROP TABLE visit_refund_line, visit_refund, visit_line, visit, tier")
