"""How a patient is told: wishes in the cabinet, and the one click of a letter (RFC 8058)."""

from datetime import time
from typing import Annotated
from uuid import UUID

from fastapi import Response
from fastapi.responses import HTMLResponse
from pydantic import Field

from api.access import LOOK_UP, SIGNED_IN, CallerHere, Door
from api.callers import Caller, UnauthenticatedError
from api.languages import prefers_english
from api.pages import fill_page
from api.wire import AcceptLanguage, Asked, GivenId, Told
from hub.db.transaction import transaction
from hub.domain.notifications.catalogue import NoticeClass
from hub.domain.notifications.preferences import Language, Preferences, read_unsubscribe_token
from hub.domain.notifications.rules import QuietHours
from hub.flows.notify_wishes import Wishes, change_wishes, read_wishes, unsubscribe
from hub.kernel.phone import mask_phone
from hub.outbox.sealing import mask_email

door = Door("/api", tag="me")
Minute = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["21:00"])]
"""A time of the day by the clinic's clock."""
_PAGES = {
    False: (
        "Отписка",
        "Больше не присылать такие письма?",
        "Отписаться",
        "Готово: таких писем больше не будет.",
        "Вернуть их можно в кабинете, в настройках уведомлений.",
    ),
    True: (
        "Unsubscribe",
        "Send you no more letters of this kind?",
        "Unsubscribe",
        "Done: no more letters of this kind.",
        "You can have them back in your account, under notifications.",
    ),
}
_LETTERS = {
    (NoticeClass.SERVICE, False): "Письма о вашем счёте: начисления, списания, сроки.",
    (NoticeClass.SERVICE, True): "Letters about your account: what was accrued, spent, what expires.",
    (NoticeClass.MARKETING, False): "Новости и предложения программы.",
    (NoticeClass.MARKETING, True): "News and offers of the programme.",
}


class QuietWire(Asked):
    """From when until when no texts come; may reach over midnight."""

    from_time: Minute = Field(alias="from")
    until_time: Minute = Field(alias="until")


class ChannelsWire(Asked):
    """Which channels may be used."""

    sms: bool
    email: bool


class WishesChange(Asked):
    """What the patient wants, whole. `quiet_hours` null: at any hour."""

    language: Language = Field(strict=False)
    service: ChannelsWire
    marketing: ChannelsWire
    quiet_hours: QuietWire | None


class WishesWire(Told):
    """What the patient wants, and what it meets.

    Marketing is sent only with `marketing_consent` (`/api/me/consents`). Quiet hours go by `timezone`, that
    of the clinic where the patient was last. An address that is null is not known.
    """

    language: Language
    service: ChannelsWire
    marketing: ChannelsWire
    marketing_consent: bool
    quiet_hours: QuietWire | None
    timezone: str
    phone_masked: str | None
    email_masked: str | None


@door.get("/me/notifications", SIGNED_IN)
def get_notifications(caller: CallerHere) -> WishesWire:
    """Show how the patient is told."""
    with transaction() as session:
        return _write(read_wishes(session, _patient(caller)))


@door.put("/me/notifications", SIGNED_IN)
def change_notifications(change: WishesChange, caller: CallerHere) -> WishesWire:
    """Choose how to be told; what is told from now on follows."""
    with transaction() as session:
        return _write(change_wishes(session, _patient(caller), _read(change), actor=caller.actor))


@door.get("/notifications/unsubscribe/{given_id}", LOOK_UP, response_class=HTMLResponse)
def show_unsubscribe(given_id: GivenId, accept_language: AcceptLanguage = "") -> Response:
    """Ask before anything is switched off: programs that look at letters follow links too."""
    _, notice_class = read_unsubscribe_token(given_id)
    english = prefers_english(accept_language)
    title, question, label, _, _ = _PAGES[english]
    more = _LETTERS[notice_class, english]
    return _page("unsubscribe.html", english, title=title, lead=question, more=more, label=label)


@door.post("/notifications/unsubscribe/{given_id}", LOOK_UP, takes_json=False, response_class=HTMLResponse)
def unsubscribe_by_click(given_id: GivenId, accept_language: AcceptLanguage = "") -> Response:
    """Switch such letters off: by the page's button, or by the mail program itself (RFC 8058)."""
    with transaction() as session:
        unsubscribe(session, given_id)
    english = prefers_english(accept_language)
    title, _, _, done, back = _PAGES[english]
    return _page("unsubscribed.html", english, title=title, lead=done, more=back)


def _page(name: str, english: bool, **values: str) -> HTMLResponse:  # noqa: FBT001  # a language of two
    return HTMLResponse(fill_page(name, {"language": "en" if english else "ru", **values}))


def _patient(caller: Caller) -> UUID:
    if caller.user_id is None:
        raise UnauthenticatedError
    return caller.user_id


def _read(change: WishesChange) -> Preferences:
    quiet = change.quiet_hours
    return Preferences(
        language=change.language,
        service_sms=change.service.sms,
        service_email=change.service.email,
        marketing_sms=change.marketing.sms,
        marketing_email=change.marketing.email,
        quiet=QuietHours(time.fromisoformat(quiet.from_time), time.fromisoformat(quiet.until_time))
        if quiet
        else None,
    )


def _write(wishes: Wishes) -> WishesWire:
    chosen, contact = wishes.chosen, wishes.contact
    quiet = None
    if chosen.quiet is not None:
        quiet = QuietWire.model_validate(
            {"from": f"{chosen.quiet.from_time:%H:%M}", "until": f"{chosen.quiet.until_time:%H:%M}"}
        )
    return WishesWire(
        language=chosen.language,
        service=ChannelsWire(sms=chosen.service_sms, email=chosen.service_email),
        marketing=ChannelsWire(sms=chosen.marketing_sms, email=chosen.marketing_email),
        marketing_consent=wishes.has_marketing_consent,
        quiet_hours=quiet,
        timezone=wishes.zone,
        phone_masked=mask_phone(contact.phone) if contact.phone else None,
        email_masked=mask_email(contact.email) if contact.email else None,
    )
