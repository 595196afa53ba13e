"""What is wrong with one field, in words; by the validator's own error types.

Neither the value nor the validator's message goes out: both may quote what was sent.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

_OTHER = ("Недопустимое значение.", "Not a valid value.")
_FIELD_TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "missing": ("Обязательное поле.", "Required."),
        "extra_forbidden": ("Неизвестное поле.", "Unknown field."),
        "model_attributes_type": ("Ожидается объект.", "An object is expected."),
        "model_type": ("Ожидается объект.", "An object is expected."),
        "dict_type": ("Ожидается объект.", "An object is expected."),
        "string_type": ("Ожидается строка.", "A string is expected."),
        "string_too_short": ("Слишком коротко.", "Too short."),
        "string_too_long": ("Слишком длинно.", "Too long."),
        "string_pattern_mismatch": ("Неверный вид.", "Wrong format."),
        "int_type": ("Ожидается целое число.", "An integer is expected."),
        "int_parsing": ("Ожидается целое число.", "An integer is expected."),
        "bool_type": ("Ожидается true или false.", "true or false is expected."),
        "bool_parsing": ("Ожидается true или false.", "true or false is expected."),
        "greater_than_equal": ("Слишком мало.", "Too small."),
        "greater_than": ("Слишком мало.", "Too small."),
        "less_than_equal": ("Слишком много.", "Too large."),
        "less_than": ("Слишком много.", "Too large."),
        "enum": ("Нет такого варианта.", "No such choice."),
        "literal_error": ("Нет такого варианта.", "No such choice."),
        "datetime_from_date_parsing": (
            "Ожидается дата и время RFC 3339.",
            "An RFC 3339 instant is expected.",
        ),
        "datetime_parsing": ("Ожидается дата и время RFC 3339.", "An RFC 3339 instant is expected."),
        "timezone_aware": ("Укажите часовой пояс, например Z.", "Give a time zone, such as Z."),
        "list_type": ("Ожидается список.", "A list is expected."),
    }
)


def describe_fields(errors: Sequence[Mapping[str, Any]], *, is_english: bool) -> list[dict[str, str]]:
    """Write the validator's errors as `errors[]`: where it stands, a code, and words."""
    return [
        describe_field(
            [str(step) for step in error["loc"][1:]],
            where=str(error["loc"][0]),
            code=str(error["type"]),
            is_english=is_english,
        )
        for error in errors
    ]


def describe_field(path: Sequence[str], *, where: str, code: str, is_english: bool) -> dict[str, str]:
    """Write one entry of `errors[]`; `pointer` is RFC 6901 into the body, query or path."""
    pointer = "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in path)
    russian, english = _FIELD_TEXTS.get(code, _OTHER)
    return {
        "where": where,
        "pointer": pointer,
        "code": code.replace("_", "-"),
        "message": english if is_english else russian,
    }
