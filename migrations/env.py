"""Run migrations as the owner, one runner at a time, with timeouts that protect a live system."""

import os

from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from hub.db.locks import lock_key
from hub.mapping import metadata

_LOCK_TIMEOUT = "4s"
_STATEMENT_TIMEOUT = "60s"


def run() -> None:
    """Take the advisory lock, then migrate; a second runner waits and finds nothing to do."""
    url = os.environ.get("HUB_DATABASE_OWNER_URL") or os.environ["HUB_DATABASE_URL"]
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": lock_key("migrations")})
        connection.execute(text(f"SET lock_timeout = '{_LOCK_TIMEOUT}'"))
        connection.execute(text(f"SET statement_timeout = '{_STATEMENT_TIMEOUT}'"))
        connection.commit()
        context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
