"""Questions of a Qualtrics file once all are known: conditions, carried choices, random order, piping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from populace.errors import InstrumentError
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.qsf_draft import Draft, settings_of
from populace.survey.formats.qsf_entry import active
from populace.survey.formats.qsf_logic import LogicReader
from populace.survey.formats.qsf_order import order_of
from populace.survey.formats.qsf_piping import PipingReader
from populace.survey.formats.qsf_places import Unknown, negated, read_locator
from populace.survey.formats.qsf_raw import mapping
from populace.survey.item import Row
from populace.survey.question import Question
from populace.survey.scale import Option


@dataclass
class QuestionReader:
    """Makes questions of drafts."""

    #: what translates conditions and texts
    logic: LogicReader
    piping: PipingReader
    #: what became of the file
    fidelity: Fidelity

    def question(self, draft: Draft) -> Question:
        """The question with its conditions, its order and its piping."""
        fields = dict(draft.fields)
        shown = mapping(draft.raw.get("DisplayLogic"))
        if shown:
            fields["show_if"] = self.logic.condition(shown, "display logic", draft.place)
            if shown.get("inPage") is True:
                self.fidelity.changed("display logic", draft.place, "in-page: looked at when the question comes up")
        carried = self._carried(draft)
        for key in ("options", "rows"):
            if fields.get(key):
                fields[key] = tuple(self._with_logic(draft, one, carried) for one in fields[key])
        self._randomize(draft, fields)
        if fields["kind"] not in ("display", "technical"):
            self._validated(draft, fields)
        self._apart(draft, fields)
        try:
            return Question(**_piped(fields, self.piping, draft.place))
        except InstrumentError as problem:
            self.fidelity.lost("logic and order", draft.place, f"{problem}; the question is put without them")
            return draft.question

    def _validated(self, draft: Draft, fields: dict[str, Any]) -> None:
        """The condition that answers must meet."""
        settings = settings_of(draft.raw)
        custom = mapping(settings.get("CustomValidation"))
        if not custom.get("Logic") or not active(settings, "CustomValidation"):
            return
        fields["valid_if"] = self.logic.condition(custom["Logic"], "custom validation", draft.place)
        message = mapping(custom.get("Message"))
        if fields["valid_if"] and message:
            self.fidelity.lost("message of a validation", draft.place, "lies in a library, not in the file")

    def _apart(self, draft: Draft, fields: Mapping[str, Any]) -> None:
        """What a question has and we do not."""
        if draft.raw.get("QuestionJS"):
            self.fidelity.lost("script", draft.place, "JavaScript is not run")
        if fields["kind"] not in ("display", "technical") and mapping(draft.raw.get("DefaultChoices")):
            self.fidelity.lost("default answer", draft.place, "nothing is filled in beforehand")
        if mapping(draft.raw.get("VariableNaming")):
            words = "labels for exports only; answers have the labels that respondents read"
            self.fidelity.lost("variable naming", draft.place, words)
        for key, side in draft.sides.items():
            if mapping(side.raw.get("DisplayLogic")):
                words = "all columns side by side are shown"
                self.fidelity.lost("display logic", f"{draft.place}, column {key}", words)

    # -- choices -----------------------------------------------------------------------------------------------------

    def _with_logic(self, draft: Draft, one: Option | Row, carried: Mapping[str, str | None]) -> Option | Row:
        """An option or a row with its conditions: those of its own and those under which it is carried."""
        raws = draft.options_raw if isinstance(one, Option) else draft.rows_raw
        id = one.source or ""
        logic = raws[id].get("DisplayLogic") if id in raws else None
        if not logic and not carried:
            return one
        place = f"{draft.place}, choice {id}"
        own = self.logic.condition(logic, "display logic of a choice", place) if logic else None
        conditions = [one for one in (carried.get(id) if _is_carried(draft, one) else None, own) if one]
        if not conditions:
            return one
        return replace(one, show_if=" and ".join(f"({one})" if len(conditions) > 1 else one for one in conditions))

    def _carried(self, draft: Draft) -> dict[str, str | None]:
        """Id of a carried choice -> the condition under which it is carried."""
        at = read_locator(str(mapping(draft.raw.get("DynamicChoices")).get("Locator") or ""))
        if at is None:
            return {}
        group = at.property.rpartition("/")[2]
        ids = draft.rows if draft.rows else draft.codes
        return {
            id: self._carried_when(group, at.qid, id.removeprefix("x"), draft.place) for id in ids if id.startswith("x")
        }

    def _carried_when(self, group: str, qid: str, id: str, place: str) -> str | None:
        kind = "SelectableAnswer" if group.endswith("Answers") else "SelectableChoice"
        at = read_locator(f"q://{qid}/{kind}/{id}")
        try:
            if group.startswith(("Selected", "Unselected")):
                chosen = self.logic.places.selected(at)
                return str(chosen if group.startswith("Selected") else negated(chosen))
            if group.startswith(("Displayed", "NotDisplayed")):
                seen = self.logic.places.displayed(at)
                return str(seen if group.startswith("Displayed") else negated(seen))
        except Unknown as reason:
            self.fidelity.lost("carry forward", f"{place}, choice x{id}", f"{reason}; it is always carried")
            return None
        if not group.startswith("All"):
            self.fidelity.lost("carry forward", place, f"{group!r} is not known; all choices are carried")
        return None

    # -- order -------------------------------------------------------------------------------------------------------

    def _randomize(self, draft: Draft, fields: dict[str, Any]) -> None:
        settings = draft.raw.get("Randomization")
        members_of = "rows" if fields.get("rows") else "options"
        listed = fields.get(members_of, ())
        if not isinstance(settings, dict) or not listed or fields["kind"] in ("display", "technical"):
            return
        order = order_of([one.source for one in listed], settings)
        by_id = {one.source: one for one in listed}
        if order.lost:
            self.fidelity.lost("random order", draft.place, order.lost)
        for id in order.hidden:
            self.fidelity.lost("choice", f"{draft.place}, choice {id}", "is set not to be displayed to anybody")
        kept = [replace(by_id[id], fixed=True) if id in order.fixed else by_id[id] for id in order.ids]
        if kept:
            fields[members_of] = tuple(kept)
        self._vary(draft, fields, order, members_of)

    def _vary(self, draft: Draft, fields: dict[str, Any], order: Any, members_of: str) -> None:
        """What varies from respondent to respondent, as far as the kind of question can."""
        if fields["kind"] in ("nps", "best_worst") and (order.flip or order.pick):
            self.fidelity.lost("random order", draft.place, "scales of this kind are always shown whole and in order")
            order = replace(order, flip=False, pick=None)
        fields["randomize"] = order.random
        if order.flip and fields.get("options"):
            fields["flip"] = fields["kind"] not in ("numeric", "slider")
        if order.pick and members_of == "options":
            fields["show_only"] = order.pick
        elif order.pick:
            self.fidelity.lost("random subset of rows", draft.place, "all rows are shown")
        if order.random or order.flip:
            self.fidelity.taken("random order")


def _is_carried(draft: Draft, one: Option | Row) -> bool:
    """Of rows and options, the rows are carried where there are some."""
    return isinstance(one, Row) or not draft.rows


def _piped(fields: dict[str, Any], piping: PipingReader, place: str) -> dict[str, Any]:
    """The fields of a question with our piping in all their texts."""
    piped = fields | {"text": piping.text(fields["text"], place)}
    for key, what, text in (("options", "choice", "label"), ("rows", "row", "text"), ("columns", "column", "text")):
        if any("${" in getattr(one, text) for one in fields.get(key, ())):
            piped[key] = tuple(
                replace(one, **{text: piping.text(getattr(one, text), f"{place}, {what} {one.source}")})
                for one in fields[key]
            )
    if "columns" in piped:
        piped["columns"] = tuple(_piped_column(one, piping, place) for one in piped["columns"])
    return piped


def _piped_column(column: Question, piping: PipingReader, place: str) -> Question:
    """A column side by side with our piping in the labels of its options."""
    if not any("${" in option.label for option in column.options):
        return column
    here = f"{place}, column {column.source}"
    return replace(column, options=tuple(replace(one, label=piping.text(one.label, here)) for one in column.options))
