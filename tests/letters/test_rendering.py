"""A letter says the same in text and HTML, whatever words it is given, and asks the network for nothing."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.letters.rendering import Button, Picture, render_letter

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60)
VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """What a mail program sees: tags in balance, attributes, words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def squeezed(words: str) -> str:
    return re.sub(r"\s+", "", words)


@given(WORDS, WORDS, st.lists(WORDS, max_size=4), WORDS, WORDS, WORDS)
def test_words_stay_words_in_both_twins(
    subject: str, heading: str, paragraphs: list[str], label: str, alt: str, footer: str
) -> None:
    text, html = render_letter(
        subject,
        heading,
        paragraphs,
        button=Button(label, "https://hub.example/c?a=1&b=2"),
        picture=Picture("qr@hub", alt),
        footer=footer,
    )
    page = Page(html)
    assert page.stack == []
    assert {tag for tag, _ in page.tags} <= {
        *("html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td"),
        *("p", "h1", "a", "img"),
    }
    shown = squeezed("".join(page.words))
    for words in (heading, *paragraphs, label, footer):
        assert squeezed(words) in shown
        assert words in text
    [image] = [own for tag, own in page.tags if tag == "img"]
    assert (image["src"], image["alt"]) == ("cid:qr@hub", alt)
    assert alt in text


def test_a_letter_with_everything_reads_as_text() -> None:
    text, _ = render_letter(
        "Чек",
        "Начислено 105 баллов",
        ["Спасибо.\nЖдём вас."],
        button=Button("Открыть", "https://hub.example/"),
        footer="ООО «Клиника»",
        unsubscribe_url="https://hub.example/u/1",
    )
    assert text == (
        "Начислено 105 баллов\n\nСпасибо.\nЖдём вас.\n\nОткрыть: https://hub.example/\n\n-- \n"
        "Моя ❤ скидка\nООО «Клиника»\nОтписаться от таких писем: https://hub.example/u/1\n"
    )


def test_a_letter_without_extras_has_no_link_and_no_picture() -> None:
    text, html = render_letter("Чек", "Чек", ["Текст"], language="en")
    assert {tag for tag, _ in Page(html).tags}.isdisjoint({"a", "img"})
    assert text == "Чек\n\nТекст\n\n-- \nMy ❤ discount\n"
    assert 'lang="en"' in html


def test_nothing_comes_from_the_network_and_no_dollar_is_taken_for_a_place() -> None:
    _, html = render_letter("$body", "$heading ${footer} $", ["$5", "<script>alert(1)</script>"])
    assert "$heading ${footer} $" in unescape(html)
    assert "<script" not in html
    assert re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?\s*(?:https?:)?//""", html) == []


def test_a_line_break_stays_one() -> None:
    assert "раз<br>два<br>три" in render_letter("т", "т", ["раз\nдва\r\nтри"]).html


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//hub.example", "hub.example", "https://", "https://a b"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"not an http\(s\) address"):
        render_letter("т", "т", [], button=Button("Открыть", url))
    with pytest.raises(ValueError, match=r"not an http\(s\) address"):
        render_letter("т", "т", [], unsubscribe_url=url)


def test_a_content_id_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not a content id"):
        render_letter("т", "т", [], picture=Picture('x" onerror="', "QR"))
