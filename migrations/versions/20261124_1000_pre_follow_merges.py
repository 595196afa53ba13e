"""Order of a document's messages by series; merged cards name their survivor; whose purse took over whose."""

from alembic import op

revision = "merges_0001"
down_revision = "visits_0001"
branch_labels = None
depends_on = None

DOCUMENTS = ("visit", "visit_refund", "external_identity")
# What was numbered before nodes were told apart is a series of its own.
MARKS = """
ALTER TABLE {table} ADD COLUMN marks jsonb;
UPDATE {table} SET marks = jsonb_build_array(jsonb_build_array(
  CASE WHEN message_no IS NULL THEN '' ELSE '#' END, message_no,
  to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), 0,
  to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')));
ALTER TABLE {table} ALTER COLUMN marks SET NOT NULL;
"""
INFOBASE = "ALTER TABLE infobase ADD COLUMN numbering integer NOT NULL DEFAULT 1;"
IDENTITY = """
ALTER TABLE external_identity ADD COLUMN merged_into_ref uuid,
  ADD CONSTRAINT ck_external_identity_merged_into_ref
    CHECK (merged_into_ref IS NULL OR (state = 'merged' AND merged_into_ref <> external_ref));
"""
# Partial, so that a change of it is no change of a key, for which foreign keys of visits would wait.
CARD_CODE = """
ALTER TABLE patient DROP CONSTRAINT uq_patient_card_code;
CREATE UNIQUE INDEX uq_patient_card_code ON patient (card_code) WHERE card_code IS NOT NULL;
"""
HEIR = """
ALTER TABLE ledger_account ADD COLUMN heir_id uuid,
  ADD CONSTRAINT ck_ledger_account_heir CHECK (heir_id IS NULL OR (heir_id <> owner_id AND posted = 0));
CREATE INDEX ix_ledger_account_heir_id ON ledger_account (heir_id) WHERE heir_id IS NOT NULL;
"""
SEQUENCE = """
ALTER TABLE inbox_sequence ADD COLUMN node text NOT NULL DEFAULT '';
ALTER TABLE inbox_sequence DROP CONSTRAINT pk_inbox_sequence,
  ADD CONSTRAINT pk_inbox_sequence PRIMARY KEY (source, sender, node, first_no);
"""


def upgrade() -> None:
    for table in DOCUMENTS:
        op.execute(MARKS.format(table=table))
    for part in (INFOBASE, IDENTITY, CARD_CODE, HEIR, SEQUENCE):
        op.execute(part)


def downgrade() -> None:
    op.execute(
        "ALTER TABLE inbox_sequence DROP CONSTRAINT pk_inbox_sequence;"
        " DELETE FROM inbox_sequence WHERE node <> '';"
        " ALTER TABLE inbox_sequence DROP COLUMN node,"
        " ADD CONSTRAINT pk_inbox_sequence PRIMARY KEY (source, sender, first_no)"
    )
    op.execute("ALTER TABLE ledger_account DROP COLUMN heir_id")
    op.execute("DROP INDEX uq_patient_card_code")
    op.execute("ALTER TABLE patient ADD CONSTRAINT uq_patient_card_code UNIQUE (card_code)")
    op.execute("ALTER TABLE external_identity DROP COLUMN merged_into_ref")
    op.execute("ALTER TABLE infobase DROP COLUMN numbering")
    for table in DOCUMENTS:
        op.execute(f"ALTER TABLE {table} DROP COLUMN marks")
