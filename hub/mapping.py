"""Imports every models.py once, so that Alembic sees the whole schema."""

from hub.audit import models as audit
from hub.db.base import Base
from hub.domain.approvals import models as approvals
from hub.domain.clinics import models as clinics
from hub.domain.devices import models as devices
from hub.domain.ledger import models as ledger
from hub.domain.loyalty import models as loyalty
from hub.domain.notifications import models as notifications
from hub.domain.patients import models as patients
from hub.domain.staff import models as staff
from hub.domain.visits import models as visits
from hub.health import models as health
from hub.idempotency import models as idempotency
from hub.inbox import models as inbox
from hub.outbox import models as outbox

metadata = Base.metadata
ROOMS = (
    approvals,
    audit,
    clinics,
    devices,
    health,
    idempotency,
    inbox,
    ledger,
    loyalty,
    notifications,
    outbox,
    patients,
    staff,
    visits,
)
