"""A letter is well-formed MIME whatever words it is given, and nobody adds a header to it."""

import email
import re
import uuid
from email.message import EmailMessage
from email.policy import SMTP, default
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.contracts.messages import Enclosure, SendEmail
from hub.integrations.email.composing import (
    ComposedLetter,
    LetterError,
    Mailbox,
    check_address,
    compose,
    read_mailbox,
)

KEY = uuid.UUID("01a20851-b859-7fb4-be26-04d00617ecf4")
OURS = Mailbox("hub@hub.example", "Моя ❤ скидка")
HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"),
}
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def letter(**fields: object) -> SendEmail:
    facts = {"to": "ivanova@example.ru", "subject": "Чек", "text": "Текст", "html": "<p>Текст</p>", **fields}
    return SendEmail(**facts)  # type: ignore[arg-type]


def made(**fields: object) -> ComposedLetter:
    return compose(letter(**fields), key=KEY, sender=OURS)


def read(composed: ComposedLetter) -> EmailMessage:
    """What the receiving end has after taking the dots away."""
    assert composed.content.endswith(b"\r\n.\r\n")
    content = re.sub(rb"^\.", b"", composed.content[: -len(b".\r\n")], flags=re.MULTILINE)
    return email.message_from_bytes(content, policy=default)


@given(ANY, ANY)
def test_no_words_break_out_of_a_letter(subject: str, text: str) -> None:
    composed = made(subject=subject, text=text)
    lines = composed.content.split(b"\r\n")
    assert lines.index(b".") == len(lines) - 2
    assert all(b"\n" not in line and b"\r" not in line and len(line) <= 998 for line in lines)
    assert composed.content.isascii()
    message = read(composed)
    assert set(message.keys()) == HEADERS
    assert message["To"] == "ivanova@example.ru"
    shown = message.get_body(("plain",))
    assert shown is not None
    assert shown.get_content().split() == text.split()


def test_the_message_id_is_the_keys_on_every_attempt_and_at_every_hour() -> None:
    first, second = made(), made(subject="Другая тема")
    assert first.message_id == second.message_id == f"{KEY}@hub.example"
    assert read(first)["Message-ID"] == f"<{KEY}@hub.example>"


def test_a_long_address_to_unsubscribe_stays_whole() -> None:
    url = "https://hub.example/u/" + quote("я" * 120) + "?a=1&b=2"
    composed = made(unsubscribe_url=url)
    assert f"List-Unsubscribe: <{url}>\r\n".encode() in composed.content
    assert read(composed)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_letter_that_nobody_can_opt_out_of_says_nothing_of_it() -> None:
    assert b"List-Unsubscribe" not in made().content


def test_pictures_belong_to_the_html_and_files_to_the_whole() -> None:
    enclosures = (
        Enclosure("Чек.pdf", "application/pdf", b"%PDF"),
        Enclosure("qr.png", "image/png", b"picture", "qr@hub"),
    )
    message = read(made(enclosures=enclosures))
    assert [part.get_content_type() for part in message.walk()] == [
        *("multipart/mixed", "multipart/alternative", "text/plain"),
        *("multipart/related", "text/html", "image/png", "application/pdf"),
    ]
    [file] = message.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("Чек.pdf", b"%PDF")
    [picture] = [part for part in message.walk() if part["Content-ID"] == "<qr@hub>"]
    assert picture.get_content_disposition() == "inline"


def test_answers_go_where_they_should() -> None:
    composed = compose(letter(), key=KEY, sender=OURS, reply_to=Mailbox("desk@hub.example"))
    assert read(composed)["Reply-To"] == "desk@hub.example"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"to": "a@b.ru\r\nBcc: c@d.ru"}, "address-malformed"),
        ({"unsubscribe_url": "javascript:alert(1)"}, "unsubscribe-malformed"),
        ({"unsubscribe_url": "https://a/>\r\nBcc: c@d.ru"}, "unsubscribe-malformed"),
        ({"unsubscribe_url": "https://a/" + "x" * 900}, "unsubscribe-malformed"),
        ({"enclosures": (Enclosure("x", "image/png\r\nX: y", b""),)}, "enclosure-malformed"),
        ({"enclosures": (Enclosure("x", "message/rfc822", b""),)}, "enclosure-malformed"),
        ({"enclosures": (Enclosure("x", "image/png", b"", "a>\r\nX: y"),)}, "enclosure-malformed"),
    ],
)
def test_what_cannot_be_a_letter_is_refused_without_its_words(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(LetterError, match=f"^{reason}$"):
        made(**fields)


def test_a_file_name_adds_no_header() -> None:
    message = read(made(enclosures=(Enclosure('a"\r\nX-Evil: 1.pdf', "application/pdf", b"%PDF"),)))
    [file] = message.iter_attachments()
    assert "X-Evil" not in file


@pytest.mark.parametrize(
    ("given", "wire"),
    [
        ("Мария@Почта.РФ", "Мария@xn--80a1acny.xn--p1ai"),
        (" a.b+c@example.ru ", "a.b+c@example.ru"),
        ("o'neil@example.ru", "o'neil@example.ru"),
    ],
)
def test_an_address_keeps_its_name_and_its_domain_becomes_ascii(given: str, wire: str) -> None:
    assert check_address(given).lower() == wire.lower()


def test_our_own_mailbox_may_have_a_name() -> None:
    assert read_mailbox("Моя ❤ скидка <hub@hub.example>") == OURS
    assert read_mailbox("hub@hub.example") == Mailbox("hub@hub.example")
    with pytest.raises(LetterError):
        read_mailbox("Моя скидка")


def test_a_letter_to_a_name_beyond_ascii_needs_a_server_that_can() -> None:
    composed = made(to="мария@example.ru")
    assert composed.needs_utf8
    content = composed.content.replace(b"\r\n..", b"\r\n.")
    assert email.message_from_bytes(content, policy=SMTP.clone(utf8=True))["To"] == "мария@example.ru"
    assert not made().needs_utf8
