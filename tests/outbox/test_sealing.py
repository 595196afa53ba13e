"""Messages at rest open under their own id alone, and are shown masked."""

import pytest

from hub.contracts.messages import Enclosure, Message, SendEmail, SendSms
from hub.contracts.parties import Destination
from hub.kernel.crypto import SealBrokenError
from hub.kernel.ids import new_id
from hub.outbox.sealing import masked, recipient_of, seal, unseal
from tests.conftest import Servers

LETTER = SendEmail(
    "Ivanova@Example.ru",
    "Сертификат 7K2Q-91XC-AAAA-BBBB",
    "Ваш код 123456",
    "<p>123456</p>",
    (Enclosure("qr.png", "image/png", b"\x89PNG\x00", "qr"),),
)


@pytest.mark.parametrize(
    ("message", "destination"),
    [(SendSms("+79000000001", "Код 123456", 300), Destination.SMS), (LETTER, Destination.EMAIL)],
    ids=["sms", "email"],
)
def test_a_message_comes_back_as_it_was_and_under_no_other_id(
    database: Servers, message: Message, destination: Destination
) -> None:
    assert database
    own = new_id()
    sealed = seal(message, public_id=own, destination=destination)
    assert unseal(sealed, public_id=own, destination=destination) == message
    with pytest.raises(SealBrokenError):
        unseal(sealed, public_id=new_id(), destination=destination)


def test_a_message_of_another_destination_does_not_open(database: Servers) -> None:
    assert database
    own = new_id()
    sealed = seal(SendSms("+79000000001", "x"), public_id=own, destination=Destination.SMS)
    with pytest.raises(SealBrokenError):
        unseal(sealed, public_id=own, destination=Destination.EMAIL)


def test_an_operator_sees_neither_the_number_nor_a_code() -> None:
    assert masked(SendSms("+79001234567", "Код 123456, до 10:30")) == {
        "to": "+7 ••• •••-45-67",
        "text": "Код ••••, до 10:30",
    }
    shown = masked(LETTER)
    assert shown == {"to": "I•••@Example.ru", "subject": "Сертификат ••••", "text": "Ваш код ••••"}


def test_a_recipient_is_looked_up_whatever_the_case_of_his_address() -> None:
    assert recipient_of(LETTER) == "ivanova@example.ru"
    assert recipient_of(SendSms("+79001234567", "x")) == "+79001234567"
