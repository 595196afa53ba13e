"""What a patient agrees to in the cabinet: one text per purpose, each a document of its own (152-ФЗ, ст. 9).

A text never changes under its version: the log keeps version and hash, and a test keeps the hashes.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Purpose(StrEnum):
    """What for; the same words that 1C uses."""

    LOYALTY = "loyalty"
    MARKETING = "marketing"


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One document in its present version. The Russian text is the one that counts."""

    purpose: Purpose
    version: str
    is_required: bool
    """Without it there is no account: nothing could be kept."""
    title_ru: str
    text_ru: str
    title_en: str
    text_en: str

    @property
    def text_hash(self) -> bytes:
        """Prove which words were agreed to."""
        return hashlib.sha256(self.text_ru.encode()).digest()


CONSENT_TEXTS: Mapping[Purpose, ConsentText] = MappingProxyType(
    {
        Purpose.LOYALTY: ConsentText(
            purpose=Purpose.LOYALTY,
            version="2026-11-27",
            is_required=True,
            title_ru="Обработка персональных данных для программы «Моя ❤ скидка»",
            text_ru=(
                "Я даю клинике согласие обрабатывать мои фамилию, имя, отчество, дату рождения, телефон,"
                " адрес электронной почты и сведения о суммах и датах моих визитов, чтобы вести мой счёт"
                " в программе «Моя ❤ скидка»: сбор, запись, хранение, уточнение, использование и удаление,"
                " с помощью программ и без них. Сведения о здоровье для этого не передаются. Согласие"
                " действует, пока я участвую в программе; отозвать его можно в личном кабинете или"
                " письмом в клинику."
            ),
            title_en="Processing of personal data for the «Моя ❤ скидка» programme",
            text_en=(
                "I allow the clinic to process my name, birth date, phone, e-mail and the sums and dates of"
                " my visits in order to keep my account in the «Моя ❤ скидка» programme: to collect, record,"
                " store, correct, use and delete them, by machine and by hand. Nothing about my health is"
                " passed on for this. The consent holds while I take part; I may withdraw it in the cabinet"
                " or by a letter to the clinic."
            ),
        ),
        Purpose.MARKETING: ConsentText(
            purpose=Purpose.MARKETING,
            version="2026-11-27",
            is_required=False,
            title_ru="Новости и предложения",
            text_ru=(
                "Я согласен получать от клиники новости и предложения по SMS и электронной почте."
                " Отказаться можно в любой момент в личном кабинете или по ссылке в письме;"
                " на счёт в программе это не влияет."
            ),
            title_en="News and offers",
            text_en=(
                "I agree to receive news and offers from the clinic by SMS and e-mail. I may refuse at any"
                " time in the cabinet or by the link in a letter; my account does not depend on it."
            ),
        ),
    }
)
REQUIRED = frozenset(text.purpose for text in CONSENT_TEXTS.values() if text.is_required)
