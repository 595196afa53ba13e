"""Russian is the language of the house; English for those whose Accept-Language puts it first."""


def prefers_english(accept_language: str) -> bool:
    """Tell whether English is wanted more than Russian; what cannot be read wants nothing."""
    wishes: dict[str, int] = {}
    for part in accept_language[:_LENGTH_MAX].split(","):
        tag, _, parameters = part.strip().partition(";")
        language = tag.partition("-")[0].strip().lower()
        wishes[language] = max(wishes.get(language, 0), _read_quality(parameters))
    return wishes.get("en", 0) > wishes.get("ru", 0)


def _read_quality(parameters: str) -> int:
    """Read `q=0.8` as thousandths; 1000 when none is given."""
    name, _, number = parameters.strip().partition("=")
    if name.strip() != "q":
        return _WHOLE
    whole, _, rest = number.strip().partition(".")
    digits = (rest + "000")[:3]
    if whole not in {"0", "1"} or not digits.isdigit():
        return 0
    return min(_WHOLE, int(whole) * _WHOLE + int(digits))


_WHOLE = 1_000
_LENGTH_MAX = 200
