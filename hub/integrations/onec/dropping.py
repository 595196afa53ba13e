"""What nobody may keep leaves a body before it is kept; what nobody reads is counted.

Every body is surveyed on its tree, by the remembered plans of its keys. Only one that needs it is
walked again field by field and written anew; all others are kept byte for byte.
"""

from dataclasses import dataclass

from lxml import etree

from hub.integrations.onec import medical, names
from hub.integrations.onec.json_shape import JsonItem, write_json
from hub.integrations.onec.spelling import STRANGE, Names
from hub.integrations.onec.tree import Fields, Tree
from hub.integrations.onec.xml_shape import BODY, MESSAGE, WRAPPERS, local_name


@dataclass(frozen=True, slots=True)
class Dropped:
    """How many fields left a body before it was kept, and how many are kept and never read."""

    medical: int = 0
    unknown: int = 0


NOTHING_DROPPED = Dropped()


def clean_json(item: JsonItem) -> tuple[str, Dropped]:
    """Give the text that may be kept: the very text that came, if nothing has to leave it."""
    survey = _Survey(item.whole)
    if not survey.has_medical:
        return item.text, Dropped(unknown=survey.unknown)
    stripping = _Stripping()
    text = write_json(item.text, stripping.whole)
    # What a repeated key hid is gone by writing anew.
    return text, Dropped(max(stripping.count, 1), survey.unknown)


def clean_xml(tree: Tree, root: etree._Element, *, hides: bool) -> Dropped:
    """Take medical fields out of a document whose event is `tree`; tells how many there were."""
    name = local_name(root)
    if STRANGE.plan({name: None}).is_medical:
        root.clear()
        return Dropped(medical=1)
    survey = _Survey(tree)
    if not survey.has_medical and not hides:
        return Dropped(unknown=survey.unknown)
    spellings = STRANGE if name == MESSAGE else names.ROOT
    return Dropped(_strip_element(root, spellings), survey.unknown)


class _Survey:
    """One look at a whole tree: has it to be cleaned, and how much of it does nobody know."""

    __slots__ = ("has_medical", "unknown")

    def __init__(self, tree: Tree) -> None:
        self.has_medical = False
        self.unknown = 0
        self._look(tree, names.ROOT)

    def _look(self, value: Tree, spellings: Names) -> None:
        if isinstance(value, dict):
            plan = spellings.plan(value)
            self.unknown += plan.unknown
            if plan.is_medical or (plan.label and _is_labelled(value, spellings)):
                self.has_medical = True
            for key, inner in value.items():
                if inner and not isinstance(inner, str):
                    self._look(inner, plan.inner.get(key) or spellings.inside(key))
        elif isinstance(value, list):
            for item in value:
                self._look(item, spellings)


class _Stripping:
    """The removal of medical fields from a tree, counted."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0

    def whole(self, tree: Tree) -> Tree:
        """Strip an event, in place; one that is itself a medical row is left empty."""
        kept = self._rows([tree], names.ROOT)
        return kept[0] if kept else {}

    def _rows(self, values: list[Tree], spellings: Names) -> list[Tree]:
        kept = [value for value in values if not _is_labelled(value, spellings)]
        self.count += len(values) - len(kept)
        return [self._value(value, spellings) for value in kept]

    def _value(self, value: Tree, spellings: Names) -> Tree:
        if isinstance(value, list):
            return self._rows(value, spellings)
        if not isinstance(value, dict):
            return value
        known = spellings.plan(value).inner
        kept: Fields = {}
        for key, field in value.items():
            inner = known.get(key) or spellings.inside(key)
            if spellings.drops(key) or _is_labelled(field, inner):
                self.count += 1
            else:
                kept[key] = self._value(field, inner)
        return kept


def _is_labelled(value: Tree, spellings: Names) -> bool:
    """Tell a medical field that is written as a row of {name, value}."""
    label = spellings.find_label(value) if isinstance(value, dict) else None
    word = value[label] if label and isinstance(value, dict) else None
    return isinstance(word, str) and spellings.drops(word)


def _strip_element(element: etree._Element, spellings: Names) -> int:
    count = 0
    is_wrapper = local_name(element) in WRAPPERS
    for attribute in list(element.attrib):
        name = str(attribute).rpartition("}")[2]
        # On Property, «name» is the field's name and not somebody's.
        if spellings.drops(name) and not (is_wrapper and name == "name"):
            del element.attrib[attribute]
            count += 1
    for child in list(element):
        name, label = local_name(child), _label(child)
        key = label if name in WRAPPERS and label else name
        if spellings.drops(name) or (label and spellings.drops(label)):
            element.remove(child)
            count += 1
        elif name == BODY:
            count += _strip_element(child, names.ROOT)
        else:
            count += _strip_element(child, spellings if key in WRAPPERS else spellings.inside(key))
    return count


def _label(element: etree._Element) -> str | None:
    """Read which field an element stands for: Property by its attribute, pair by its Key, rows by a name."""
    if local_name(element) == "Property":
        return element.get("name")
    written = {str(key).rpartition("}")[2]: str(text) for key, text in element.attrib.items()}
    written |= {local_name(child): child.text or "" for child in element}
    label = medical.find_label(written)
    return written[label] if label else None
