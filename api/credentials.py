"""Services' credentials in memory, so that the intake door asks no database.

A thread reloads them every five seconds: a revoked secret lives that long. While they have never been
loaded (the database is down at start) services are told to come back, not that they are unknown.
"""

import threading
from collections.abc import Mapping

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.db.transaction import transaction
from hub.domain.staff.queries import ServiceCredential, list_credentials
from hub.kernel.crypto import SealBrokenError
from hub.kernel.errors import BusyError

_RELOAD_EVERY_S = 5.0
log = structlog.get_logger()


class Credentials:
    """The credentials that are valid now; one per API process."""

    def __init__(self) -> None:
        self._by_login: Mapping[str, ServiceCredential] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="credentials", daemon=True)

    def start(self) -> None:
        """Load once, then keep loading."""
        self.reload()
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        self._thread.join()

    def reload(self) -> bool:
        """Load anew; the former ones stay when that fails."""
        try:
            with transaction() as session:
                loaded = list_credentials(session)
        except (BusyError, SQLAlchemyError, SealBrokenError) as error:
            log.warning("credentials_not_loaded", error_class=type(error).__name__)
            return False
        self._by_login = {credential.login: credential for credential in loaded}
        return True

    def find_by_login(self, login: str, secret: str) -> ServiceCredential | None:
        """Find the service of this login and secret. Raises: BusyError before the first load."""
        credential = self._known().get(login)
        return credential if credential is not None and credential.accepts(secret) else None

    def find_by_secret(self, secret: str) -> ServiceCredential | None:
        """Find whose secret this is; all are compared. Raises: BusyError before the first load."""
        fitting = [credential for credential in self._known().values() if credential.accepts(secret)]
        return fitting[0] if fitting else None

    def _known(self) -> Mapping[str, ServiceCredential]:
        if self._by_login is None:
            raise BusyError(resource="credentials")
        return self._by_login

    def _run(self) -> None:
        while not self._stopping.wait(_RELOAD_EVERY_S):
            self.reload()
