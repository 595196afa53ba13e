"""Failed notices: found at once, however many were told."""

from alembic import op

revision = "notices_0002"
down_revision = "totp_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_notice_failed ON notice (id) WHERE state = 'failed'")


def downgrade() -> None:
    op.execute("DROP INDEX ix_notice_failed")
