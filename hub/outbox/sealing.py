"""Messages at rest: sealed with their delivery's id, so that rows cannot be swapped; shown masked."""

import re
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from hub.contracts.messages import Message, SendEmail, SendSms
from hub.contracts.parties import Destination
from hub.kernel.crypto import SealBrokenError
from hub.kernel.phone import mask_phone
from hub.kernel.settings import vault

_ADAPTERS: dict[Destination, TypeAdapter[Any]] = {
    Destination.SMS: TypeAdapter(SendSms),
    Destination.EMAIL: TypeAdapter(SendEmail),
}
_CODE = re.compile(r"\b\d{4,8}\b|\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b")


def seal(message: Message, *, public_id: UUID, destination: Destination) -> bytes:
    """Make the row's bytes."""
    return vault().seal(_ADAPTERS[destination].dump_json(message), context=delivery_context(public_id))


def unseal(sealed: bytes, *, public_id: UUID, destination: Destination) -> Message:
    """Read the row's bytes. Raises: SealBrokenError when the key is gone or the row was damaged."""
    content = vault().open(sealed, context=delivery_context(public_id))
    try:
        message: Message = _ADAPTERS[destination].validate_json(content)
    except ValidationError as error:
        raise SealBrokenError from error
    return message


def recipient_of(message: Message) -> str:
    """Give the address that the message goes to, as it is looked up by."""
    return message.phone if isinstance(message, SendSms) else message.to.casefold()


def masked(message: Message) -> dict[str, str]:
    """Show what an operator may see: whom by the last digits or the first letter, words without codes."""
    if isinstance(message, SendSms):
        return {"to": mask_phone(message.phone), "text": _CODE.sub("••••", message.text)}
    shown = {"to": mask_email(message.to), "subject": _CODE.sub("••••", message.subject)}
    return shown | {"text": _CODE.sub("••••", message.text)}


def unmasked(message: Message) -> dict[str, str]:
    """Show a message as it is; the caller audits the look."""
    if isinstance(message, SendSms):
        return {"to": message.phone, "text": message.text}
    return {"to": message.to, "subject": message.subject, "text": message.text, "html": message.html}


def mask_email(address: str) -> str:
    """ivanova@example.ru → i•••@example.ru."""
    name, _, host = address.partition("@")
    return f"{name[:1]}•••@{host}"


def delivery_context(public_id: UUID) -> str:
    """Bind a sealed message to its delivery."""
    return f"outbox_delivery:{public_id}"
