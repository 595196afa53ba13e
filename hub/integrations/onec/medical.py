"""Names of fields that may hold a medical secret (323-ФЗ, article 13) or a document's number.

A name is judged, never a value. Too wide is safe here: what these names hold is never read anyway,
and a law in the tests keeps our own names out. Names, titles and descriptions are a secret where they
say what was done and by whom: in lines of service.
"""

import re
from collections.abc import Iterable

_WORDS = re.compile(
    r"диагно|мкб|анамне|жалоб|заключен|результат|анализ|назначен|протокол|рецепт|снилс|паспорт|полис"
    r"|комментар|примечан|симптом|аллерг|лечени|исследован|направлени|специальност|отделени|фото"
    r"|diagno|anamne|complaint|zhalob|conclusion|zaklyuchen|prescri|protocol|snils|passport|pasport|policy|polis"
    r"|comment|remark|symptom|allerg|treatment|medical|specialt|department|photo|finding"
)
_WHOLE_WORDS = re.compile(r"(?<![a-z])(?:icd|mkb|notes?|results?|analys[ei]s)(?![a-z])")
"""Too short to be looked for inside of words."""
_TITLES = re.compile(r"наименован|названи|описани|представлени|содержани|фио|name|title|descri|presentation")
"""What says in words which service or which doctor."""
_OF_SERVICE = re.compile(r"работ|услуг|номенклатур|сотрудник|врач|line|service|doctor|employee")
_HUMP = re.compile(r"(?<=[a-zа-я0-9])(?=[A-ZА-Я])")
_LABELS = frozenset({"name", "key", "имя", "ключ", "наименование", "свойство", "реквизит"})
_VALUES = frozenset({"value", "значение"})


def is_medical(name: str, *, of_service: bool) -> bool:
    """Tell whether a field of this name is dropped; `of_service`: it stands in a line of service."""
    word = _HUMP.sub("_", name).lower().replace("ё", "е")
    return bool(_WORDS.search(word) or _WHOLE_WORDS.search(word) or (of_service and _TITLES.search(word)))


def is_of_service(name: str) -> bool:
    """Tell whether what is under this name is about a service or a doctor."""
    return bool(_OF_SERVICE.search(name.lower()))


def find_label(names: Iterable[str]) -> str | None:
    """Find the key that names a row of {name, value}: {"Имя": "Диагноз", "Значение": "…"}."""
    by_word = {name.strip().lower(): name for name in names}
    if not _VALUES & by_word.keys():
        return None
    return next((by_word[label] for label in sorted(_LABELS & by_word.keys())), None)
