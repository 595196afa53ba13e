"""A real mail server's answers and faults: taken, refused, later, too fast, or nobody knows."""

import contextlib
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.contracts.messages import Enclosure, SendEmail, SendOutcome
from hub.db.transaction import NetworkInTransactionError, transaction
from hub.integrations.email import line as lines
from hub.integrations.email import sender as sending_letters
from hub.integrations.email.line import read_server
from hub.integrations.email.sender import EmailSender, read_answer
from hub.letters.rendering import render_letter
from tests.conftest import Servers
from tests.sandbox.mail_stranger import OURS, MailStranger, drawn_address, sending
from tools.stack.ports import pick_free


def letter(to: str, **fields: object) -> SendEmail:
    text, html = render_letter("Чек", "Начислено 105 баллов", ["Спасибо за визит."])
    facts = {"to": to, "subject": "Чек", "text": text, "html": html, **fields}
    return SendEmail(**facts)  # type: ignore[arg-type]


def send(mail: MailStranger, to: str, **changes: object) -> SendOutcome:
    with sending(mail, **changes) as sender:
        return sender.send(letter(to), key=uuid.uuid4())


def test_a_letter_arrives_whole_under_the_message_id_of_its_key(mail: MailStranger) -> None:
    to, key = drawn_address(), uuid.uuid4()
    enclosures = (
        Enclosure("qr.png", "image/png", b"\x89PNG picture", "qr@hub"),
        Enclosure("Сертификат.pdf", "application/pdf", b"%PDF-1.7\n.\r\n.."),
    )
    sent = letter(
        to, enclosures=enclosures, text=".точка\n\n..две\n", unsubscribe_url="https://hub.example/u/1"
    )
    with sending(mail) as sender:
        outcome = sender.send(sent, key=key)
    assert outcome == SendOutcome("accepted", reference=f"{key}@hub.example")
    [got] = mail.letters(to)
    assert (got["to"], got["from"], got["subject"]) == (to, "Моя ❤ скидка <hub@hub.example>", "Чек")
    assert got["message_id"] == f"{key}@hub.example"
    assert got["text"].replace("\r\n", "\n") == ".точка\n\n..две\n"
    assert [(part["name"], part["content_id"]) for part in got["parts"]] == [
        ("qr.png", "qr@hub"),
        ("Сертификат.pdf", ""),
    ]
    pdf = mail.http.get(f"/messages/{got['id']}/parts/1")
    assert pdf.content == b"%PDF-1.7\n.\r\n.."
    whole = mail.http.get(f"/messages/{got['id']}").json()
    assert whole["html"].replace("\r\n", "\n") == sent.html
    assert whole["headers"]["List-Unsubscribe"] == "<https://hub.example/u/1>"
    assert whole["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert whole["headers"]["Auto-Submitted"] == "auto-generated"


def test_one_connection_carries_many_letters_even_after_a_refusal(mail: MailStranger) -> None:
    mail.fault("reject", pattern="nobody")
    before = mail.sessions()
    with sending(mail) as sender:
        states = [
            sender.send(letter(to), key=uuid.uuid4()).state
            for to in (drawn_address(), "nobody@example.ru", drawn_address(), "also nobody@example.ru")
        ]
    assert states == ["accepted", "refused", "accepted", "refused"]
    assert mail.sessions() == before + 1


def test_an_idle_connection_that_the_server_dropped_is_opened_anew(
    mail: MailStranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = mail.sessions()
    with sending(mail) as sender:
        assert sender.send(letter(drawn_address()), key=uuid.uuid4()).state == "accepted"
        [idle] = sender._lines._idle
        assert idle.sock is not None
        with contextlib.suppress(OSError):
            idle.sock.shutdown(2)
        assert sender.send(letter(drawn_address()), key=uuid.uuid4()).state == "accepted"
        assert mail.sessions() == before + 2
        monkeypatch.setattr(lines, "IDLE_S_MAX", -1.0)
        assert sender.send(letter(drawn_address()), key=uuid.uuid4()).state == "accepted"
        assert mail.sessions() == before + 3


def test_a_connection_ends_after_its_share_of_letters(
    mail: MailStranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "LETTERS_MAX", 2)
    before = mail.sessions()
    with sending(mail) as sender:
        for _ in range(5):
            assert sender.send(letter(drawn_address()), key=uuid.uuid4()).state == "accepted"
    assert mail.sessions() == before + 3


def test_letters_of_many_threads_do_not_mix(mail: MailStranger) -> None:
    before = mail.sessions()
    addresses = [drawn_address() for _ in range(60)]
    with sending(mail) as sender, ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda to: sender.send(letter(to, text=to), key=uuid.uuid4()), addresses))
    assert {outcome.state for outcome in outcomes} == {"accepted"}
    for to in addresses:
        assert [got["text"].strip() for got in mail.letters(to)] == [to]
    assert mail.sessions() - before <= 6


@pytest.mark.parametrize(
    ("mode", "state", "reason"),
    [
        ("greylist", "unreachable", "smtp 451 4.7.1"),
        ("reject", "refused", "smtp 550 5.1.1"),
        ("spam", "refused", "smtp 554 5.7.1"),
        ("busy", "throttled", "smtp 421 4.3.2"),
        ("auth", "unreachable", "smtp 535 5.7.8"),
        ("down", "unreachable", "SMTPServerDisconnected"),
        ("lost-answer", "uncertain", "SMTPServerDisconnected"),
    ],
)
def test_a_fault_has_one_meaning_and_no_address_in_its_reason(
    mail: MailStranger, mode: str, state: str, reason: str
) -> None:
    mail.fault(mode, count=1)
    to = drawn_address()
    outcome = send(mail, to)
    assert (outcome.state, outcome.reason) == (state, reason)
    assert len(mail.letters(to)) == int(state == "uncertain")
    assert send(mail, to).state == "accepted"


def test_a_server_that_is_slow_beyond_the_deadline_leaves_it_uncertain(
    mail: MailStranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail.fault("slow", count=1, delay_s=5)
    monkeypatch.setattr(sending_letters, "TIMEOUT_S", 0.4)
    began_s = time.monotonic()
    assert send(mail, drawn_address()).state == "uncertain"
    assert time.monotonic() - began_s < 3


@pytest.mark.parametrize("changes", [{"password": "wrong"}, {"user": "", "password": ""}])
def test_a_wrong_login_is_the_lines_fault(mail: MailStranger, changes: dict[str, str]) -> None:
    outcome = send(mail, drawn_address(), **changes)
    assert (outcome.state, outcome.reason[:9]) == ("unreachable", "smtp 53" + outcome.reason[7:9])


def test_tls_from_the_first_byte_encrypts(mail: MailStranger) -> None:
    to = drawn_address()
    assert send(mail, to, security="tls", port=mail.smtps_port).state == "accepted"
    assert [got["encrypted"] for got in mail.letters(to)] == [True]


def test_starttls_encrypts_and_a_stranger_certificate_is_not_trusted(mail: MailStranger) -> None:
    to = drawn_address()
    assert send(mail, to, security="starttls").state == "accepted"
    assert [got["encrypted"] for got in mail.letters(to)] == [True]
    distrustful = EmailSender(mail.server(security="starttls"), sender=OURS)
    with contextlib.closing(distrustful):
        outcome = distrustful.send(letter(to), key=uuid.uuid4())
    assert (outcome.state, outcome.reason) == ("unreachable", "SSLCertVerificationError")
    assert len(mail.letters(to)) == 1


def test_without_tls_nothing_is_sent_when_tls_was_asked_for(mail: MailStranger) -> None:
    mail.fault("tls", count=1)
    outcome = send(mail, drawn_address(), security="starttls")
    assert (outcome.state, outcome.reason) == ("unreachable", "smtp 454 4.7.0")
    # Plain words where TLS should begin at once: the handshake fails, the password stays here.
    assert send(mail, drawn_address(), security="tls").reason in {"SSLError", "TimeoutError"}


def test_a_server_that_does_not_listen_is_unreachable(mail: MailStranger) -> None:
    outcome = send(mail, drawn_address(), port=pick_free())
    assert outcome == SendOutcome("unreachable", reason="ConnectionRefusedError")


def test_an_address_beyond_ascii_goes_by_smtputf8_and_its_domain_by_idna(mail: MailStranger) -> None:
    name = uuid.uuid4().hex
    assert send(mail, f"мария{name}@почта.рф").state == "accepted"
    assert [got["to"] for got in mail.letters(name)] == [f"мария{name}@xn--80a1acny.xn--p1ai"]


@pytest.mark.parametrize(
    "to",
    [
        *("nobody", "@", "a@", "@b.ru", "a@b@c.ru", "a b@c.ru", "a@b..ru", ".a@b.ru", "a..b@c.ru"),
        *("a@b.ru>\r\nRCPT TO:<x@y.ru", "a@b.ru\nBcc: x@y.ru", "<a@b.ru>", "a@-b.ru", f"{'a' * 65}@b.ru"),
        f"a@{'b' * 64}.ru",
    ],
)
def test_an_address_that_is_none_is_refused_unsent(mail: MailStranger, to: str) -> None:
    before = mail.sessions()
    assert send(mail, to) == SendOutcome("refused", reason="address-malformed")
    assert mail.sessions() == before


def test_a_letter_too_large_for_the_server_is_refused(mail: MailStranger) -> None:
    big = (Enclosure("x.bin", "application/octet-stream", bytes(9_000_000)),)
    with sending(mail) as sender:
        outcome = sender.send(letter(drawn_address(), enclosures=big), key=uuid.uuid4())
    assert (outcome.state, outcome.reason) == ("refused", "smtp 552 5.3.4")


def test_nothing_is_sent_inside_a_transaction(mail: MailStranger, clean: Servers) -> None:
    with sending(mail) as sender, pytest.raises(NetworkInTransactionError), transaction():
        sender.send(letter(drawn_address()), key=uuid.uuid4())


def test_nobody_can_be_asked_about_a_letter(mail: MailStranger) -> None:
    with sending(mail) as sender:
        assert sender.look_up(letter(drawn_address()), key=uuid.uuid4()) == "unknown"


@pytest.mark.parametrize(
    ("stage", "code", "words", "state"),
    [
        ("sender", 452, b"4.5.3 Too many", "throttled"),
        ("sender", 550, b"5.7.1 Not you", "unreachable"),
        ("sender", 552, b"Too large", "refused"),
        ("recipient", 550, b"Nobody", "refused"),
        ("recipient", 452, b"4.2.2 Full", "unreachable"),
        ("recipient", 554, b"5.7.1 <a@b.ru>: Relay access denied", "unreachable"),
        ("recipient", 530, b"Log in first", "unreachable"),
        ("recipient", 421, b"Bye", "throttled"),
        ("letter", 451, b"4.3.0 Disk", "unreachable"),
        ("letter", 554, b"5.6.0 Bad", "refused"),
        ("line", 554, b"Go away", "unreachable"),
    ],
)
def test_who_is_at_fault_decides(stage: sending_letters.Stage, code: int, words: bytes, state: str) -> None:
    outcome = read_answer(stage, code, words)
    assert outcome.state == state
    assert "@" not in outcome.reason
    assert outcome.reason.startswith(f"smtp {code}")


@pytest.mark.parametrize(
    ("scheme", "security", "port"),
    [("smtp", "none", 25), ("smtp+starttls", "starttls", 587), ("smtps", "tls", 465)],
)
def test_an_address_of_a_server_tells_how_it_is_encrypted(scheme: str, security: str, port: int) -> None:
    server = read_server(f"{scheme}://hub%40x.ru:p%3Aq@mail.example")
    assert server == ("mail.example", port, security, "hub@x.ru", "p:q")
    assert "p:q" not in repr(server)


@pytest.mark.parametrize("url", ["http://mail", "smtp://", "mail.example", "smtps://x:пароль@mail"])
def test_an_address_of_no_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="mail server"):
        read_server(url)
