"""Signed-in devices: families of refresh tokens."""

from alembic import op

revision = "devices_0001"
down_revision = "deliveries_0001"
branch_labels = None
depends_on = None

DEVICES = """
CREATE TABLE device (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  owner text NOT NULL,
  label text NOT NULL,
  network text NOT NULL,
  created_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  revoked_because text,
  CONSTRAINT pk_device PRIMARY KEY (id),
  CONSTRAINT ck_device_owner CHECK (owner IN ('patient', 'staff')),
  CONSTRAINT ck_device_revoked CHECK ((revoked_at IS NULL) = (revoked_because IS NULL))
);
CREATE INDEX ix_device_user_id ON device (user_id, id);
CREATE TABLE refresh_token (
  token_hash bytea NOT NULL,
  device_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  CONSTRAINT pk_refresh_token PRIMARY KEY (token_hash),
  CONSTRAINT fk_refresh_token_device_id FOREIGN KEY (device_id) REFERENCES device (id) ON DELETE CASCADE
);
CREATE INDEX ix_refresh_token_device_id ON refresh_token (device_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON device, refresh_token TO hub_app;
"""


def upgrade() -> None:
    op.execute(DEVICES)


def downgrade() -> None:
    op.execute("DROP TABLE refresh_token, device")
