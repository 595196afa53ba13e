"""A service's credential may be bound to networks."""

from alembic import op

revision = "networks_0001"
down_revision = "enrolment_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE service_credential ADD COLUMN networks text[] NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    op.execute("ALTER TABLE service_credential DROP COLUMN networks")
