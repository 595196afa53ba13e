"""Odd values and odd keys: what a field of an event may hold when its sender is broken, foreign or hostile.

Each list is read by `odd_value`; a value that once broke something is added here, not in a test.
"""

from random import Random
from typing import Any

from tools.seed import PATIENTS

CANARY = "Qzkanareika"
"""Planted wherever a person's value may stand; a log that holds it, in any case, tells secrets."""
CANARY_EMAIL = f"{CANARY}@example.ru"
CANARY_PHONE = "8 (999) 555-31-77"


class Raw(str):
    """A token that is written into JSON as it is, without quotes."""

    __slots__ = ()


_NUMBERS_WRITTEN = """
0 -0 -0.0 -1 1e999 1E400 -1e-999 NaN -Infinity Infinity 01 +1 .5 5. 0x10 1_000 1.005 1.015 0.001 99.999
9223372036854775807 9223372036854775808 18446744073709551616 1e5 1E+2 9e99 1e-7 10000000000000 99999999999.99
100000000000.01 200.00 true false null -5.50 0.00000000001 1234567890123456789 ١٢٣ １２３ ½
"""
NUMBERS = [
    *map(Raw, _NUMBERS_WRITTEN.split()),
    Raw("9" * 101),
    Raw("1" + "0" * 50),
    Raw("0." + "3" * 80),
    Raw("9" * 5_000),
]
AMOUNTS = [
    "1 234,50", "1\u00a0234,50", "1\u202f234\u00a0567,8", "1 23", "1,2,3", "1.2.3", "-1", "- 1", "+7", "1e3",
    "١٢٫٥", "12\u0301", "²", "Ⅷ", "1 000 000 000 000 000", "0,005", "0.004999999999", "9" * 30, "1'000",
    "1 руб.", "NaN", "sNaN", "Infinity", "1_000", "0x1F", "1" + "\u00a0000" * 40, "," * 50, "1 " * 80, "1e",
    "e1", "\u22125", "１２,５", "0" * 199,
]  # fmt: skip
DATES = [
    "0001-01-01T00:00:00", "0001-01-01", "0001-12-31T23:59:59-12:00", "9999-12-31T23:59:59",
    "9999-12-31T23:59:59-23:59", "2026-02-30", "2024-02-29T24:00:00", "2026-05-01T10:35:60",
    "2026-05-01T10:35:00Z", "2026-05-01T10:35:00+03:00", "2026-05-01T10:35:00+99:99", "2026-05-01 10:35",
    "2026-05-01T10:35:00,123456789", "20260501T103500", "2026-W18-5", "2026-121", "01.05.2026",
    "01.05.2026 9:10:00", "32.13.2026", "1.5.26", "2026/05/01", "datetime'2026-05-01T10:00:00'", "datetime''",
    "datetime'datetime'2026-05-01''", "1777600000", "2026-03-29T02:30:00", "٢٠٢٦-٠٥-٠١", "01.01.0001 0:00:00",
    "31.12.9999 23:59:59", "0000-00-00", "-2026-05-01", "2026-05-01T", "T10:00", "1999-12-31T23:59:59",
    "2999-01-01", "2026-05-01T10:35:00.0000001+00:00:00.000001", "2026-05-01T10:35:00\u200b",
    "01.05.2026T25:00", "1900-01-01", "1899-12-31",
]  # fmt: skip
GUIDS = [
    "00000000-0000-0000-0000-000000000000", "{0C3A4F52-08AA-11F1-9542-08979885F491}",
    "guid'0c3a4f52-08aa-11f1-9542-08979885f491'", "urn:uuid:0c3a4f52-08aa-11f1-9542-08979885f491",
    "0c3a4f5208aa11f1954208979885f491", "0c3a4f52-08aa-11f1-9542-08979885f49",
    "0c3a4f52-08aa-11f1-9542-08979885f49g", "０c3a4f52-08aa-11f1-9542-08979885f491", "''''{{{{", "guid''",
    "{" * 3_000, "null", "0c3a4f52-08aa-11f1-9542-08979885f491\u0000",
    " 0c3a4f52-08aa-11f1-9542-08979885f491\n", "undefined", "[object Object]",
    "ffffffff-ffff-ffff-ffff-ffffffffffff", "ſfffffff-ffff-ffff-ffff-ffffffffffff",
    *(str(patient.ref) for patient in PATIENTS),
]  # fmt: skip
WORDS = [
    "true", "false", "Истина", "ЛОЖЬ", "да", "Нет", "может быть", "-1", "2", "yes", "refund", "unposted",
    "deletion_mark", "Возврат", "cash", "card", "Наличные", "ПОДАРОЧНЫЙ СЕРТИФИКАТ", "баллы", "кэшбэк",
    "bitcoin", "visit.completed", "VISIT.REFUNDED", "visit.cancelled", "patient.upserted", "patient.merged",
    "visit.", ".", "visit", "umc_corp", "UMC_CORP", "Europe/Moscow", "Asia/Yekaterinburg", "America",
    "localtime", "Factory", "posixrules", "Etc/GMT+14", "../../etc/passwd", "UTC", "zone.tab",
    "America/Argentina/ComodRivadavia/x", "A" * 300, "İ" * 64, "ß" * 200, "ﬃ" * 200,
]  # fmt: skip
TEXTS = [
    "", " ", "\t\r\n", "\u0000", "a\u0000b", "\u0001\u0002\u001e\u001f", "\u007f\u0085\u009f", "\ufeff",
    "\ufffe\uffff", "\u2028\u2029", "\u202eнорок\u202c", "\u200b\u200d\u2060", "e\u0301" * 120, "\u0301",
    "\ud800", "\udfff\ud800", "\ud83d", "😊" * 60, "𐍈", "x" * 200, "x" * 201, "я" * 5_000, "' OR 1=1 --",
    "%s%n%x", "{{7*7}}", "${jndi:ldap://127.0.0.1/a}", "<script>alert(1)</script>", "<![CDATA[x]]>",
    "&amp;&#0;&bogus;", "]]>", "\\", "\\u0000", '"', "//", "/* */", "DROP TABLE inbox_event;", "\x1f\x1e",
    "None", "nan", "[]", "{}", "\u00a0", "\u3000", "ё", "е\u0308", "I\u0307", "\u1e9e", "a" * 65_536,
    "+7 900 000-00-01", "89000000001", "+" * 64, "112", "8800", "+7(900)000-00-01 доб. 12", "٨٩٠٠٠٠٠٠٠٠١",
    "tel:+79000000001;ext=9", "a@b.c", "@", "a@.", "ML-7K2Q-91XC", CANARY, CANARY, CANARY_EMAIL, CANARY_PHONE,
]  # fmt: skip
KEYS = [
    "ref", "Ref_Key", "УИД", "Ссылка", "uid", "REF", "r_e_f", "rеf", "visit", "Визит", "vіsit", "lines",
    "Работы", "Line", "no", "amount", "Сумма", "СУММА", "amоunt", "kind", "ВидОплаты", "patient", "Клиент",
    "total", "diagnosis", "Диагноз", "МКБ", "", " ", "__proto__", "constructor", "\u0000", "ref\u0000",
    "ref ", " ref", "ё", "k" * 65, "я" * 10_000, "\ud800", "xmlns", "item", "row", "#text", "@id", "$ref",
    "event_type", "Тип", "source", "object", "Документ", "exchange", "message_no", "НомерСообщения", "tz",
    "\u202eref", "ﬁeld", "consents", "Согласия", "granted", "at", "promo", "posted", "Проведен",
    "deletion_mark", "tier", "_", "___",
]  # fmt: skip
ALPHABET = "aя0 -.,:/'\"{}[]<>&\\\u0000\u001f\u00a0\u0301\u200b\u202e\ud800\udc00😊٣ßİ_+eE%$#@!;\n\r\t"


def odd_value(rng: Random) -> Any:
    """Draw a value that a field may not be ready for."""
    kind = rng.randrange(16)
    if kind < 12:
        return rng.choice((NUMBERS, AMOUNTS, DATES, GUIDS, WORDS, TEXTS)[kind // 2])
    if kind == 12:
        return odd_text(rng)
    if kind == 13:
        return Raw(str(rng.choice((-1, 1)) * rng.getrandbits(rng.choice((3, 8, 31, 63, 70)))))
    return odd_container(rng)


def odd_text(rng: Random) -> str:
    """Draw a text of characters that something somewhere minds."""
    return "".join(rng.choice(ALPHABET) for _ in range(rng.choice((1, 2, 5, 20, 64, 201))))


def odd_container(rng: Random) -> Any:
    """Draw an object or array where a value was expected, up to a giant or a bottomless one."""
    kind = rng.randrange(12)
    if kind < 5:
        return rng.choice(
            ([], {}, [[]], [{}], {"": ""}, [None], [[], {}, ""], {"УИД": ""}, {"ref": {"ref": {}}})
        )
    if kind < 8:
        return {odd_key(rng): odd_scalar(rng) for _ in range(rng.randrange(1, 5))}
    if kind < 10:
        return [odd_scalar(rng) for _ in range(rng.randrange(1, 5))]
    if kind == 10:
        return nested(rng.choice((3, 10, 18, 19, 20, 21, 25, 40)), rng.choice(("list", "dict", "ref")))
    return [odd_scalar(rng)] * rng.choice((51, 201, 501, 2_000))


def odd_scalar(rng: Random) -> Any:
    """Draw a value without children."""
    return rng.choice(rng.choice((NUMBERS, AMOUNTS, DATES, GUIDS, WORDS, TEXTS)))


def odd_key(rng: Random) -> str:
    """Draw a name of a field: one of ours, a look-alike, or one that nobody should use."""
    return rng.choice(KEYS)


def nested(levels: int, kind: str) -> Any:
    """Make a tower of containers."""
    node: Any = CANARY
    for _ in range(levels):
        node = [node] if kind == "list" else {("ref" if kind == "ref" else "a"): node}
    return node
