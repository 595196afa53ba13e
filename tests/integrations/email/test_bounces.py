"""Notifications of real servers' shapes, told from all else that lands in the box."""

import uuid
from textwrap import dedent

import pytest

from hub.integrations.email.bounces import read_bounce

KEY = uuid.UUID("01a20851-b859-7fb4-be26-04d00617ecf4")
STATUS = """\
Reporting-MTA: dns; mx.example.ru

Final-Recipient: rfc822; nobody@example.ru
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such user
"""
HEADERS = f"From: hub@hub.example\nTo: nobody@example.ru\nMessage-ID: <{KEY}@hub.example>\nSubject: x\n"


def notification(
    *,
    status: str = STATUS,
    returned: str = HEADERS,
    kind: str = "text/rfc822-headers",
    top: str = 'multipart/report; report-type=delivery-status; boundary="b"',
) -> bytes:
    head = f"From: MAILER-DAEMON@example.ru\nSubject: Undelivered\nContent-Type: {top}\n\n"
    parts = [
        "Content-Type: text/plain\n\nSorry.\n",
        f"Content-Type: message/delivery-status\n\n{status}",
        f"Content-Type: {kind}\n\n{returned}",
    ]
    return (head + "".join(f"--b\n{part}\n" for part in parts) + "--b--\n").encode()


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822", "message/rfc822-headers"])
def test_a_failed_letter_is_known_by_its_message_id(kind: str, line_end: bytes) -> None:
    content = notification(kind=kind, returned=HEADERS + "\nТекст письма\n").replace(b"\n", line_end)
    bounce = read_bounce(content)
    if kind == "message/rfc822-headers":
        assert bounce is None
    else:
        assert bounce == (KEY, "bounce 5.1.1")


def test_the_first_recipient_that_failed_names_the_reason() -> None:
    status = dedent("""\
        Reporting-MTA: dns; mx.example.ru

        Final-Recipient: rfc822; a@example.ru
        Action: delivered
        Status: 2.0.0

        Final-Recipient: rfc822; b@example.ru
        Action: Failed
        Status: 4.4.7 (expired)
    """)
    assert read_bounce(notification(status=status)) == (KEY, "bounce 4.4.7")


def test_a_failure_without_a_status_is_still_one() -> None:
    status = STATUS.replace("Status: 5.1.1\n", "")
    assert read_bounce(notification(status=status)) == (KEY, "bounce 5.0.0")


def test_a_letter_cut_off_in_its_middle_is_still_known() -> None:
    content = notification(kind="message/rfc822", returned=HEADERS + "\n" + "x" * 5_000)
    assert read_bounce(content[:-4_900]) == (KEY, "bounce 5.1.1")


@pytest.mark.parametrize(
    "content",
    [
        notification(status=STATUS.replace("failed", "delayed")),
        notification(status=STATUS.replace("failed", "delivered")),
        notification(returned="Message-ID: <other@example.ru>\n"),
        notification(returned="Subject: x\n"),
        notification(top='multipart/report; report-type=disposition-notification; boundary="b"'),
        notification(top='multipart/mixed; boundary="b"'),
        b"From: ivanova@example.ru\nSubject: Re: " + b"\xd0\xa7" + b"\n\nThanks " + str(KEY).encode(),
        b"",
        b"\x00\xff" * 100,
    ],
)
def test_whatever_else_lies_in_the_box_means_nothing(content: bytes) -> None:
    assert read_bounce(content) is None
