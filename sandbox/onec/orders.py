"""What a button or a script may ask of the control plane."""

import decimal
from typing import Annotated, Literal

import pydantic

from sandbox.onec.habits import Format

COPIES_MAX = 500
NUMBERS_MAX = 2_000

Amount = Annotated[decimal.Decimal, pydantic.Field(gt=0, max_digits=10, decimal_places=2)]


class Order(pydantic.BaseModel):
    """What every button may say: in which format to push."""

    model_config = pydantic.ConfigDict(extra="forbid")

    format: Format | None = None


class VisitOrder(Order):
    """A new visit; without an amount its lines are drawn."""

    patient_ref: str | None = None
    amount: Amount | None = None
    referral_code: str = pydantic.Field(default="", max_length=40)
    refund_first: bool = False
    """Refund it at once, and tell the refund before the visit."""
    rollback: bool = False
    """Tell it, then roll the posting back: the document never came to be."""


class EditOrder(Order):
    """A new total; without one it is drawn."""

    amount: Amount | None = None


class UnpostOrder(Order):
    """`silent`: a plain snapshot with posted=false instead of visit.cancelled."""

    silent: bool = False


class RefundOrder(Order):
    """One line, or without a number all that is left."""

    line_no: int | None = None


class NewPatientOrder(Order):
    """Somebody new: the card alone, or a visit with the card before or after it."""

    visit: Literal["none", "before_card", "after_card"] = "none"


class MergeOrder(Order):
    """Which card stays."""

    into_ref: str


class ResendOrder(pydantic.BaseModel):
    """How many copies, and whether all at once."""

    model_config = pydantic.ConfigDict(extra="forbid")

    copies: int = pydantic.Field(default=1, ge=1, le=COPIES_MAX)
    parallel: bool = False


class LoseOrder(pydantic.BaseModel):
    """How many of the next numbered messages get lost."""

    model_config = pydantic.ConfigDict(extra="forbid")

    count: int = pydantic.Field(ge=0, le=NUMBERS_MAX)


class NumbersOrder(pydantic.BaseModel):
    """Message numbers to send again, of one node when nodes count by themselves."""

    model_config = pydantic.ConfigDict(extra="forbid", populate_by_name=True)

    first: int = pydantic.Field(alias="from", ge=1)
    last: int = pydantic.Field(alias="to", ge=1)
    node: str = ""

    @pydantic.model_validator(mode="after")
    def _bounded(self) -> "NumbersOrder":
        if not 0 <= self.last - self.first < NUMBERS_MAX:
            raise ValueError("the range is empty or too long")
        return self


class TroubleOrder(pydantic.BaseModel):
    """Which bad body to send."""

    model_config = pydantic.ConfigDict(extra="forbid")

    kind: str
