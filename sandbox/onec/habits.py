"""How 1C happens to spell one notice: what the knobs leave open is drawn from the notice's own id."""

import random
from dataclasses import dataclass
from typing import Literal, get_args

from sandbox.onec.catalog import seeded
from sandbox.onec.knobs import ANY, Knobs

Format = Literal["json", "xml", "structure", "v8msg", "enterprise"]
FORMATS: tuple[Format, ...] = get_args(Format)
SHARE_WITH_BOM = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """The spelling of one body, nothing left open."""

    encoding: str
    has_bom: bool
    prolog: str
    content_type: str
    layout: str
    keys: str
    rows: str
    empty: str
    decimals: str
    numbers: str
    flags: str
    guids: str
    dates: str
    event_id: str
    has_zero_refs: bool
    has_empty_dates: bool
    has_medical: bool
    shift_minutes: int
    """How wrong the node's clock is in this very moment."""


def drawn_habits(event_id: str, body_format: Format, knobs: Knobs) -> Habits:
    """Draw the habits of one notice; the same notice under the same knobs always draws the same."""
    dice = seeded("habits", event_id)
    is_bom_drawn = dice.random() < SHARE_WITH_BOM
    jump_minutes = dice.randint(-knobs.jump_minutes, knobs.jump_minutes)
    drawn = {name: _drawn(dice, name, knobs) for name in _DRAWN}
    # /Date(…)/ is a habit of JSON writers alone; 1C's XML is always written by XDTO.
    dates = "naive" if drawn["dates"] == "microsoft" and body_format != "json" else drawn["dates"]
    return Habits(
        has_bom=knobs.bom == "always" or (knobs.bom == "sometimes" and is_bom_drawn),
        has_zero_refs=drawn["zero_refs"] == "yes",
        has_empty_dates=drawn["empty_dates"] == "yes",
        has_medical=drawn["medical"] == "yes",
        shift_minutes=knobs.skew_minutes + jump_minutes,
        encoding=drawn["encoding"],
        prolog=drawn["prolog"],
        content_type=drawn["content_type"],
        layout=drawn["layout"],
        keys=drawn["keys"],
        rows=drawn["rows"],
        empty=drawn["empty"],
        decimals=drawn["decimals"],
        numbers=drawn["numbers"],
        flags=drawn["flags"],
        guids=drawn["guids"],
        dates=dates,
        event_id=drawn["event_id"],
    )


_DRAWN = tuple(
    name
    for name, field in Knobs.model_fields.items()
    if ANY in get_args(field.annotation) and name != "format"
)


def _drawn(dice: random.Random, name: str, knobs: Knobs) -> str:
    chosen: str = getattr(knobs, name)
    # Drawn even when fixed: turning one knob must not change what the others draw.
    lot = dice.choice([value for value in get_args(Knobs.model_fields[name].annotation) if value != ANY])
    return str(lot) if chosen == ANY else chosen
