"""Offers that nobody took are forgotten: each holds the sealed phone of somebody who is no patient."""

from alembic import op

revision = "enrolment_0002"
down_revision = "portal_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("GRANT DELETE ON enrolment TO hub_app")


def downgrade() -> None:
    op.execute("REVOKE DELETE ON enrolment FROM hub_app")
