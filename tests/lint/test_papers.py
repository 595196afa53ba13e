"""The papers tell the truth: what they list exists, and what exists is listed."""

import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

import pytest
import yaml

from hub.db.base import Base
from hub.domain.approvals.rules import ApprovalState
from hub.domain.ledger.kinds import EntryKind
from hub.domain.notifications.models import NoticeState
from hub.inbox.models import InboxState
from hub.kernel.settings import Settings
from hub.mapping import metadata
from hub.outbox.models import DeliveryState

ROOT = Path(__file__).resolve().parents[2]
ADRS = sorted((ROOT / "docs/adr").glob("*.md"))
PAPERS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")), *ADRS]
OF_THE_STACK = {"HUB_STATE_DIR", "HUB_PORT", "HUB_PORT_OFFSET"}
ADR_SECTIONS = ["Context", "Decision", "Consequences", "Alternatives", "Kept by"]
SPOKEN_DEFAULTS = {
    "HUB_DATABASE_OWNER_URL": "`HUB_DATABASE_URL`",
    "HUB_BROKER_URL": "`HUB_REDIS_URL`",
    "HUB_TOKEN_KEYS_OLD": "none",
    "HUB_METRICS_TOKEN": "none",
    "HUB_AUDIT_DIR": "none",
    "HUB_SMS_LOGIN": "none",
    "HUB_SMS_SENDER": "none",
    "HUB_MAIL_URL": "none",
    "HUB_MAIL_REPLY_TO": "none",
    "HUB_MAIL_BOUNCES_URL": "none",
    "HUB_BITRIX24_URL": "none",
    "HUB_BITRIX24_CLIENT_ID": "none",
    "HUB_BITRIX24_CLIENT_SECRET": "none",
    "HUB_BITRIX24_MEMBER_ID": "none",
    "HUB_BITRIX24_HOOK": "none",
    "HUB_RATES": "none",
    "HUB_CORS_ORIGINS": "none",
}
"""Where nothing means something better."""
IN_RUSSIAN = {"required": "обязательна", "none": "нет"}
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def outline(text: str) -> list[int]:
    """Levels of the headings."""
    return [len(marks) for marks in re.findall(r"^(#+) ", FENCE.sub("", text), re.MULTILINE)]


def commands(text: str) -> list[str]:
    """Code blocks without what is for people: comments, blanks, labels of pictures."""
    blocks = []
    for block in FENCE.findall(text):
        if block.startswith("```mermaid"):
            bare = re.sub(r"(--|-\.) .*? (\.?-+>)", r"\1\2", re.sub(r"\[.*?\]|\(.*?\)", "", block))
        else:
            bare = re.sub(r"(^|\s)#.*", "", block)
        blocks.append("\n".join(line.rstrip() for line in bare.splitlines() if line.strip()))
    return blocks


def configuration(text: str) -> list[tuple[str, str]]:
    return re.findall(r"^\| `(HUB_\w+)` \| ([^|]+?) \|", text, re.MULTILINE)


def targets(text: str) -> list[str]:
    """Where links and pictures lead, but for the one that changes the language."""
    found = re.findall(r"\]\(([^)]+)\)|<(https?://[^>]+)>", text)
    return sorted((link or address) for link, address in found if not link.startswith("README"))


def anchors(text: str) -> set[str]:
    """The names that a reader's page gives to headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("shape", [outline, commands, targets], ids=lambda shape: shape.__name__)
def test_the_russian_readme_is_a_twin_of_the_english_one(shape: Callable[[str], list[object]]) -> None:
    english = shape(read("README.md"))
    assert len(english) >= 4
    assert shape(read("README.ru.md")) == english


def test_both_readmes_have_the_same_tables() -> None:
    tables = [
        re.findall(r"(?:^\|.*\n)+", read(paper), re.MULTILINE) for paper in ("README.md", "README.ru.md")
    ]
    english, russian = ([table.count("\n") for table in own] for own in tables)
    assert russian == english
    told = [(name, IN_RUSSIAN.get(default, default)) for name, default in configuration(read("README.md"))]
    assert configuration(read("README.ru.md")) == told


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_links_to_a_heading_find_it(paper: Path) -> None:
    text = paper.read_text(encoding="utf-8")
    lost = []
    for file, name in re.findall(r"\]\((?!https?://)([^)#]*)#([^)]+)\)", text):
        there = (paper.parent / file).read_text(encoding="utf-8") if file else text
        if name not in anchors(there):
            lost.append(f"{file}#{name}")
    assert lost == []


def test_the_configuration_table_is_equal_to_the_settings() -> None:
    told = dict(configuration(read("README.md")))
    known = {}
    for name, field in Settings.model_fields.items():
        variable = f"HUB_{name.upper()}"
        default = str(field.default).lower() if isinstance(field.default, bool) else field.default
        known[variable] = "required" if field.is_required() else SPOKEN_DEFAULTS.get(variable, f"`{default}`")
    assert {name: default for name, default in told.items() if name not in OF_THE_STACK} == known
    assert told.keys() >= OF_THE_STACK


def test_git_hooks_fetch_nothing() -> None:
    repositories = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
    assert [repository["repo"] for repository in repositories] == ["local"]
    assert {hook["language"] for hook in repositories[0]["hooks"]} <= {"system", "pygrep"}


def test_what_compose_asks_for_is_explained() -> None:
    asked = set(re.findall(r"\$\{(\w+)[:}]", read("docker-compose.yml")))
    listed = set(re.findall(r"^(?:# )?(\w+)=", read(".env.example"), re.MULTILINE))
    assert asked <= listed


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_links_inside_the_repository_lead_somewhere(paper: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", paper.read_text(encoding="utf-8"))
    assert [target for target in targets if not (paper.parent / target).exists()] == []


@pytest.mark.parametrize("adr", ADRS, ids=lambda adr: adr.stem)
def test_a_decision_says_why_and_what_keeps_it(adr: Path) -> None:
    text = adr.read_text(encoding="utf-8")
    assert text.startswith(f"# {adr.name[:4]}. ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ADR_SECTIONS


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [adr.name[:4] for adr in ADRS] == [f"{number:04}" for number in range(1, len(ADRS) + 1)]


def test_the_glossary_lists_the_tables_of_the_schema_with_their_classes() -> None:
    told = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", read("docs/glossary.md"), re.MULTILINE)
    classes = {mapper.local_table.name: mapper.class_.__name__ for mapper in Base.registry.mappers}
    assert classes.keys() == metadata.tables.keys()
    assert sorted(told) == sorted(classes.items())


def test_the_glossary_knows_every_kind_of_entry() -> None:
    glossary = read("docs/glossary.md")
    assert [kind for kind in EntryKind if f"kind `{kind}`" not in glossary] == []


@pytest.mark.parametrize(
    ("states", "heading"),
    [(InboxState, "## 4."), (DeliveryState, "## 5."), (NoticeState, "## 5a."), (ApprovalState, "## 10.")],
    ids=["inbox", "delivery", "notice", "approval"],
)
def test_the_state_diagrams_know_every_state(states: type[StrEnum], heading: str) -> None:
    picture = read("docs/architecture.md").partition(heading)[2].partition("\n## ")[0]
    drawn = {
        state for edge in re.findall(r"^  (\S+) --> (\w+|\[\*\])", picture, re.MULTILINE) for state in edge
    }
    assert drawn - {"[*]"} == {state.value for state in states}
