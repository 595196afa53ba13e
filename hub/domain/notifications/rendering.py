"""Words made of a template: text only, so that nothing stored can become markup.

Jinja2 in a sandbox, cut down to what a notice needs: variables, conditions, a few filters. No loop, no call,
no attribute: a template can neither reach anything nor grow without end. A letter's HTML is made of its text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from hub.domain.notifications.catalogue import CATALOGUE, LINKLESS, Channel, NoticeKind
from hub.domain.notifications.errors import TemplateInvalidError
from hub.domain.notifications.preferences import Language
from hub.domain.notifications.texts import Words
from hub.letters.rendering import Button, render_letter

_CABINET = {Language.RU: "Баланс и история", Language.EN: "Balance and history"}
PROGRAM = "Моя ❤ скидка"
SUBJECT_MAX = 150
TEXT_MAX = 500
LETTER_MAX = 10_000
_FILTERS = frozenset({"upper", "lower", "capitalize", "trim"})
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Filter,
)
_SCHEME = re.compile(r"(?i)https?://|www\.")
_WORDS = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """Words for one person: `subject` and `html` are empty for an SMS."""

    subject: str
    text: str
    html: str


def check_words(kind: NoticeKind, channel: Channel, words: Words) -> None:
    """Refuse words that could not be sent. Raises: TemplateInvalidError, which says why and where."""
    body_max = TEXT_MAX if channel is Channel.SMS else LETTER_MAX
    if channel is Channel.SMS and words.subject:
        raise TemplateInvalidError(problem="subject-of-sms")
    if channel is Channel.EMAIL and not words.subject.strip():
        raise TemplateInvalidError(problem="subject-missing")
    if not words.body.strip():
        raise TemplateInvalidError(problem="body-missing")
    if len(words.subject) > SUBJECT_MAX or len(words.body) > body_max:
        raise TemplateInvalidError(problem="too-long")
    if "\n" in words.subject or "\r" in words.subject:
        raise TemplateInvalidError(problem="subject-of-lines")
    if kind in LINKLESS and (_SCHEME.search(words.subject) or _SCHEME.search(words.body)):
        raise TemplateInvalidError(problem="link-forbidden")
    _check_source(kind, words.subject)
    _check_source(kind, words.body)


def render(
    channel: Channel,
    words: Words,
    values: Mapping[str, str],
    *,
    language: Language = Language.RU,
    unsubscribe_url: str = "",
) -> Rendered:
    """Fill the words in; a letter that may know the cabinet's address shows a button to it.

    Raises: TemplateInvalidError when they cannot be.
    """
    filled = {**dict.fromkeys(_OPTIONAL, ""), **values}
    try:
        subject = " ".join(_WORDS.from_string(words.subject).render(filled).split())
        body = _WORDS.from_string(words.body).render(filled).strip()
    except TemplateError as error:
        raise TemplateInvalidError(problem="unrenderable", name=type(error).__name__) from error
    if channel is Channel.SMS:
        return Rendered("", " ".join(body.split()), "")
    letter = render_letter(
        subject,
        subject,
        [part.strip() for part in body.split("\n\n") if part.strip()],
        button=Button(_CABINET[language], values["cabinet_url"]) if "cabinet_url" in values else None,
        unsubscribe_url=unsubscribe_url,
        language=language.value,
    )
    return Rendered(subject, letter.text, letter.html)


def sample_values(kind: NoticeKind, *, cabinet_url: str) -> dict[str, str]:
    """Give values that a preview is filled with."""
    return {name: _SAMPLES.get(name, cabinet_url) for name in CATALOGUE[kind].variables}


def _check_source(kind: NoticeKind, source: str) -> None:
    try:
        tree = _WORDS.parse(source)
    except TemplateSyntaxError as error:
        raise TemplateInvalidError(problem="syntax", line=error.lineno) from error
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _ALLOWED):
            raise TemplateInvalidError(problem="not-allowed", name=type(node).__name__, line=node.lineno)
        if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
            raise TemplateInvalidError(problem="unknown-filter", name=node.name, line=node.lineno)
        if isinstance(node, nodes.Name) and node.name not in CATALOGUE[kind].variables:
            raise TemplateInvalidError(problem="unknown-variable", name=node.name, line=node.lineno)


_OPTIONAL = ("available_on", "valid_until")
"""What not every notice of a kind has: empty then."""
_SAMPLES = {
    "program": PROGRAM,
    "amount": "150",
    "unit": "кэшбэка",
    "count": "1",
    "available_on": "15.05.2026",
    "expires_on": "31.05.2026",
    "changes_on": "01.06.2026",
    "due_on": "30.06.2026",
    "valid_until": "31.12.2026",
    "days": "7",
    "tier": "Серебряный",
    "rate_percent": "7",
    "nominal": "5000",
    "balance": "3500",
}
