"""The papers tell the truth: what they list exists, and what exists is listed."""

import re
from pathlib import Path

import pytest
import yaml

from hub.domain.ledger.kinds import EntryKind
from hub.inbox.models import InboxState
from hub.kernel.settings import Settings
from hub.mapping import metadata
from hub.outbox.models import DeliveryState

ROOT = Path(__file__).resolve().parents[2]
ADRS = sorted((ROOT / "docs/adr").glob("*.md"))
PAPERS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")), *ADRS]
OF_THE_STACK = {"HUB_STATE_DIR", "HUB_PORT", "HUB_PORT_OFFSET"}
ADR_SECTIONS = ["Context", "Decision", "Consequences", "Alternatives", "Kept by"]
SPOKEN_DEFAULTS = {
    "HUB_DATABASE_OWNER_URL": "`HUB_DATABASE_URL`",
    "HUB_BROKER_URL": "`HUB_REDIS_URL`",
    "HUB_METRICS_TOKEN": "none",
}
"""Where None means something better than nothing."""


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_the_configuration_table_is_equal_to_the_settings() -> None:
    told = dict(re.findall(r"^\| `(HUB_\w+)` \| ([^|]+?) \|", read("README.md"), re.MULTILINE))
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


def test_the_glossary_knows_every_table() -> None:
    glossary = read("docs/glossary.md")
    assert [table for table in sorted(metadata.tables) if f"`{table}`" not in glossary] == []


def test_the_glossary_knows_every_kind_of_entry() -> None:
    glossary = read("docs/glossary.md")
    assert [kind for kind in EntryKind if f"kind `{kind}`" not in glossary] == []


@pytest.mark.parametrize(
    ("states", "heading"), [(InboxState, "## 4."), (DeliveryState, "## 5.")], ids=["inbox", "delivery"]
)
def test_the_state_diagrams_know_every_state(
    states: type[InboxState] | type[DeliveryState], heading: str
) -> None:
    picture = read("docs/architecture.md").partition(heading)[2].partition("\n## ")[0]
    drawn = {
        state for edge in re.findall(r"^  (\S+) --> (\w+|\[\*\])", picture, re.MULTILINE) for state in edge
    }
    assert drawn - {"[*]"} == {state.value for state in states}
