"""What a notice says, before anybody spells it: a tree of typed values under their English names."""

import datetime as dt
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference; "" is the empty one."""

    guid: str


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in kopecks."""

    kopecks: int


@dataclass(frozen=True, slots=True)
class Count:
    """A whole number."""

    value: int


@dataclass(frozen=True, slots=True)
class Flag:
    """A boolean."""

    is_set: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant in the clinic's zone, or none."""

    at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day, or none."""

    on: dt.date | None


@dataclass(frozen=True, slots=True)
class Word:
    """A value of an enumeration: its name for programmers and its Russian presentation."""

    name: str
    russian: str


Scalar: TypeAlias = "Ref | Money | Count | Flag | Moment | Day | Word | str"
Node: TypeAlias = "Scalar | Tree | list[Tree]"
Tree: TypeAlias = "dict[str, Node]"
