"""The mail stranger: SMTP as any client speaks it, a viewer that lets no letter out of its cage."""

import poplib
import re
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from tests.sandbox.mail_stranger import LOGIN, PASSWORD, MailStranger, drawn_address, running_mail


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailStranger]:
    with running_mail(tmp_path_factory.mktemp("mail") / "log") as running:
        yield running


@pytest.fixture
def mail(stranger: MailStranger) -> MailStranger:
    stranger.fault("ok")
    return stranger


@pytest.fixture
def client(mail: MailStranger) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", mail.smtp_port, local_hostname="test", timeout=10) as connected:
        connected.login(LOGIN, PASSWORD)
        yield connected


def letter(to: str, subject: str = "Чек", html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "hub@hub.example", to, subject
    message["Message-ID"] = f"<{to}>"
    message.set_content("Начислено\n")
    if html:
        message.add_alternative(html, subtype="html")
    return message


def test_letters_are_newest_first_and_found_by_a_piece_of_the_address(
    mail: MailStranger, client: smtplib.SMTP
) -> None:
    to = drawn_address()
    for subject in ("первое", "второе"):
        client.send_message(letter(to, subject))
    client.send_message(letter(drawn_address(), "чужое"))
    assert [got["subject"] for got in mail.letters(to.upper()[:20])] == ["второе", "первое"]
    newest = mail.http.get("/messages?limit=1").json()[0]
    assert newest["subject"] == "чужое"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", newest["at"])


def test_every_copy_is_kept_and_all_can_be_forgotten(mail: MailStranger, client: smtplib.SMTP) -> None:
    to = drawn_address()
    client.send_message(letter(to))
    client.send_message(letter(to))
    assert [got["message_id"] for got in mail.letters(to)] == [to, to]
    assert mail.http.delete("/messages").json()["forgotten"] >= 2
    assert mail.letters("") == []


def test_a_letter_is_shown_in_a_cage_with_its_pictures_inside(
    mail: MailStranger, client: smtplib.SMTP
) -> None:
    to = drawn_address()
    message = letter(
        to, html='<html><head></head><p>Да</p><img src="cid:qr@hub"><script>alert(1)</script></html>'
    )
    page = message.get_payload(1)
    assert isinstance(page, EmailMessage)
    page.add_related(b"picture", "image", "png", cid="<qr@hub>")
    message.add_attachment(b"%PDF", "application", "pdf", filename="Чек.pdf")
    client.send_message(message)
    [got] = mail.letters(to)
    shown = mail.http.get(f"/messages/{got['id']}/html")
    assert "data:image/png;base64,cGljdHVyZQ==" in shown.text
    cage = shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in cage
    assert "allow-scripts" not in cage
    file = mail.http.get(f"/messages/{got['id']}/parts/1")
    assert (file.content, file.headers["Content-Type"]) == (b"%PDF", "application/pdf")
    assert "attachment" in file.headers["Content-Disposition"]
    source = mail.http.get(f"/messages/{got['id']}/source")
    assert source.headers["Content-Type"].startswith("text/plain")
    assert b"multipart/mixed" in source.content
    assert mail.http.get(f"/messages/{got['id']}/parts/2").status_code == 404
    assert mail.http.get("/messages/none").status_code == 404


def test_a_fault_lasts_for_its_count_and_meets_its_addresses(
    mail: MailStranger, client: smtplib.SMTP
) -> None:
    mail.fault("reject", pattern="nobody", count=1)
    other = drawn_address()
    client.send_message(letter(other))
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        client.send_message(letter("nobody@example.ru"))
    assert refused.value.recipients["nobody@example.ru"][0] == 550
    client.send_message(letter("nobody@example.ru"))
    assert mail.http.get("/faults").json() == {"mode": "ok", "left": None, "pattern": ""}


def test_what_is_no_dialogue_is_told_so(client: smtplib.SMTP) -> None:
    assert client.docmd("VRFY", "x")[0] == 502
    assert client.docmd("RCPT", "TO:<a@b.ru>")[0] == 503
    assert client.docmd("DATA")[0] == 503
    assert client.docmd("MAIL", "FROM:nobody")[0] == 501
    assert client.docmd("MAIL", "FROM:<a@b.ru> SIZE=99999999")[0] == 552
    assert client.docmd("MAIL", "FROM:<a@b.ru>")[0] == 250
    assert client.docmd("RCPT", "TO:<nobody>")[0] == 501
    assert client.docmd("AUTH", "LOGIN")[0] == 504
    assert client.noop()[0] == 250


def test_a_wrong_login_takes_nothing(mail: MailStranger) -> None:
    with smtplib.SMTP("127.0.0.1", mail.smtp_port, local_hostname="test", timeout=10) as stranger:
        assert stranger.docmd("AUTH", "PLAIN not-base64")[0] == 535
        with pytest.raises(smtplib.SMTPAuthenticationError):
            stranger.login(LOGIN, "wrong")
        assert stranger.docmd("MAIL", "FROM:<a@b.ru>")[0] == 530


def test_a_malformed_order_is_refused(mail: MailStranger) -> None:
    assert mail.http.post("/faults", json={"mode": "asleep"}).status_code == 400
    assert mail.http.post("/faults", json={"mode": "ok", "more": 1}).status_code == 400


def test_every_button_of_the_page_is_a_fault_that_the_page_has_a_word_for(mail: MailStranger) -> None:
    modes = re.findall(r'data-mode="([^"]+)"', mail.http.get("/").text)
    words = mail.http.get("/static/page.js").text
    assert len(modes) == len(set(modes)) >= 10
    for mode in modes:
        mail.fault(mode, count=1)
        assert re.search(rf"^  \"?{mode}\"?: ", words, re.MULTILINE)
    mail.fault("ok")


def test_the_page_is_served_without_inline_code(mail: MailStranger) -> None:
    page = mail.http.get("/").text
    assert "Почта" in page
    assert 'sandbox="allow-popups' in page
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        assert mail.http.get(path).is_success


def test_a_letter_that_comes_back_lies_in_the_box_until_a_visit_ends_well(
    mail: MailStranger, client: smtplib.SMTP
) -> None:
    mail.fault("bounce", pattern="nobody")
    client.send_message(letter(drawn_address()))
    client.send_message(letter("nobody@example.ru"))
    mail.fault("ok")
    for is_polite in (False, True):
        box = poplib.POP3("127.0.0.1", mail.pop3_port, 10)
        with pytest.raises(poplib.error_proto):
            box.stat()
        box.user(LOGIN)
        box.pass_(PASSWORD)
        assert box.stat()[0] == 1
        lines = b"\n".join(box.top(1, 1_000)[1])
        assert b"Action: failed" in lines
        assert b"Message-ID: <nobody@example.ru>" in lines
        box.dele(1)
        if is_polite:
            box.quit()
        else:
            box.close()
    assert mail.returned() == 0


def test_the_box_is_closed_to_strangers(mail: MailStranger) -> None:
    box = poplib.POP3("127.0.0.1", mail.pop3_port, 10)
    box.user(LOGIN)
    with pytest.raises(poplib.error_proto):
        box.pass_("wrong")
    box.close()
