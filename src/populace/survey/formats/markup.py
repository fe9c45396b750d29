"""Wordings in HTML as plain text, and plain text as HTML.

Survey tools keep wordings as HTML from an editor. Plain text is what remains when tags are taken out: lines stay lines,
entities become characters, pictures become their alternative text. Time grows with the length of the text, whatever it
holds (the parser of the standard library needs minutes for some hostile ones).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape

#: a tag: quoted attributes may hold '>'; what is not closed before the next '<' is text
_TAG = re.compile(r"""<(/?)([a-zA-Z][^\s<>/]*)((?:[^<>"']|"[^<"]*"|'[^<']*')*+|[^<>]*+)>|<[!?][^<>]*+>""")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_ALT = re.compile(r"""(?<![\w-])alt\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>/]+))""", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f]+")
_SPACES = re.compile("  +")
#: tags that stand on lines of their own
_LINES = {
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "legend",
    "li", "main", "nav", "ol", "option", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "title",
    "tr", "ul",
}  # fmt: skip
#: tags that say where lines end, and nothing of how the text looks
_PLAIN = {"br", "p", "div", "span", "body", "html"}
#: tags whose content nobody reads
_UNREAD = {"script", "style", "template", "noscript", "head"}


def plain_text(html: str) -> str:
    """The text that a reader of this HTML sees, in lines; text without tags and entities stays as it is."""
    html = html.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    if not (_TAG.search(html) or _ENTITY.search(html) or "<!--" in html):
        return html.strip()
    lines = _Lines()
    for piece in _pieces(_without_comments(html)):
        if isinstance(piece, str):
            lines.write(piece)
        else:
            lines.tag(piece)
    return lines.text()


def had_markup(html: str) -> bool:
    """Does `plain_text` take formatting out: is there more than characters, ends of lines and pictures?"""
    return any(_formats(tag) for tag in _TAG.finditer(html))


def html_text(text: str) -> str:
    """Plain text as HTML, which `plain_text` reads back: characters escaped, lines ended by tags, spaces kept."""
    lines = (escape(line, quote=False) for line in text.split("\n"))
    return "<br />".join(_SPACES.sub(lambda run: " " + "&nbsp;" * (len(run[0]) - 1), line) for line in lines)


def _formats(tag: re.Match[str]) -> bool:
    name = (tag[2] or "").lower()
    if not name or name == "img":
        return False
    return name not in _PLAIN or bool((tag[3] or "").strip(" /\t\n\r"))


def _without_comments(html: str) -> str:
    kept, place = [], 0
    while (start := html.find("<!--", place)) >= 0 and (end := html.find("-->", start + 4)) >= 0:
        kept.append(html[place:start])
        place = end + 3
    return "".join([*kept, html[place:]])


def _pieces(html: str) -> Iterator[str | re.Match[str]]:
    """Texts and tags in turn, without what nobody reads."""
    place, never_closed = 0, set()
    while tag := _TAG.search(html, place):
        yield html[place : tag.start()]
        yield tag
        place, name = tag.end(), (tag[2] or "").lower()
        if name in _UNREAD - never_closed and not tag[1]:
            closing = re.compile(rf"</{name}\b[^<>]*>", re.IGNORECASE).search(html, place)
            if closing:
                place = closing.end()
            else:
                never_closed.add(name)
    yield html[place:]


class _Lines:
    """Gathers text as a page shows it: runs of white space are one space, some tags begin a line."""

    def __init__(self) -> None:
        self.lines: list[list[str]] = [[]]

    def write(self, text: str) -> None:
        text = _SPACE.sub(" ", unescape(text)).replace("\N{NO-BREAK SPACE}", " ") if text else ""
        if text.startswith(" ") and (not self.lines[-1] or self.lines[-1][-1].endswith(" ")):
            text = text[1:]
        if text:
            self.lines[-1].append(text)

    def tag(self, tag: re.Match[str]) -> None:
        name = (tag[2] or "").lower()
        written = any(part.strip() for part in self.lines[-1])
        if (name == "br" and not tag[1]) or (name in _LINES and written):
            self.lines.append([])
        elif name in ("td", "th") and self.lines[-1]:
            self.write(" ")
        elif name == "img" and (alt := _ALT.search(tag[3] or "")):
            words = _SPACE.sub(" ", unescape(alt[1] or alt[2] or alt[3] or "")).strip()
            self.write(f"[image: {words}]" if words else "[image]")
        elif name == "img":
            self.write("[image]")

    def text(self) -> str:
        return "\n".join("".join(line).strip() for line in self.lines).strip()
