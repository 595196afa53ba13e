"""A tree as 1C serialises a Structure: what a developer gets for free from СериализаторXDTO."""

from lxml import etree

from sandbox.onec.spelling import Bare, Nothing, Spelled, Spelling
from sandbox.onec.tree import Node, Tree

CORE = "http://v8.1c.ru/8.1/data/core"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XS = "http://www.w3.org/2001/XMLSchema"
_BOOLEANS = frozenset({"true", "false"})


def structure_element(tree: Tree, spelling: Spelling) -> etree._Element:
    """Build the element Structure of the tree."""
    root = etree.fromstring(f'<Structure xmlns="{CORE}" xmlns:xs="{XS}" xmlns:xsi="{XSI}"/>')
    root.set(f"{{{XSI}}}type", "Structure")
    _fill(root, tree, "event", spelling)
    return root


def _fill(structure: etree._Element, tree: Tree, place: str, spelling: Spelling) -> None:
    for name, node in tree.items():
        said = None if isinstance(node, dict | list) else spelling.scalar(node)
        if said is Nothing.ABSENT or (node == [] and spelling.nothing("") is Nothing.ABSENT):
            continue
        holder = etree.SubElement(structure, f"{{{CORE}}}Property")
        holder.set("name", spelling.key(place, name))
        value = etree.SubElement(holder, f"{{{CORE}}}Value")
        if said is None:
            _fill_value(value, node, name, spelling)
        else:
            _set_scalar(value, said)


def _fill_value(value: etree._Element, node: Node, name: str, spelling: Spelling) -> None:
    if isinstance(node, dict):
        value.set(f"{{{XSI}}}type", "Structure")
        _fill(value, node, name, spelling)
    elif isinstance(node, list) and spelling.is_collapsed(node):
        _fill_value(value, node[0], name, spelling)
    elif isinstance(node, list):
        value.set(f"{{{XSI}}}type", "Array")
        for row in node:
            _fill_value(etree.SubElement(value, f"{{{CORE}}}Value"), row, name, spelling)


def _set_scalar(value: etree._Element, said: Spelled) -> None:
    if said is Nothing.NULL:
        value.set(f"{{{XSI}}}nil", "true")
    elif isinstance(said, Nothing):
        value.set(f"{{{XSI}}}type", "Structure")
    else:
        bare = "xs:boolean" if said in _BOOLEANS else "xs:decimal"
        value.set(f"{{{XSI}}}type", bare if isinstance(said, Bare) else "xs:string")
        value.text = str(said) or None
