"""Elements of a codebook: found by their names whatever the namespace, and their words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from populace.survey.formats.markup import plain_text
from populace.survey.scale import Option

if TYPE_CHECKING:
    from lxml import etree


LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def tag_of(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: etree._Element | None, tag: str) -> list[etree._Element]:
    return [] if element is None else [child for child in element if tag_of(child) == tag]


def along(element: etree._Element | None, *tags: str) -> etree._Element | None:
    """The first element on a path of tags."""
    for tag in tags:
        element = next(iter(children(element, tag)), None)
    return element


def text_of(element: etree._Element | None) -> str:
    """All words in an element, in lines as written, without spaces at their ends."""
    if element is None:
        return ""
    return as_read("".join(element.itertext()))


def as_read(text: str) -> str:
    """A text as it is read: without formatting, and without space where it means nothing."""
    kept = [" ".join(line.split()) for line in text.replace("\r", "\n").split("\n")]
    text = "\n".join(line for line in kept if line)
    return plain_text(text) if "<" in text else text


def own_text(question: etree._Element | None) -> str:
    """Words directly in a <qstn>, as older files have them."""
    if question is None:
        return ""
    parts = [question.text or "", *(child.tail or "" for child in question)]
    return " ".join(" ".join(parts).split())


def as_float(word: str | None) -> float | None:
    try:
        value = float(word or "")
    except ValueError:
        return None
    return value if abs(value) < 1e15 else None


def apart(options: list[Option]) -> tuple[Option, ...]:
    """Options with labels of their own."""
    labels: set[str] = set()
    found = []
    for option in options:
        label, count = option.label, 1
        while label in labels:
            count += 1
            label = f"{option.label} ({count})"
        labels.add(label)
        found.append(replace(option, label=label))
    return tuple(found)
