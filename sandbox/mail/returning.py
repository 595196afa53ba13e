"""Notifications that a letter did not arrive (RFC 3464), as a distant server would write them."""

import email
from email.message import EmailMessage, Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formatdate, make_msgid


def make_notification(content: bytes, recipient: str) -> bytes:
    """Say that nobody lives at this address, with the headers of the letter that came."""
    letter = email.message_from_bytes(content)
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"] = "MAILER-DAEMON@mail.sandbox"
    report["To"] = str(letter["From"])
    report["Subject"] = "Undelivered Mail Returned to Sender"
    report["Date"] = formatdate()
    report["Message-ID"] = make_msgid(domain="mail.sandbox")
    report["Auto-Submitted"] = "auto-replied"
    report.attach(MIMEText(f"Nobody lives at {recipient}.\n", "plain", "utf-8"))
    report.attach(_status(recipient))
    report.attach(MIMEText("".join(f"{name}: {value}\n" for name, value in letter.items()), "rfc822-headers"))
    return report.as_bytes()


def _status(recipient: str) -> Message:
    server, person = EmailMessage(), EmailMessage()
    server["Reporting-MTA"] = "dns; mail.sandbox"
    person["Final-Recipient"] = f"rfc822; {recipient}"
    person["Action"] = "failed"
    person["Status"] = "5.1.1"
    person["Diagnostic-Code"] = "smtp; 550 5.1.1 No such user here"
    status = MIMEBase("message", "delivery-status")
    status.set_payload([server, person])
    return status
