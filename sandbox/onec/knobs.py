"""The one table of knobs: the control plane validates by it, the page draws it, the docs are held to it.

`any` in a choice means: drawn anew for every notice, the same for the same notice in every run.
"""

from typing import Any, Literal, get_args

import pydantic

ANY = "any"
SECTIONS = {
    "stream": "Поток",
    "format": "Формат и байты",
    "spelling": "Написание",
    "order": "Нумерация и часы",
    "transport": "Доставка",
}
_ANY_LABEL = {ANY: "как попало"}
_SOMETIMES = {"no": "нет", "yes": "да", **_ANY_LABEL}
Sometimes = Literal["no", "yes", "any"]


def _choice(default: str, section: str, title: str, labels: dict[str, str]) -> Any:  # noqa: ANN401 (pydantic's own type of a field)
    return pydantic.Field(
        default=default, title=title, json_schema_extra={"section": section, "labels": {**labels}}
    )


def _switch(default: bool, section: str, title: str) -> Any:  # noqa: ANN401 (pydantic's own type of a field)
    return pydantic.Field(default=default, title=title, json_schema_extra={"section": section})


def _number(default: int, section: str, title: str, low: int, high: int) -> Any:  # noqa: ANN401 (pydantic's own type of a field)
    extra: dict[str, pydantic.JsonValue] = {"section": section, "min": low, "max": high}
    return pydantic.Field(default=default, ge=low, le=high, title=title, json_schema_extra=extra)


class Knobs(pydantic.BaseModel):
    """What the operator turned. `bom` also takes a boolean: always or never."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    stream: bool = _switch(True, "stream", "поток идёт")
    speed: int = _number(60, "stream", "ускорение времени, ×", 1, 10_000)
    cap_per_minute: int = _number(60, "stream", "не более отправок в минуту", 1, 60_000)
    visits_per_day: int = _number(120, "stream", "визитов в будний день", 1, 50_000)
    rollback_percent: int = _number(0, "stream", "откат после отправки (документа нет), %", 0, 50)

    format: Literal["alternate", "json", "xml", "structure", "v8msg", "enterprise", "any"] = _choice(
        "alternate",
        "format",
        "формат",
        {
            "alternate": "JSON и XML по очереди",
            "json": "JSON",
            "xml": "XML",
            "structure": "core:Structure",
            "v8msg": "сообщение v8msg",
            "enterprise": "сообщение EnterpriseData",
            **_ANY_LABEL,
        },
    )
    array: int = _number(0, "format", "массивом по n событий (0 — по одному)", 0, 200)
    encoding: Literal["utf-8", "utf-16le", "utf-16be", "cp1251", "any"] = _choice(
        "utf-8",
        "format",
        "кодировка",
        {
            "utf-8": "UTF-8",
            "utf-16le": "UTF-16 LE с BOM",
            "utf-16be": "UTF-16 BE с BOM",
            "cp1251": "windows-1251",
            **_ANY_LABEL,
        },
    )
    bom: Literal["sometimes", "always", "never"] = _choice(
        "sometimes", "format", "BOM в UTF-8", {"sometimes": "иногда", "always": "всегда", "never": "никогда"}
    )
    prolog: Literal["honest", "lying", "none", "any"] = _choice(
        "honest",
        "format",
        "пролог XML",
        {"honest": "честный", "lying": "чужая кодировка", "none": "нет", **_ANY_LABEL},
    )
    content_type: Literal["honest", "text", "none", "wrong", "any"] = _choice(
        "any",
        "format",
        "Content-Type",
        {"honest": "честный", "text": "text/plain", "none": "нет", "wrong": "чужой", **_ANY_LABEL},
    )
    layout: Literal["crlf", "lf", "compact", "any"] = _choice(
        "crlf",
        "format",
        "вёрстка",
        {"crlf": "с отступами, CRLF", "lf": "с отступами, LF", "compact": "в строку", **_ANY_LABEL},
    )

    keys: Literal["english", "cyrillic", "mixed", "any"] = _choice(
        "english",
        "spelling",
        "ключи (JSON, Structure)",
        {"english": "английские", "cyrillic": "русские", "mixed": "вперемешку", **_ANY_LABEL},
    )
    rows: Literal["array", "object", "any"] = _choice(
        "array", "spelling", "одна строка", {"array": "массив", "object": "объект", **_ANY_LABEL}
    )
    empty: Literal["plain", "blank", "braces", "absent", "any"] = _choice(
        "plain",
        "spelling",
        "пустое",
        {"plain": "null и «»", "blank": "«»", "braces": "{}", "absent": "нет ключа", **_ANY_LABEL},
    )
    decimals: Literal["plain", "nbsp", "narrow", "any"] = _choice(
        "plain",
        "spelling",
        "суммы",
        {
            "plain": "1700.50",
            "nbsp": "1 700,50 (NBSP)",
            "narrow": "1 700,50 (узкий NBSP)",
            **_ANY_LABEL,
        },
    )
    numbers: Literal["number", "text", "any"] = _choice(
        "number", "spelling", "числа", {"number": "числом", "text": "строкой", **_ANY_LABEL}
    )
    flags: Literal["literal", "text", "one", "istina", "da", "any"] = _choice(
        "literal",
        "spelling",
        "булево",
        {
            "literal": "true",
            "text": "«true»",
            "one": "1",
            "istina": "Истина",
            "da": "Да",
            **_ANY_LABEL,
        },
    )
    guids: Literal["plain", "braced", "upper", "odata", "any"] = _choice(
        "plain",
        "spelling",
        "GUID",
        {"plain": "обычный", "braced": "{…}", "upper": "ПРОПИСНЫЕ", "odata": "guid'…'", **_ANY_LABEL},
    )
    dates: Literal["naive", "offset", "zulu", "russian", "microsoft", "any"] = _choice(
        "naive",
        "spelling",
        "даты",
        {
            "naive": "без пояса",
            "offset": "+03:00",
            "zulu": "Z",
            "russian": "дд.мм.гггг",
            "microsoft": "/Date(…)/ (JSON)",
            **_ANY_LABEL,
        },
    )
    zero_refs: Sometimes = _choice("no", "spelling", "нулевой GUID в пустых ссылках", _SOMETIMES)
    empty_dates: Sometimes = _choice("no", "spelling", "0001-01-01 в пустых датах", _SOMETIMES)
    medical: Sometimes = _choice("no", "spelling", "медицинские поля (хаб их выбрасывает)", _SOMETIMES)

    numbered: bool = _switch(False, "order", "нумеровать сообщения")
    nodes: Literal["shared", "own"] = _choice(
        "shared", "order", "счётчик номеров", {"shared": "общий на базу", "own": "свой у каждого узла"}
    )
    shuffle: bool = _switch(False, "order", "перемешивать в пределах 5 с")
    lose_percent: int = _number(0, "order", "номера теряются по дороге, %", 0, 50)
    event_id: Literal["own", "none", "reused", "any"] = _choice(
        "own",
        "order",
        "event_id",
        {"own": "свой", "none": "нет", "reused": "один на все версии документа", **_ANY_LABEL},
    )
    skew_minutes: int = _number(0, "order", "часы узла сбиты, мин", -720, 720)
    jump_minutes: int = _number(0, "order", "часы прыгают в пределах ±, мин", 0, 720)

    copies: int = _number(1, "transport", "каждую отправку ×n", 1, 100)
    lanes: int = _number(1, "transport", "отправок параллельно", 1, 32)
    delay_ms: int = _number(0, "transport", "задержка, мс", 0, 60_000)
    signature: Literal["off", "on", "stale", "wrong"] = _choice(
        "off",
        "transport",
        "подпись HMAC",
        {"off": "нет", "on": "есть", "stale": "старая", "wrong": "неверная"},
    )
    credentials: Literal["real", "forged"] = _choice(
        "real", "transport", "пароль", {"real": "верный", "forged": "поддельный"}
    )
    retries: Literal["patient", "connector", "none"] = _choice(
        "patient",
        "transport",
        "повторы",
        {
            "patient": "пока не примут",
            "connector": "как Connector: 1, 2, 4… с, всего 10 мин",
            "none": "нет",
        },
    )

    @pydantic.field_validator("bom", mode="before")
    @classmethod
    def _bom_as_boolean(cls, value: object) -> object:
        if isinstance(value, bool):
            return "always" if value else "never"
        return value


PRESETS: dict[str, dict[str, str]] = {
    "tidy": {
        name: str(field.default)
        for name, field in Knobs.model_fields.items()
        if ANY in get_args(field.annotation)
    },
    "wild": {name: ANY for name, field in Knobs.model_fields.items() if ANY in get_args(field.annotation)},
}
"""Every drawn knob at once: as a careful 1C developer would set them, or as the field really is."""


def describe(knobs: Knobs) -> list[dict[str, object]]:
    """List the knobs for a page: name, section, title, present value, and what it may become."""
    return [_described(name, field, getattr(knobs, name)) for name, field in Knobs.model_fields.items()]


def _described(name: str, field: pydantic.fields.FieldInfo, value: object) -> dict[str, object]:
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    kind = "choice" if "labels" in extra else "switch" if isinstance(field.default, bool) else "number"
    return {
        "name": name,
        "title": field.title,
        "kind": kind,
        "value": value,
        "default": field.default,
        **extra,
    }
