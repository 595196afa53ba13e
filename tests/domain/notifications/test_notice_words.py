"""Words: neutral, complete, safe; what cannot be sent is refused with its reason and place."""

import re

import pytest

from hub.domain.notifications.catalogue import CATALOGUE, EXPIRY_THRESHOLDS, LINKLESS, Channel, NoticeKind
from hub.domain.notifications.errors import TemplateInvalidError
from hub.domain.notifications.preferences import Language
from hub.domain.notifications.rendering import TEXT_MAX, check_words, render, sample_values
from hub.domain.notifications.rules import count_segments
from hub.domain.notifications.texts import DEFAULTS, Words

CABINET = "https://loyalty.example.org"
MEDICAL = re.compile(
    r"(?i)клиник|врач|доктор|услуг|приём|визит|анализ|диагно|пациент|clinic|doctor|service|visit|patient"
)
ACCRUED = NoticeKind.POINTS_ACCRUED
EVERY = [(kind, channel, language) for kind in NoticeKind for channel in Channel for language in Language]


def rendered(kind: NoticeKind, channel: Channel, language: Language) -> str:
    words = DEFAULTS[kind, channel, language]
    made = render(channel, words, sample_values(kind, cabinet_url=CABINET), language=language)
    return f"{made.subject}\n{made.text}\n{made.html}"


def test_every_kind_stands_in_the_catalogue_with_words_in_both_languages() -> None:
    assert set(CATALOGUE) == set(NoticeKind)
    assert set(DEFAULTS) == set(EVERY)


@pytest.mark.parametrize(("kind", "channel", "language"), EVERY)
def test_the_codes_own_words_are_fit_to_send(kind: NoticeKind, channel: Channel, language: Language) -> None:
    check_words(kind, channel, DEFAULTS[kind, channel, language])
    assert rendered(kind, channel, language).strip()


@pytest.mark.parametrize(("kind", "channel", "language"), EVERY)
def test_words_tell_nothing_of_a_clinic_a_doctor_or_a_service(
    kind: NoticeKind, channel: Channel, language: Language
) -> None:
    words = DEFAULTS[kind, channel, language]
    assert MEDICAL.findall(words.subject + words.body) == []


@pytest.mark.parametrize("kind", sorted(LINKLESS))
def test_what_warns_of_an_expiry_has_no_link(kind: NoticeKind) -> None:
    for channel in Channel:
        for language in Language:
            assert "http" not in rendered(kind, channel, language)


def test_warnings_of_expiry_are_among_the_linkless() -> None:
    assert set(EXPIRY_THRESHOLDS.values()) | {NoticeKind.CERTIFICATE_EXPIRING} <= LINKLESS


@pytest.mark.parametrize("language", Language)
def test_a_default_text_is_two_segments_at_most(language: Language) -> None:
    for kind in NoticeKind:
        words = DEFAULTS[kind, Channel.SMS, language]
        text = render(Channel.SMS, words, sample_values(kind, cabinet_url=CABINET)).text
        assert count_segments(text).parts <= 2, text


@pytest.mark.parametrize(
    ("channel", "words", "problem", "name"),
    [
        (Channel.SMS, Words("", "{{ surname }}"), "unknown-variable", "surname"),
        (Channel.SMS, Words("", "{{ amount"), "syntax", None),
        (Channel.SMS, Words("", "{{ amount.__class__ }}"), "not-allowed", "Getattr"),
        (Channel.SMS, Words("", "{{ amount['x'] }}"), "not-allowed", "Getitem"),
        (Channel.SMS, Words("", "{% for x in amount %}{{ x }}{% endfor %}"), "not-allowed", None),
        (Channel.SMS, Words("", "{{ 'a' * 1000000000 }}"), "not-allowed", "Mul"),
        (Channel.SMS, Words("", "{{ range(9) }}"), "not-allowed", None),
        (Channel.SMS, Words("", "{% include 'x' %}"), "not-allowed", "Include"),
        (Channel.SMS, Words("", "{% set amount = 1 %}"), "not-allowed", "Assign"),
        (Channel.SMS, Words("", "{{ amount|attr('x') }}"), "unknown-filter", "attr"),
        (Channel.SMS, Words("", "  "), "body-missing", None),
        (Channel.SMS, Words("", "x" * (TEXT_MAX + 1)), "too-long", None),
        (Channel.SMS, Words("Тема", "x"), "subject-of-sms", None),
        (Channel.EMAIL, Words("", "x"), "subject-missing", None),
        (Channel.EMAIL, Words("a\nBcc: x@y.z", "x"), "subject-of-lines", None),
        (Channel.EMAIL, Words("{{ phone }}", "x"), "unknown-variable", "phone"),
    ],
)
def test_unusable_words_are_refused_with_their_reason(
    channel: Channel, words: Words, problem: str, name: str | None
) -> None:
    with pytest.raises(TemplateInvalidError) as refused:
        check_words(ACCRUED, channel, words)
    assert refused.value.facts["problem"] == problem
    if name is not None:
        assert refused.value.facts["name"] == name


def test_a_refusal_names_the_line() -> None:
    with pytest.raises(TemplateInvalidError) as refused:
        check_words(ACCRUED, Channel.EMAIL, Words("Тема", "первая\nвторая {{ doctor }}"))
    assert refused.value.facts["line"] == 2


@pytest.mark.parametrize("link", ["http://x.ru", "HTTPS://x.ru", "www.x.ru"])
def test_a_link_is_refused_where_none_may_stand(link: str) -> None:
    with pytest.raises(TemplateInvalidError) as refused:
        check_words(NoticeKind.POINTS_EXPIRING_7, Channel.SMS, Words("", f"Скорее: {link}"))
    assert refused.value.facts["problem"] == "link-forbidden"


def test_stored_markup_is_shown_as_text() -> None:
    words = Words("<b>{{ amount }}</b>", "<script>alert(1)</script>\n\n{{ unit }}")
    values = sample_values(ACCRUED, cabinet_url=CABINET) | {"unit": "<img src=x onerror=alert(1)>"}
    made = render(Channel.EMAIL, words, values)
    assert "<script>" not in made.html
    assert "<img" not in made.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in made.html
    assert "<script>alert(1)</script>" in made.text


def test_a_line_break_in_a_value_makes_no_new_header() -> None:
    values = sample_values(ACCRUED, cabinet_url=CABINET) | {"amount": "1\r\nBcc: thief@example.org"}
    made = render(Channel.EMAIL, Words("{{ amount }}", "x"), values)
    assert "\n" not in made.subject
    assert "\r" not in made.subject


def test_a_variable_that_the_notice_lacks_is_an_error_and_an_optional_one_is_empty() -> None:
    with pytest.raises(TemplateInvalidError):
        render(Channel.SMS, Words("", "{{ amount }}"), {})
    words = DEFAULTS[ACCRUED, Channel.SMS, Language.RU]
    values = sample_values(ACCRUED, cabinet_url=CABINET)
    del values["available_on"]
    assert render(Channel.SMS, words, values).text == "Моя ❤ скидка: начислено 150 кэшбэка."
