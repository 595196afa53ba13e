"""Letters come back: the box is read, what did not arrive is noted on its delivery, the box is cleared.

Read and cleared around the commit: a worker that dies between tells the same again, which is no news.
"""

import structlog

from hub.contracts.parties import Destination
from hub.contracts.ports import ToldReceipt
from hub.db.transaction import transaction
from hub.integrations.email.box import BoxUnreachableError, visiting
from hub.integrations.email.line import read_server
from hub.kernel.settings import settings
from hub.outbox.receipts import record_receipts

log = structlog.get_logger()


def take_bounces() -> dict[str, int]:
    """Visit the box, if there is one; counts of notifications, of those that were news, of letters cleared.

    A box that does not answer is logged, and visited again next time.
    """
    url = settings().mail_bounces_url
    if url is None:
        return {}
    try:
        with visiting(read_server(url.get_secret_value())) as box:
            told = [
                (bounce.key, ToldReceipt(has_arrived=False, reason=bounce.reason)) for bounce in box.read()
            ]
            with transaction() as session:
                failed = record_receipts(session, Destination.EMAIL, told)
            return {"bounces": len(told), "failed": failed, "cleared": box.forget()}
    except BoxUnreachableError as error:
        log.warning("bounce_box_unreachable", reason=str(error))
        return {"unreachable": 1}
