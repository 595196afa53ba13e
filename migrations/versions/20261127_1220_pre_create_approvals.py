"""Approvals: what one person asks for and another one decides."""

from alembic import op

revision = "approvals_0001"
down_revision = "enrolment_0001"
branch_labels = None
depends_on = None

APPROVAL = """
CREATE TABLE approval (
  id uuid NOT NULL,
  kind text NOT NULL,
  object_type text NOT NULL,
  object_id text NOT NULL,
  payload jsonb NOT NULL,
  reason bytea NOT NULL,
  permission text NOT NULL,
  requester text NOT NULL,
  beneficiary text,
  state text NOT NULL,
  decider text,
  requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  closed_at timestamptz,
  CONSTRAINT pk_approval PRIMARY KEY (id),
  CONSTRAINT ck_approval_state CHECK (state IN ('pending', 'approved', 'rejected', 'expired')),
  CONSTRAINT ck_approval_closed CHECK ((state = 'pending') = (closed_at IS NULL)),
  CONSTRAINT ck_approval_decider CHECK ((state IN ('approved', 'rejected')) = (decider IS NOT NULL)),
  CONSTRAINT ck_approval_own CHECK (requester IS DISTINCT FROM beneficiary
    AND decider IS DISTINCT FROM requester AND (decider IS NULL OR decider IS DISTINCT FROM beneficiary))
);
CREATE UNIQUE INDEX uq_approval_pending ON approval (kind, object_type, object_id) WHERE state = 'pending';
CREATE INDEX ix_approval_expiry ON approval (expires_at) WHERE state = 'pending';
CREATE INDEX ix_approval_state ON approval (state, id);
GRANT SELECT, INSERT ON approval TO hub_app;
GRANT UPDATE (state, decider, closed_at) ON approval TO hub_app;
"""


def upgrade() -> None:
    op.execute(APPROVAL)


def downgrade() -> None:
    op.execute("DROP TABLE approval")
