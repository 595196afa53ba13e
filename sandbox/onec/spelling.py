"""How single values and keys are spelled by one body's habits; shared by all formats."""

import datetime as dt
import random
from enum import Enum

from sandbox.onec.habits import Habits
from sandbox.onec.tree import Count, Day, Flag, Moment, Money, Node, Ref, Scalar, Word

NO_BREAK_SPACE = "\u00a0"
NARROW_NO_BREAK_SPACE = "\u202f"
ZERO_GUID = "00000000-0000-0000-0000-000000000000"
EMPTY_DATE = "0001-01-01T00:00:00"


class Bare(str):
    """A literal that JSON writes without quotes: a number or a boolean."""

    __slots__ = ()


class Nothing(Enum):
    """The ways to say nothing."""

    NULL = "null"
    BRACES = "braces"
    ABSENT = "absent"


Spelled = str | Nothing
_FLAGS: dict[str, tuple[str, str]] = {
    "literal": (Bare("true"), Bare("false")),
    "text": ("true", "false"),
    "one": (Bare("1"), Bare("0")),
    "istina": ("Истина", "Ложь"),
    "da": ("Да", "Нет"),
}
_REF = "УИД|UID|GUID|Ссылка"
# Russian keys as 1C developers name them, by the object they stand in.
_RUSSIAN: dict[str, dict[str, str]] = {
    "event": {
        "event_id": "ИдСобытия",
        "event_type": "ТипСобытия",
        "occurred_at": "ДатаСобытия",
        "source": "Источник",
        "exchange": "Обмен",
        "object": "Объект|Документ",
        "visit": "Визит|ОказаниеУслуг",
        "patient": "Пациент|Клиент",
        "cancel": "Отмена",
    },
    "source": {"infobase": "ИнфоБаза|База", "node": "Узел", "tz": "ЧасовойПояс"},
    "exchange": {"message_no": "НомерСообщения"},
    "object": {
        "type": "Тип",
        "ref": _REF,
        "number": "Номер",
        "date": "Дата",
        "data_version": "ВерсияДанных",
        "posted": "Проведен|Проведён",
        "deletion_mark": "ПометкаУдаления",
    },
    "visit": {
        "patient": "Клиент|Пациент",
        "clinic_ref": "Клиника",
        "completed_at": "ДатаЗавершения",
        "lines": "СписокРабот|Работы|Услуги",
        "payments": "Оплаты",
        "promo": "Промо",
        "total": "СуммаДокумента",
    },
    "lines": {
        "no": "НомерСтроки",
        "service_ref": "Номенклатура|Услуга",
        "loyalty_group": "ГруппаЛояльности",
        "doctor_ref": "Сотрудник",
        "qty": "Количество",
        "price": "Цена",
        "discount": "СуммаСкидки",
        "points_paid": "СуммаБаллами",
        "amount": "Сумма",
    },
    "payments": {"kind": "ВидОплаты", "amount": "Сумма"},
    "promo": {"promo_code": "Промокод", "referral_code": "РеферальныйКод"},
    "cancel": {
        "visit_ref": "ДокументОснование",
        "kind": "Вид",
        "refund_doc_ref": "ДокументВозврата",
        "lines": "Работы|Услуги",
    },
    "patient": {
        "ref": _REF,
        "code": "Код",
        "surname": "Фамилия",
        "name": "Имя",
        "father_name": "Отчество",
        "birthday": "ДатаРождения",
        "phone": "Телефон",
        "email": "ЭлектроннаяПочта",
        "card_code": "КодКарты",
        "referral_code": "РеферальныйКод",
        "merged_into_ref": "ОбъединенС",
        "consents": "Согласия",
    },
    "consents": {"purpose": "Цель", "granted": "Дано", "at": "Дата", "doc_version": "Версия"},
}


class Spelling:
    """One body's way to write; `dice` decides what the habits leave to the moment."""

    def __init__(self, habits: Habits, dice: random.Random) -> None:
        self._habits = habits
        self._dice = dice

    def key(self, place: str, name: str) -> str:
        """Spell a member's key in the object `place`."""
        russian = _RUSSIAN.get(place, {}).get(name)
        is_russian = self._habits.keys == "cyrillic" or (
            self._habits.keys == "mixed" and self._dice.choice((True, False))
        )
        return self._dice.choice(russian.split("|")) if russian and is_russian else name

    def is_collapsed(self, node: Node) -> bool:
        """Tell whether these rows are written as the single object they hold."""
        return isinstance(node, list) and len(node) == 1 and self._habits.rows == "object"

    def scalar(self, value: Scalar) -> Spelled:
        """Spell a value: text, a bare literal, or one of the ways to say nothing."""
        match value:
            case Money(kopecks):
                return self._money(kopecks)
            case Count(number):
                return str(number) if self._habits.numbers == "text" else Bare(number)
            case Flag(is_set):
                return _FLAGS[self._habits.flags][0 if is_set else 1]
            case Word(name, russian):
                return russian if self._habits.keys == "cyrillic" else name
            case str():
                return value or self.nothing("")
        return self._ref(value.guid) if isinstance(value, Ref) else self._date(value)

    def nothing(self, plain: Spelled) -> Spelled:
        """Say nothing by habit; `plain` is how the tidy say it here."""
        ways: dict[str, Spelled] = {"blank": "", "braces": Nothing.BRACES, "absent": Nothing.ABSENT}
        return ways.get(self._habits.empty, plain)

    def _money(self, kopecks: int) -> str:
        if self._habits.decimals == "plain":
            text = f"{kopecks // 100}.{kopecks % 100:02d}"
            return text if self._habits.numbers == "text" else Bare(text)
        blank = NARROW_NO_BREAK_SPACE if self._habits.decimals == "narrow" else NO_BREAK_SPACE
        return f"{kopecks // 100:,}".replace(",", blank) + f",{kopecks % 100:02d}"

    def _ref(self, guid: str) -> Spelled:
        if not guid and not self._habits.has_zero_refs:
            return self.nothing(Nothing.NULL)
        plain = guid or ZERO_GUID
        spelled = {"braced": f"{{{plain}}}", "upper": plain.upper(), "odata": f"guid'{plain}'"}
        return spelled.get(self._habits.guids, plain)

    def _date(self, value: Moment | Day) -> Spelled:
        if isinstance(value, Moment) and value.at is not None:
            return self._moment(value.at)
        if isinstance(value, Day) and value.on is not None:
            return self._day(value.on)
        return EMPTY_DATE if self._habits.has_empty_dates else self.nothing("")

    def _moment(self, at: dt.datetime) -> str:
        naive = at.replace(tzinfo=None, microsecond=0).isoformat()
        match self._habits.dates:
            case "offset":
                return at.replace(microsecond=0).isoformat()
            case "zulu":
                return f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S}Z"
            case "russian":
                return f"{at:%d.%m.%Y %H:%M:%S}"
            case "microsoft":
                return f"/Date({int(at.timestamp()) * 1000})/"
        return naive

    def _day(self, on: dt.date) -> str:
        return f"{on:%d.%m.%Y}" if self._habits.dates == "russian" else f"{on.isoformat()}T00:00:00"
