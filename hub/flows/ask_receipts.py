"""Texts were taken; did they arrive? The gateway is asked, patiently, and the delivery tells operators."""

from concurrent.futures import ThreadPoolExecutor

from hub.contracts.parties import Destination
from hub.db.transaction import transaction
from hub.flows.senders import sender_of
from hub.outbox.receipts import claim_awaited, record_receipts

_ASKED_TOGETHER = 8


def ask_receipts(destination: Destination) -> dict[str, int]:
    """Ask for what is due; counts of asked, told and news. Doubled or missed, it changes nothing."""
    sender = sender_of(destination)
    with transaction() as session:
        awaited = claim_awaited(session, destination)
    with ThreadPoolExecutor(_ASKED_TOGETHER, thread_name_prefix="receipt") as pool:
        answers = pool.map(lambda one: sender.ask_receipt(one.message, key=one.public_id), awaited)
        told = [
            (one.public_id, receipt)
            for one, receipt in zip(awaited, answers, strict=True)
            if receipt is not None
        ]
    with transaction() as session:
        news = record_receipts(session, destination, told)
    return {"asked": len(awaited), "told": len(told), "news": news}
