"""The flow of ours as the survey flow of Qualtrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from populace.errors import InstrumentError
from populace.survey.expression_records import names_in
from populace.survey.expressions import parse
from populace.survey.flow import (
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
from populace.survey.formats.qsf_write_ids import Ids
from populace.survey.formats.qsf_write_logic import LogicWriter
from populace.survey.formats.qsf_write_places import Target
from populace.survey.formats.qsf_write_sets import Term, boolean
from populace.survey.formats.qsf_write_texts import TextWriter
from populace.survey.instrument import Instrument

Raw = dict[str, Any]

_FLAGS = {"screened out": "Screened", "over quota": "QuotaMet"}


@dataclass
class FlowWriter:
    """Writes the flow of one instrument."""

    #: what is written
    instrument: Instrument
    ids: Ids
    #: writes wordings and conditions
    texts: TextWriter
    logic: LogicWriter
    #: name of a quota -> its id
    quotas: Mapping[str, str]
    #: what becomes of it
    fidelity: Fidelity
    #: steps of the file with those of ours that they are
    written: list[tuple[Raw, Element]] = field(default_factory=list)
    #: second branches with the condition, the title, and: does the first lead to nothing?
    otherwise: list[tuple[Raw, Branch, bool]] = field(default_factory=list)
    #: condition that cannot be written -> embedded data that stand in its place
    _unwritten: dict[str, str] = field(default_factory=dict)

    def flow(self) -> Raw:
        """The whole flow."""
        shuffles = [one.id for one in elements(self.instrument.flow) if isinstance(one, Shuffle)]
        self.ids.keep_flows(shuffles)
        declared = [self._declared(one) for one in self.instrument.data]
        start = [{"Type": "EmbeddedData", "FlowID": self.ids.flow(), "EmbeddedData": declared}] if declared else []
        steps = self._steps(self.instrument.steps)
        count = {"Count": self.ids.flow_count}
        return {"Type": "Root", "FlowID": "FL_1", "Flow": [*start, *steps], "Properties": count}

    def _declared(self, field_: Field) -> Raw:
        self.fidelity.taken("embedded data")
        return _embedded(field_.name, field_.text or field_.name, field_.kind) | {"Type": "Recipient"}

    def _steps(self, flow: Flow) -> list[Raw]:
        return [raw for element in flow for raw in self._step(element)]

    def _note(self, raw: Raw, element: Element) -> list[Raw]:
        self.written.append((raw, element))
        return [raw]

    def _step(self, element: Element) -> list[Raw]:
        match element:
            case ShowBlock():
                self.fidelity.taken("block in the flow")
                return [self._block(element.block)]
            case Branch():
                return self._branch(element)
            case Shuffle():
                return self._shuffle(element)
            case Section():
                raw = {"Type": "Group", "FlowID": self.ids.flow(), "Description": element.title or "Untitled Group"}
                self.fidelity.taken("group")
                return self._note(raw | {"Flow": self._steps(element.flow)}, element)
            case SetData():
                return self._set(element)
            case Roll():
                self.fidelity.taken("embedded data")
                dice = f"${{rand://int/{element.low}:{element.high}}}"
                entry = _embedded(element.name, element.name, self._kind(element.name)) | {"Value": dice}
                return self._note(self._embedding([entry]), element)
            case Loop():
                return self._loop(element)
            case CheckQuota():
                return [self._check(element.quota)]
            case End():
                return self._end(element)
        raise TypeError(f"{type(element).__name__} is no step of a flow")

    def _block(self, id: str) -> Raw:
        kind = "Block" if id == self.instrument.blocks[0].id else "Standard"
        return {"Type": kind, "ID": self.ids.blocks[id], "FlowID": self.ids.flow(), "Autofill": []}

    # -- branches ----------------------------------------------------------------------------------------------------

    def _branch(self, branch: Branch) -> list[Raw]:
        """A branch, and a second one with the opposite condition for everybody else."""
        place = f"branch {branch.when[:80]}"
        found: list[Raw] = []
        if branch.then:
            found += self._note(self._way(branch, place, True), branch)
        if branch.otherwise:
            raw = self._way(branch, place, False)
            self.otherwise.append((raw, branch, not branch.then))
            found.append(raw)
            self._looked_at_twice(branch, place)
        if not found:
            self.fidelity.lost("branch", place, "leads to nothing either way")
        return found

    def _way(self, branch: Branch, place: str, holds: bool) -> Raw:
        logic = (self.logic.logic if holds else self.logic.negated)(branch.when, "branch", place)
        steps = self._steps(branch.then if holds else branch.otherwise)
        raw: Raw = {"Type": "Branch", "FlowID": self.ids.flow(), "Description": branch.title or "New Branch"}
        if logic is None:
            logic = self.stand_in(branch.when, holds, place)
        return raw | {"BranchLogic": logic, "Flow": steps}

    def stand_in(self, when: str, holds: bool, place: str) -> Raw:
        """In place of a condition that cannot be written: embedded data that nobody has.

        Without any condition everybody would go both ways, also those that end the survey.
        """
        name = self._unwritten.setdefault(when, f"condition_to_write_{len(self._unwritten) + 1}")
        words = f"embedded data {name!r}, which nobody has, stand in place of {when[:200]}: it holds for nobody"
        self.fidelity.changed("condition", place, words)
        return boolean([("And", [Term(Target("field", name), name, "NotEmpty" if holds else "Empty")], "And")])

    def _looked_at_twice(self, branch: Branch, place: str) -> None:
        """Answers that the first way changes would be seen by the condition of the second."""
        asked = set()
        for one in elements(branch.then):
            if isinstance(one, ShowBlock):
                block = self.instrument.block(one.block)
                asked |= {name for q in block.questions for name in (q.name, *(item.name for item in q.items()))}
            elif isinstance(one, SetData):
                asked |= {name for name, _ in one.values}
            elif isinstance(one, Roll):
                asked.add(one.name)
        try:
            names = set(names_in(parse(branch.when)))
        except InstrumentError:
            return
        if names & asked or any(name == one.name for one in self.instrument.computed for name in names):
            words = "the way for everybody else looks at the condition once more, after the first way was gone"
            self.fidelity.changed("branch", place, words)

    # -- other steps -------------------------------------------------------------------------------------------------

    def _shuffle(self, shuffle: Shuffle) -> list[Raw]:
        raw: Raw = {"Type": "BlockRandomizer", "FlowID": self.ids.reserved(shuffle.id)}
        members = []
        for member in shuffle.members:
            steps = self._step(member)
            if len(steps) != 1:
                steps = [self._wrapped(steps)]
            members += steps
        raw |= {"SubSet": shuffle.pick or len(shuffle.members), "EvenPresentation": shuffle.even, "Flow": members}
        self.fidelity.taken("randomizer")
        return self._note(raw, shuffle)

    def _wrapped(self, steps: list[Raw]) -> Raw:
        """Several steps as one member."""
        group = {"Type": "Group", "FlowID": self.ids.flow(), "Description": "Untitled Group", "Flow": steps}
        return group | {"Populace": {"wrapped": True}}

    def _set(self, element: SetData) -> list[Raw]:
        entries = []
        for name, text in element.values:
            value = self.texts.plain(text, f"embedded data {name}")
            if not value:
                self.fidelity.lost("embedded data", f"embedded data {name}", "cannot be set to nothing there")
            entries.append(_embedded(name, name, self._kind(name)) | {"Value": value})
            self.fidelity.taken("embedded data")
        return self._note(self._embedding(entries), element)

    def _embedding(self, entries: list[Raw]) -> Raw:
        return {"Type": "EmbeddedData", "FlowID": self.ids.flow(), "EmbeddedData": entries}

    def _kind(self, name: str) -> str:
        return next((one.kind for one in self.instrument.data if one.name == name), "text")

    def _loop(self, loop: Loop) -> list[Raw]:
        only = loop.flow[0] if len(loop.flow) == 1 else None
        if isinstance(only, ShowBlock) and only.block in self.ids.loops and self.ids.loops[only.block].loop is loop:
            return self._note(self._block(only.block), loop)
        words = "Qualtrics loops over one block and never within another loop; its steps are put once"
        self.fidelity.lost("loop", f"loop {loop.id}", words)
        return self._steps(loop.flow)

    def _check(self, quota: str) -> Raw:
        """Who falls into a full quota is sent to the end."""
        id = self.quotas[quota]
        term = {
            "LogicType": "Quota", "QuotaID": id, "QuotaType": "Simple", "QuotaName": quota, "Operator": "QuotaMet",
            "LeftOperand": f"qo://{id}/QuotaMet", "Type": "Expression",
            "Description": f'<span class="ConjDesc">If</span> <span class="QuestionDesc">{id}</span> Has Been Met',
        }  # fmt: skip
        logic = {"0": {"0": term, "Type": "If"}, "Type": "BooleanExpression"}
        end = {"Type": "EndSurvey", "FlowID": self.ids.flow(), "EndingType": "Advanced"}
        end["Options"] = {"Advanced": "true", "SurveyTermination": "DefaultMessage", "ResponseFlag": "QuotaMet"}
        self.fidelity.taken("quota in the flow")
        branch = {"Type": "Branch", "FlowID": self.ids.flow(), "Description": "New Branch"}
        return branch | {"BranchLogic": logic, "Flow": [end]}

    def _end(self, end: End) -> list[Raw]:
        raw: Raw = {"Type": "EndSurvey", "FlowID": self.ids.flow()}
        self.fidelity.taken("ending")
        if end.text:
            words = "messages lie in a library of Qualtrics; respondents read its own message"
            self.fidelity.lost("message of an ending", f"end {end.kind}", words)
        if end.kind != "complete" or end.url:
            options = {"Advanced": "true", "SurveyTermination": "Redirect" if end.url else "DefaultMessage"}
            options |= {"ResponseFlag": _FLAGS[end.kind]} if end.kind in _FLAGS else {}
            options |= {"EOSRedirectURL": self.texts.plain(end.url, "end, address")} if end.url else {}
            raw |= {"EndingType": "Advanced", "Options": options}
        return self._note(raw, end)


def _embedded(name: str, words: str, kind: str) -> Raw:
    """One field of embedded data."""
    return {
        "Description": words, "Type": "Custom", "Field": name, "DataVisibility": [], "AnalyzeText": False,
        "VariableType": "Scale" if kind == "number" else "String",
    }  # fmt: skip
