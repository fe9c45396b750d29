"""The survey flow of a Qualtrics file: branches, randomizers, embedded data, endings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from populace.errors import InstrumentError
from populace.survey.expressions import parse
from populace.survey.flow import (
    MOST_LEVELS,
    Branch,
    CheckQuota,
    Element,
    End,
    Field,
    Flow,
    Loop,
    Roll,
    Section,
    SetData,
    ShowBlock,
    Shuffle,
    elements,
)
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.names import Names
from populace.survey.formats.qsf_hints import corrected_element, hints_of
from populace.survey.formats.qsf_logic import LogicReader
from populace.survey.formats.qsf_piping import PipingReader
from populace.survey.formats.qsf_places import Places
from populace.survey.formats.qsf_raw import mapping, members, number, yes

#: flow elements that need what lies outside of a questionnaire
_OUTSIDE = {
    "WebService": "web service", "TableOfContents": "table of contents", "SupplementalData": "supplemental data",
    "ReferenceSurvey": "block of a library", "Conjoint": "conjoint project", "MaxDiff": "MaxDiff project",
}  # fmt: skip
_DICE = re.compile(r"\s*\$\{rand://int/(-?\d{1,9}):(-?\d{1,9})\}\s*")
_NUMBERS = ("Scale", "Numeric", "Number", "Float", "Integer")


def embedded_names(flow: Iterable[Any], level: int = 0) -> Iterable[str]:
    """Names of embedded data in a flow, in order."""
    for element in flow if level <= MOST_LEVELS else ():
        content = mapping(element)
        if content.get("Type") == "EmbeddedData":
            yield from (str(one["Field"]) for one in members(content.get("EmbeddedData")) if mapping(one).get("Field"))
        yield from embedded_names(members(content.get("Flow")), level + 1)


class FlowReader:
    """Reads the flow of one file."""

    def __init__(
        self,
        logic: LogicReader,
        piping: PipingReader,
        blocks: Mapping[str, str],
        titles: Mapping[str, str],
        loops: Mapping[str, Callable[[Flow], Loop]],
        quotas: Mapping[str, str],
        names: Names,
        fidelity: Fidelity,
    ) -> None:
        self.logic, self.piping, self.names, self.fidelity = logic, piping, names, fidelity
        self.places: Places = logic.places
        #: id of a block in the file -> ours, its title, and what puts a loop around it
        self.blocks, self.titles, self.loops = blocks, titles, loops
        #: id of a quota in the file -> its name
        self.quotas = quotas
        #: embedded data that come from outside
        self.data: dict[str, Field] = {}
        #: FlowID -> the step that was read there
        self.read: dict[str, Element] = {}

    def flow(self, steps: Iterable[Any], level: int = 0) -> Flow:
        """The steps, in order; what cannot be taken is noted and left out."""
        if level > MOST_LEVELS:
            self.fidelity.lost("flow", "survey flow", f"is nested more than {MOST_LEVELS} deep; the rest is left out")
            return ()
        found: list[Element] = []
        for step in map(mapping, steps):
            read, hints = self._step(step, level), hints_of(step)
            if len(read) == 1 and step.get("FlowID"):
                read = [self._meant(read[0], str(step["FlowID"]), hints)]
            if hints.get("wrapped") is True and len(read) == 1 and isinstance(read[0], Section):
                read = list(read[0].flow)
            if not self._otherwise(found, read, hints):
                found += read
        return tuple(found)

    def _meant(self, element: Element, id: str, hints: Mapping[str, Any]) -> Element:
        """The step as it is meant, where the file has hints for us."""
        self.read[id] = element
        try:
            return corrected_element(element, hints)
        except (InstrumentError, TypeError) as problem:
            self.fidelity.changed("hint", f"flow {id}", f"cannot be followed ({problem})")
            return element

    def _otherwise(self, found: list[Element], read: list[Element], hints: Mapping[str, Any]) -> bool:
        """Is this branch the other way out of the one before it, or of one that leads nowhere else?"""
        reads, meant = hints.get("reads"), hints.get("otherwise")
        if not (isinstance(meant, str) and meant.strip() and len(read) == 1 and isinstance(read[0], Branch)):
            return False
        if read[0].when != reads or not _is_condition(meant):
            return False
        title = hints.get("title") if isinstance(hints.get("title"), str) else None
        if hints.get("alone") is True:
            found.append(Branch(meant, (), read[0].then, title))
            return True
        before = found[-1] if found else None
        if not isinstance(before, Branch) or before.when != meant or before.otherwise:
            return False
        found[-1] = replace(before, otherwise=read[0].then)
        return True

    def _step(self, step: Mapping[str, Any], level: int) -> list[Element]:
        kind, place = str(step.get("Type")), f"flow {step.get('FlowID') or step.get('ID') or '?'}"
        inner = members(step.get("Flow"))
        match kind:
            case "Block" | "Standard":
                return self._block(step, place)
            case "EmbeddedData":
                return self._embedded(step, place)
            case "Branch":
                return self._branch(step, inner, place, level)
            case "BlockRandomizer" | "Randomizer":
                return self._randomizer(step, inner, place, level)
            case "Group" | "Root":
                self.fidelity.taken("group")
                title = str(step.get("Description") or "").strip() or None
                within = self.flow(inner, level + 1)
                return [Section(within, title)] if within else []
            case "EndSurvey":
                return [self._end(step, place)]
            case "Authenticator":
                self.fidelity.lost("authenticator", place, "everybody goes on; nobody is asked for a password here")
                within = self.flow(inner, level + 1)
                return [Section(within, "Authenticator")] if within else []
            case "Quota" | "QuotaCheck":
                return self._quota(step, place)
        words = _OUTSIDE.get(kind, f"flow element {kind!r}")
        self.fidelity.lost(words, place, "needs what lies outside of the questionnaire; it is left out")
        return list(self.flow(inner, level + 1))

    def _block(self, step: Mapping[str, Any], place: str) -> list[Element]:
        id = str(step.get("ID"))
        if id not in self.blocks:
            self.fidelity.lost("block in the flow", place, f"block {id} has no questions or is not there")
            return []
        self.fidelity.taken("block in the flow")
        shown: Flow = (ShowBlock(self.blocks[id]),)
        return [self.loops[id](shown)] if id in self.loops else list(shown)

    def _embedded(self, step: Mapping[str, Any], place: str) -> list[Element]:
        """Data from outside are declared, data with a value are written."""
        found: list[Element] = []
        values: list[tuple[str, str]] = []
        for one in map(mapping, members(step.get("EmbeddedData"))):
            if not one.get("Field"):
                continue
            name = self.places.field(str(one["Field"]))
            kind = "number" if one.get("VariableType") in _NUMBERS else "text"
            if one.get("Type") == "Recipient" or one.get("Value") in (None, ""):
                words = str(one.get("Description") or "").strip()
                same = words in ("", name, str(one["Field"]).strip())
                self.data.setdefault(name, Field(name, None if same else words, kind))
            elif dice := _DICE.fullmatch(str(one["Value"])):
                low, high = sorted((int(dice[1]), int(dice[2])))
                found += [SetData(tuple(values))] if values else []
                found.append(Roll(name, low, high))
                values = []
            else:
                values.append((name, self.piping.text(str(one["Value"]), f"{place}, embedded data {name}")))
            self.fidelity.taken("embedded data")
        return [*found, *([SetData(tuple(values))] if values else [])]

    def _branch(self, step: Mapping[str, Any], inner: list[Any], place: str, level: int) -> list[Element]:
        logic = mapping(step.get("BranchLogic"))
        quota = self._full_quota(logic, inner)
        if quota is not None:
            self.fidelity.changed("branch", place, f"ends whom quota {quota!r} has no room for; taken as its check")
            return [CheckQuota(quota)]
        when = self.logic.condition(logic, "branch", place)
        then = self.flow(inner, level + 1)
        if when is None:
            self.fidelity.changed("branch", place, "has no condition; everybody goes this way")
            return list(then)
        if not then:
            self.fidelity.changed("branch", place, "leads to nothing that is asked; it is left out")
            return []
        title = str(step.get("Description") or "").strip()
        return [Branch(when, then, title=None if title in ("", "New Branch") else title)]

    def _full_quota(self, logic: Mapping[str, Any], inner: list[Any]) -> str | None:
        """The quota of a branch that does nothing but end the survey when it is met."""
        comparison = mapping(mapping(logic.get("0")).get("0"))
        only = len([key for key in mapping(logic.get("0")) if key.isdecimal()]) == 1 and "1" not in logic
        ends = len(inner) == 1 and mapping(inner[0]).get("Type") == "EndSurvey"
        if not (only and ends and comparison.get("LogicType") == "Quota"):
            return None
        if str(comparison.get("Operator")) not in ("QuotaMet", "Met"):
            return None
        id = str(comparison.get("LeftOperand") or comparison.get("QuotaID") or "").removeprefix("qo://").split("/")[0]
        return self.quotas.get(id)

    def _quota(self, step: Mapping[str, Any], place: str) -> list[Element]:
        quota = self.quotas.get(str(step.get("QuotaID") or step.get("ID")))
        if quota is None:
            self.fidelity.lost("quota in the flow", place, "its quota is not in the file")
            return []
        return [CheckQuota(quota)]

    def _randomizer(self, step: Mapping[str, Any], inner: list[Any], place: str, level: int) -> list[Element]:
        found = [(mapping(one), self.flow([one], level + 1)) for one in inner]
        parts: list[Flow] = [part for _, part in found if part]
        sources = tuple(self._source(raw) for raw, part in found if part)
        if not parts:
            self.fidelity.changed("randomizer", place, "has nothing to choose from; it is left out")
            return []
        together = tuple(part[0] if len(part) == 1 else Section(part) for part in parts)
        wanted = number(step.get("SubSet"))
        pick = int(wanted) if wanted and 1 <= wanted < len(together) else None
        if len(together) < len(inner):
            self.fidelity.changed("randomizer", place, f"{len(inner) - len(together)} of its parts are empty")
        id = self.names.claim(str(step.get("FlowID") or "randomizer"), "randomizer", place, self.fidelity)
        self.fidelity.taken("randomizer")
        return [Shuffle(id, together, pick, yes(step.get("EvenPresentation")), sources)]

    def _source(self, raw: Mapping[str, Any]) -> str:
        """What Qualtrics calls a part of a randomizer in its exports: a block by its title, else the id in the flow."""
        block = self.titles.get(str(raw.get("ID")))
        return block if block and raw.get("Type") in ("Block", "Standard") else str(raw.get("FlowID") or "")

    def _end(self, step: Mapping[str, Any], place: str) -> End:
        options = mapping(step.get("Options"))
        flag = str(options.get("ResponseFlag") or "")
        kind = {"Screened": "screened out", "QuotaMet": "over quota"}.get(flag, "complete")
        url = str(options.get("EOSRedirectURL") or "").strip() or None
        if url and "${" in url:
            url = self.piping.text(url, place)
        if options.get("EOSMessage"):
            self.fidelity.lost("message of an ending", place, "lies in a library, not in the file")
        self.fidelity.taken("ending")
        return End(kind, None, url)


def _is_condition(text: str) -> bool:
    try:
        parse(text)
    except InstrumentError:
        return False
    return True


def tidy(flow: Flow, blocks: list[str], written: bool = False) -> Flow:
    """No flow where it only puts every block in order; that is what an instrument without one does.

    written: the flow is meant to be written out.
    """
    if written:
        return flow
    plain = all(isinstance(one, ShowBlock) for one in flow)
    return () if plain and [one.block for one in flow if isinstance(one, ShowBlock)] == blocks else flow


def put_blocks(flow: Flow) -> set[str]:
    """Blocks that a flow puts."""
    return {one.block for one in elements(flow) if isinstance(one, ShowBlock)}
