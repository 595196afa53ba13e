"""How 1C happens to spell and send one push: the operator's knobs, and the habits drawn for one notice."""

from dataclasses import dataclass
from typing import Literal

import pydantic

from sandbox.onec.catalog import seeded

Format = Literal["json", "xml"]
SHARE_WITH_BOM = 0.3
SHARE_LOCAL = 0.5
CONTENT_TYPES: dict[Format, tuple[str | None, ...]] = {
    "json": ("application/json; charset=utf-8", "application/json", "text/plain", None),
    "xml": ("application/xml; charset=utf-8", "text/xml", None),
}


class Knobs(pydantic.BaseModel):
    """What the operator turned. `bom` also takes a boolean: always or never."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    stream: bool = True
    numbered: bool = False
    bom: Literal["sometimes", "always", "never"] = "sometimes"
    format: Literal["alternate", "json", "xml"] = "alternate"
    delay_ms: int = pydantic.Field(default=0, ge=0, le=60_000)
    shuffle: bool = False

    @pydantic.field_validator("bom", mode="before")
    @classmethod
    def _bom_as_boolean(cls, value: object) -> object:
        if isinstance(value, bool):
            return "always" if value else "never"
        return value


@dataclass(frozen=True, slots=True)
class Habits:
    """The spelling of one body. `is_local` writes «1 700,00», «Истина» and dd.mm.yyyy where XML allows it."""

    has_bom: bool
    content_type: str | None
    is_local: bool


def drawn_habits(event_id: str, body_format: Format, knobs: Knobs) -> Habits:
    """Draw the habits of one notice; the same notice always draws the same."""
    dice = seeded("habits", event_id)
    is_bom_drawn = dice.random() < SHARE_WITH_BOM
    return Habits(
        has_bom=knobs.bom == "always" or (knobs.bom == "sometimes" and is_bom_drawn),
        content_type=dice.choice(CONTENT_TYPES[body_format]),
        is_local=dice.random() < SHARE_LOCAL,
    )
