"""Who of the staff is whom on the Bitrix24 portal."""

from alembic import op

revision = "portal_0001"
down_revision = "notices_0002"
branch_labels = None
depends_on = None

IDENTITY = """
CREATE TABLE portal_identity (
  member_id text NOT NULL,
  portal_user_id bigint NOT NULL,
  staff_id uuid,
  seen_at timestamptz,
  dismissed_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_portal_identity PRIMARY KEY (member_id, portal_user_id),
  CONSTRAINT fk_portal_identity_staff_id FOREIGN KEY (staff_id) REFERENCES staff (id),
  CONSTRAINT ck_portal_identity_portal_user_id CHECK (portal_user_id > 0),
  CONSTRAINT ck_portal_identity_dismissed CHECK (dismissed_at IS NULL OR staff_id IS NOT NULL)
);
CREATE UNIQUE INDEX uq_portal_identity_staff ON portal_identity (staff_id, member_id);
GRANT SELECT, INSERT, UPDATE ON portal_identity TO hub_app;
"""


def upgrade() -> None:
    op.execute(IDENTITY)


def downgrade() -> None:
    op.execute("DROP TABLE portal_identity")
