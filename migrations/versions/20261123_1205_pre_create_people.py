"""Clinics, infobases, staff, service credentials, patients, consents and one-time codes."""

from alembic import op

revision = "people_0001"
down_revision = "foundation_0001"
branch_labels = None
depends_on = None

CLINICS = """
CREATE TABLE infobase (
  code text NOT NULL,
  name text NOT NULL,
  timezone text NOT NULL DEFAULT 'Europe/Moscow',
  is_signature_required boolean NOT NULL DEFAULT false,
  is_active boolean NOT NULL DEFAULT true,
  CONSTRAINT pk_infobase PRIMARY KEY (code),
  CONSTRAINT ck_infobase_timezone
    CHECK (('2000-01-01T00:00:00Z'::timestamptz AT TIME ZONE timezone) IS NOT NULL)
);
CREATE TABLE clinic (
  id uuid NOT NULL,
  code text NOT NULL,
  name text NOT NULL,
  timezone text NOT NULL,
  is_active boolean NOT NULL DEFAULT true,
  CONSTRAINT pk_clinic PRIMARY KEY (id),
  CONSTRAINT uq_clinic_code UNIQUE (code),
  CONSTRAINT ck_clinic_timezone
    CHECK (('2000-01-01T00:00:00Z'::timestamptz AT TIME ZONE timezone) IS NOT NULL)
);
CREATE TABLE clinic_external (
  infobase text NOT NULL,
  ref uuid NOT NULL,
  clinic_id uuid NOT NULL,
  CONSTRAINT pk_clinic_external PRIMARY KEY (infobase, ref),
  CONSTRAINT fk_clinic_external_infobase FOREIGN KEY (infobase) REFERENCES infobase (code),
  CONSTRAINT fk_clinic_external_clinic_id FOREIGN KEY (clinic_id) REFERENCES clinic (id)
);
CREATE INDEX ix_clinic_external_clinic_id ON clinic_external (clinic_id);
GRANT SELECT, INSERT, UPDATE ON infobase, clinic, clinic_external TO hub_app;
"""

STAFF = """
CREATE TABLE staff (
  id uuid NOT NULL,
  login text NOT NULL,
  name bytea NOT NULL,
  password_hash text,
  roles text[] NOT NULL,
  is_active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_staff PRIMARY KEY (id),
  CONSTRAINT uq_staff_login UNIQUE (login),
  CONSTRAINT ck_staff_login CHECK (login = lower(login)),
  CONSTRAINT ck_staff_roles CHECK (cardinality(roles) > 0 AND roles <@ ARRAY[
    'doctor', 'cashier', 'senior_cashier', 'marketer', 'accountant', 'auditor', 'admin']::text[])
);
CREATE TABLE sign_in_failure (
  login_index bytea NOT NULL,
  failed_count smallint NOT NULL,
  locked_until timestamptz,
  changed_at timestamptz NOT NULL,
  CONSTRAINT pk_sign_in_failure PRIMARY KEY (login_index),
  CONSTRAINT ck_sign_in_failure_failed_count CHECK (failed_count >= 0)
);
CREATE INDEX ix_sign_in_failure_changed_at ON sign_in_failure (changed_at);
CREATE TABLE service_credential (
  id uuid NOT NULL,
  login text NOT NULL,
  secret_hash bytea NOT NULL,
  secret_hash_next bytea,
  infobase text,
  roles text[] NOT NULL,
  signing_secret bytea,
  is_signature_required boolean NOT NULL DEFAULT false,
  is_active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_service_credential PRIMARY KEY (id),
  CONSTRAINT uq_service_credential_login UNIQUE (login),
  CONSTRAINT uq_service_credential_secret_hash UNIQUE (secret_hash),
  CONSTRAINT uq_service_credential_secret_hash_next UNIQUE (secret_hash_next),
  CONSTRAINT fk_service_credential_infobase FOREIGN KEY (infobase) REFERENCES infobase (code),
  CONSTRAINT ck_service_credential_roles
    CHECK (cardinality(roles) > 0 AND roles <@ ARRAY['service']::text[]),
  CONSTRAINT ck_service_credential_signature
    CHECK (NOT is_signature_required OR signing_secret IS NOT NULL)
);
CREATE INDEX ix_service_credential_infobase ON service_credential (infobase);
GRANT SELECT, INSERT, UPDATE ON staff, sign_in_failure, service_credential TO hub_app;
"""

PATIENTS = """
CREATE TABLE patient (
  id uuid NOT NULL,
  surname bytea,
  first_name bytea,
  father_name bytea,
  birth_date bytea,
  phone bytea,
  email bytea,
  phone_index bytea,
  email_index bytea,
  surname_index bytea,
  surname_prefix_index bytea,
  phone_birth_index bytea,
  card_code text,
  referral_code_used text,
  source text NOT NULL,
  status text NOT NULL DEFAULT 'active',
  merged_into uuid,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT pk_patient PRIMARY KEY (id),
  CONSTRAINT uq_patient_card_code UNIQUE (card_code),
  CONSTRAINT fk_patient_merged_into FOREIGN KEY (merged_into) REFERENCES patient (id),
  CONSTRAINT ck_patient_status CHECK (status IN ('active', 'frozen', 'merged')),
  CONSTRAINT ck_patient_merged_into CHECK ((status = 'merged') = (merged_into IS NOT NULL)),
  CONSTRAINT ck_patient_card_code CHECK (card_code = upper(card_code) AND card_code <> ''),
  CONSTRAINT ck_patient_source CHECK (source IN ('onec', 'cabinet'))
);
CREATE INDEX ix_patient_phone_index ON patient (phone_index);
CREATE INDEX ix_patient_email_index ON patient (email_index);
CREATE INDEX ix_patient_surname_index ON patient (surname_index, id);
CREATE INDEX ix_patient_surname_prefix_index ON patient (surname_prefix_index, id);
CREATE INDEX ix_patient_phone_birth_index ON patient (phone_birth_index);
CREATE INDEX ix_patient_merged_into ON patient (merged_into) WHERE merged_into IS NOT NULL;
CREATE TABLE external_identity (
  id bigint GENERATED ALWAYS AS IDENTITY,
  system text NOT NULL,
  realm text NOT NULL,
  external_ref uuid NOT NULL,
  external_code text NOT NULL,
  patient_id uuid NOT NULL,
  state text NOT NULL,
  data_version text NOT NULL,
  content_hash bytea NOT NULL,
  message_no bigint,
  occurred_at timestamptz NOT NULL,
  CONSTRAINT pk_external_identity PRIMARY KEY (id),
  CONSTRAINT uq_external_identity_system_realm_external_ref UNIQUE (system, realm, external_ref),
  CONSTRAINT fk_external_identity_patient_id FOREIGN KEY (patient_id) REFERENCES patient (id),
  CONSTRAINT ck_external_identity_system CHECK (system IN ('onec')),
  CONSTRAINT ck_external_identity_state CHECK (state IN ('live', 'deleted', 'merged'))
);
CREATE INDEX ix_external_identity_patient_id ON external_identity (patient_id);
CREATE INDEX ix_external_identity_external_code ON external_identity (ltrim(external_code, '0'));
GRANT SELECT, INSERT, UPDATE ON patient, external_identity TO hub_app;
"""

CONSENTS = """
CREATE TABLE consent (
  id bigint GENERATED ALWAYS AS IDENTITY,
  patient_id uuid NOT NULL,
  purpose text NOT NULL,
  is_granted boolean NOT NULL,
  at timestamptz NOT NULL,
  doc_version text NOT NULL,
  source text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_consent PRIMARY KEY (id),
  CONSTRAINT uq_consent_patient_id_purpose_at_is_granted_doc_version
    UNIQUE (patient_id, purpose, at, is_granted, doc_version),
  CONSTRAINT fk_consent_patient_id FOREIGN KEY (patient_id) REFERENCES patient (id)
);
CREATE TRIGGER consent_append_only BEFORE UPDATE OR DELETE ON consent
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER consent_no_truncate BEFORE TRUNCATE ON consent
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON consent TO hub_app;
"""

CODES = """
CREATE TABLE one_time_code (
  id uuid NOT NULL,
  phone_index bytea NOT NULL,
  code_hash bytea NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  tries smallint NOT NULL DEFAULT 0,
  used_at timestamptz,
  CONSTRAINT pk_one_time_code PRIMARY KEY (id),
  CONSTRAINT ck_one_time_code_tries CHECK (tries >= 0)
);
CREATE INDEX ix_one_time_code_phone_index ON one_time_code (phone_index, created_at);
CREATE INDEX ix_one_time_code_created_at ON one_time_code (created_at);
GRANT SELECT, INSERT, UPDATE ON one_time_code TO hub_app;
"""


def upgrade() -> None:
    for part in (CLINICS, STAFF, PATIENTS, CONSENTS, CODES):
        op.execute(part)


def downgrade() -> None:
    op.execute(
        "DROP TABLE one_time_code, consent, external_identity, patient, service_credential, sign_in_failure,"
        " staff, clinic_external, clinic, infobase"
    )
