"""Rendering a letter: one hand-made layout, every value escaped, a text twin without a word less.

The layout is made of tables with styles on each element, because mail programs know little else; it
fits a phone, bears a dark mode, and shows nothing from the network.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

Language = Literal["ru", "en"]
_LAYOUT = Path(__file__).parent / "layout.html"
_SENDER = {"ru": "Моя ❤ скидка", "en": "My ❤ discount"}
_UNSUBSCRIBE = {"ru": "Отписаться от таких писем", "en": "Unsubscribe from such letters"}
_PREVIEW_LENGTH_MAX = 140
_CONTENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:@[A-Za-z0-9.-]+)?")
_P = '<p class="words" style="margin:0 0 14px;font-size:16px;line-height:24px;color:#1b1f23">{}</p>'
_QUIET = '<p class="quiet" style="margin:0 0 8px;font-size:13px;line-height:19px;color:#5c6670">{}</p>'
_QUIET_LINK = '<a href="{}" style="color:#5c6670;text-decoration:underline">{}</a>'
_BUTTON = (
    '<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:22px 0 8px">'
    '<tr><td style="border-radius:8px;background:#b3123f">'
    '<a href="{}" style="display:inline-block;padding:13px 26px;border-radius:8px;font-size:16px;'
    'line-height:22px;font-weight:600;color:#ffffff;text-decoration:none">{}</a></td></tr></table>'
)
_PICTURE = (
    '<p style="margin:22px 0 14px"><img class="picture" src="cid:{}" alt="{}" width="{}"'
    ' style="display:block;max-width:100%;height:auto;padding:8px;background:#ffffff;border:0"></p>'
)


@dataclass(frozen=True, slots=True)
class Button:
    """The one thing that a letter asks for."""

    label: str
    url: str
    """http or https."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An enclosure that is shown in the letter, found by its `content_id`."""

    content_id: str
    alt: str
    """What the picture says, for those who do not see it; stands in the text."""
    width: int = 240


class Letter(NamedTuple):
    """The same said twice."""

    text: str
    html: str


def render_letter(
    subject: str,
    heading: str,
    paragraphs: Sequence[str],
    *,
    button: Button | None = None,
    picture: Picture | None = None,
    footer: str = "",
    unsubscribe_url: str = "",
    language: Language = "ru",
) -> Letter:
    """Render plain words, never markup; a line break in a paragraph stays one.

    Raises: ValueError for an address that is not http(s) and for a content id that is none.
    """
    for url in filter(None, (button.url if button else "", unsubscribe_url)):
        _check_url(url)
    if picture is not None and not _CONTENT_ID.fullmatch(picture.content_id):
        raise ValueError("not a content id")
    body = [_P.format(_html(paragraph)) for paragraph in paragraphs]
    if picture is not None:
        body.append(_PICTURE.format(_html(picture.content_id), _html(picture.alt), int(picture.width)))
    if button is not None:
        body.append(_BUTTON.format(_html(button.url), _html(button.label)))
    closing = [_QUIET.format(_html(footer))] if footer else []
    if unsubscribe_url:
        link = _QUIET_LINK.format(_html(unsubscribe_url), _html(_UNSUBSCRIBE[language]))
        closing.append(_QUIET.format(link))
    html = _layout().substitute(
        language=language,
        subject=_html(subject),
        preview=_html(" ".join(paragraphs)[:_PREVIEW_LENGTH_MAX]),
        sender=_html(_SENDER[language]),
        heading=_html(heading),
        body="\n".join(body),
        footer="\n".join(closing),
    )
    parts = [heading, *paragraphs, picture.alt if picture else "", _line(button)]
    signature = [_SENDER[language], footer]
    if unsubscribe_url:
        signature.append(f"{_UNSUBSCRIBE[language]}: {unsubscribe_url}")
    # "-- " parts the signature from the letter wherever text is read.
    text = "\n\n".join(filter(None, parts)) + "\n\n-- \n" + "\n".join(filter(None, signature)) + "\n"
    return Letter(text, html)


@cache
def _layout() -> Template:
    return Template(_LAYOUT.read_text(encoding="utf-8"))


def _html(words: str) -> str:
    return escape(words, quote=True).replace("\r\n", "\n").replace("\n", "<br>")


def _line(button: Button | None) -> str:
    return f"{button.label}: {button.url}" if button else ""


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    has_blank = any(sign.isspace() or not sign.isprintable() for sign in url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or has_blank:
        raise ValueError("not an http(s) address")
