"""Triggers and endings of SurveyJS as steps of the flow, and as conditions on what is passed over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from populace.survey.expression_records import Expression, Truth, names_in
from populace.survey.flow import Branch, Element, End, SetData
from populace.survey.formats.surveyjs_drafts import Draft, Reading
from populace.survey.formats.surveyjs_raw import Raw
from populace.survey.formats.surveyjs_variables import Variable
from populace.survey.formats.translated import joined, negated
from populace.survey.names import name_problem
from populace.survey.piping import literally

if TYPE_CHECKING:
    from populace.survey.formats.surveyjs_pages import Page


@dataclass(frozen=True)
class Ending:
    """What is said, or where one is sent, at the end."""

    #: condition, None = for everybody
    when: Expression | None
    #: what respondents read
    text: str | None = None
    #: where they are sent
    url: str | None = None


def triggered(survey: Raw, pages: Sequence[Page], reading: Reading) -> list[Element]:
    """Carry out the triggers: conditions and steps of the pages. Returns the ends they lead to."""
    asked = _asked(pages)
    ends: list[Element] = []
    for number, one in enumerate(survey.members("triggers"), 1):
        if not isinstance(one, dict):
            survey.lost("trigger", f"trigger {number} is no object")
            continue
        raw = survey.within(one, f"trigger {number}")
        kind = str(one.get("type") or "").removesuffix("trigger")
        carry_out = _TRIGGERS.get(kind)
        condition = _condition(raw, reading)
        if carry_out is None or condition is None:
            raw.lost("trigger", f"type {kind!r} is unknown" if carry_out is None else "has no condition")
            continue
        ends += carry_out(raw, condition, pages, asked, reading) or []
        raw.tell_rest(reading.looks)
    return ends


def _condition(raw: Raw, reading: Reading) -> Expression | None:
    """The condition of a trigger; older files have a name, an operator and a value."""
    text = raw.text("expression")
    name, operator, value = raw.text("name"), raw.text("operator") or "equal", raw.any("value")
    if text is None and name:
        written = f"'{value}'" if isinstance(value, str) else str(value).lower()
        text = f"{{{name}}} {operator}" + ("" if operator in ("empty", "notempty") else f" {written}")
    lookup = reading.lookup(place=raw.place)
    return reading.translated(text, raw, "trigger", lookup) if text else None


def _asked(pages: Sequence[Page]) -> dict[str, int]:
    """Name of a question or column -> number of the page on which it is asked."""
    asked: dict[str, int] = {}
    for number, page in enumerate(pages):
        for draft in page.drafts:
            asked[draft.name] = number
            asked |= {found.name: number for found in draft.variables.values() if isinstance(found, Variable)}
    return asked


def _after(condition: Expression, pages: Sequence[Page], asked: dict[str, int]) -> list[Page]:
    """The pages after which a condition may hold for the first time."""
    names = names_in(condition)
    if any(name not in asked for name in names) or not names:
        return list(pages)  # data and computed values may be known after any page
    return [pages[number] for number in sorted({asked[name] for name in names})]


def _complete(
    raw: Raw, when: Expression, pages: Sequence[Page], asked: dict[str, int], reading: Reading
) -> list[Element]:
    step = Branch(str(when), (End(),))
    for page in _after(when, pages, asked):
        page.after.append(step)
    return [step]


def _skip(raw: Raw, when: Expression, pages: Sequence[Page], asked: dict[str, int], reading: Reading) -> None:
    """What lies between the last question of the condition and the target is asked where the condition fails."""
    drafts = [(page, draft) for page in pages for draft in page.drafts]
    names = set(names_in(when))
    sources = [place for place, (_, draft) in enumerate(drafts) if names & _names(draft)]
    goal = raw.text("gotoName")
    targets = [place for place, (_, draft) in enumerate(drafts) if draft.raw.content.get("name") == goal]
    if not sources or not targets or targets[0] <= sources[-1]:
        raw.lost("trigger", f"leads to {goal!r}, which does not come after the questions of its condition")
        return
    raw.changed("trigger", f"a jump to {goal!r}: what lies between has the opposite condition")
    passed = drafts[sources[-1] + 1 : targets[0]]
    for page in {id(page): page for page, _ in passed}.values():
        if all(any(draft is other for _, other in passed) for draft in page.drafts):
            page.further.append(negated(when))
        else:
            _hide([draft for owner, draft in passed if owner is page], negated(when))


def _names(draft: Draft) -> set[str]:
    return {draft.name, *(found.name for found in draft.variables.values() if isinstance(found, Variable))}


def _hide(drafts: Iterable[Draft], condition: Expression) -> None:
    for draft in drafts:
        draft.further.append(condition)


def _visible(raw: Raw, when: Expression, pages: Sequence[Page], asked: dict[str, int], reading: Reading) -> None:
    """Older files: questions and pages that are hidden until a condition holds."""
    wanted = {*map(str, raw.members("questions")), *map(str, raw.members("pages"))}
    found = False
    for page in pages:
        for one in (page, *page.drafts):
            if one.raw.content.get("name") in wanted:
                one.conditions = [text for text in one.conditions if text != "false"]
                one.further.append(when)
                found = True
    if not found:
        raw.lost("trigger", "shows what is not there")


def _set(raw: Raw, when: Expression, pages: Sequence[Page], asked: dict[str, int], reading: Reading) -> None:
    """Embedded data written where a condition holds; answers are not put into people's mouths."""
    name = raw.text("setToName")
    text = _text_to_set(raw, reading)
    if not name or name_problem(name) or (reading.lookup()(name) is not None and name not in reading.data):
        raw.lost("trigger", f"answers {name!r} by itself")
        return
    if text is None:
        raw.lost("trigger", f"what {name!r} is set to could not be translated")
        return
    reading.data.setdefault(name, "text")
    reading.know(name, Variable(name))
    raw.changed("trigger", f"embedded data {name!r} is written")
    for page in _after(when, pages, asked):
        page.after.append(Branch(str(when), (SetData(((name, text),)),)))


def _text_to_set(raw: Raw, reading: Reading) -> str | None:
    kind = str(raw.content.get("type")).removesuffix("trigger")
    lookup = reading.lookup(place=raw.place)
    if kind == "copyvalue":
        found = lookup(raw.text("fromName") or "")
        return f"${{{_plain(found)}}}" if isinstance(found, Variable) else None
    if kind == "runexpression":
        text = raw.text("runExpression")
        value = text and reading.translated(text, raw, "trigger", lookup, value=True)
        return f"${{{value}}}" if value else None
    value: Any = raw.any("setValue")
    raw.any("isVariable")
    return literally(str(value)) if isinstance(value, str | int | float) and str(value) else None


def _plain(found: Variable) -> str:
    from populace.survey.expression_records import Name

    return str(Name(found.name))


_TRIGGERS = {
    "complete": _complete,
    "skip": _skip,
    "visible": _visible,
    "setvalue": _set,
    "copyvalue": _set,
    "runexpression": _set,
}


# -- endings ---------------------------------------------------------------------------------------------------------


def endings(survey: Raw, flow: list[Element], triggers: list[Element], reading: Reading) -> list[Element]:
    """The flow with what is said at its ends."""
    found = list(_conditional(survey, reading))
    text, url = reading.texts.words(survey, "completedHtml"), survey.text("navigateToUrl")
    text = reading.piped(text) if text else None
    plain = Ending(None, text, url)
    ends = {id(trigger): _worded(trigger, found, plain) for trigger in triggers}
    flow = [ends.get(id(element), element) for element in flow]
    if flow and triggers and flow[-1] in ends.values() and not (found or text or url):
        flow = flow[:-1]  # after the last page everybody is at the end
    used = {str(end.when) for trigger in triggers for end in found if str(end.when) == trigger.when}
    for end in found:
        if str(end.when) not in used or len(triggers) == 0:
            flow.append(Branch(str(end.when), (End("complete", end.text or text, end.url or url),)))
    if text or url:
        reading.fidelity.taken("ending")
        flow.append(End("complete", text, url))
    return flow


def _conditional(survey: Raw, reading: Reading) -> Iterable[Ending]:
    merged: dict[str, Ending] = {}
    for key, what in (("completedHtmlOnCondition", "html"), ("navigateToUrlOnCondition", "url")):
        for one in survey.members(key):
            raw = survey.within(one, key) if isinstance(one, dict) else None
            text = raw and raw.text("expression")
            if not raw or not text:
                survey.lost("ending", f"{key} has no condition")
                continue
            when = reading.translated(text, raw, "ending", reading.lookup(place=raw.place))
            words = reading.texts.words(raw, what)
            end = merged.get(str(when), Ending(when))
            if what == "html":
                end = replace(end, text=reading.piped(words) if words else None)
            else:
                end = replace(end, url=words)
            merged[str(when)] = end
    return merged.values()


def _worded(trigger: Element, found: list[Ending], plain: Ending) -> Element:
    """The end a trigger leads to, with the words for its condition."""
    own = next((end for end in found if str(end.when) == trigger.when), plain)
    return replace(trigger, then=(End("complete", own.text or plain.text, own.url or plain.url),))


__all__ = ["Truth", "endings", "joined", "triggered"]
