"""Loop and merge of a Qualtrics file: a block that is put once per round."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from populace.errors import InstrumentError
from populace.survey.flow import Flow, Loop, Round
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.markup import plain_text
from populace.survey.formats.names import Names, legal
from populace.survey.formats.qsf_hints import corrected_element, hints_of
from populace.survey.formats.qsf_logic import LogicReader
from populace.survey.formats.qsf_order import order_of
from populace.survey.formats.qsf_piping import PipingReader
from populace.survey.formats.qsf_places import Locator, Unknown, negated, read_locator
from populace.survey.formats.qsf_raw import entries, mapping
from populace.survey.piping import literally

#: rounds of a loop over a number, where the file does not say how many there are at most
_MOST_ROUNDS = 20
_MOST = re.compile(r"(?:.*&)?v=(\d{1,3})(?:&.*)?")


def is_looped(raw: Mapping[str, Any]) -> bool:
    """Is the block put once per round of a loop?"""
    options = mapping(raw.get("Options"))
    return str(options.get("Looping") or "None") not in ("None", "false") and bool(
        mapping(options.get("LoopingOptions"))
    )


def round_names(raw: Mapping[str, Any], sources: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    """What the rounds of a block can be called, as far as the file says."""
    settings = mapping(mapping(raw.get("Options")).get("LoopingOptions"))
    asked = mapping(sources.get(str(settings.get("QID"))))
    found = [id for place in (settings.get("Static"), asked.get("Choices")) for id, _ in entries(place)]
    return frozenset(map(legal, found))


@dataclass
class LoopReader:
    """Reads the loops of one file."""

    #: what translates conditions and texts
    logic: LogicReader
    piping: PipingReader
    #: names that are taken
    names: Names
    #: what became of the file
    fidelity: Fidelity

    def loop(self, id: str, raw: Mapping[str, Any]) -> Callable[[Flow], Loop] | None:
        """What puts the block's loop around a flow, None when it has none."""
        if not is_looped(raw):
            return None
        options = mapping(raw.get("Options"))
        settings, place = mapping(options.get("LoopingOptions")), f"block {id}, loop"
        rounds = self._rounds(settings, str(options.get("Looping")), place)
        if not rounds or len({one.name for one in rounds}) < len(rounds):
            self.fidelity.lost("loop", place, "has no rounds, or two of one name; the block is put once")
            return None
        random = settings.get("Randomization")
        order = order_of([one.name for one in rounds], random if isinstance(random, dict) else {"Type": random})
        if order.lost or order.fixed or order.hidden or order.flip:
            words = order.lost or "rounds that keep their place, or are shown to nobody, are treated as all others"
            self.fidelity.lost("random order of a loop", place, words)
        self.fidelity.taken("loop")
        name = self.names.claim(f"{legal(id)}_loop", "loop", place, Fidelity(""))
        return partial(self._around, name, rounds, order.random, order.pick, hints_of(settings), place)

    def _around(
        self,
        name: str,
        rounds: tuple[Round, ...],
        random: bool,
        pick: int | None,
        hints: Mapping[str, Any],
        place: str,
        flow: Flow,
    ) -> Loop:
        loop = Loop(name, rounds, flow, random, pick)
        try:
            return corrected_element(loop, hints)
        except (InstrumentError, TypeError, KeyError, ValueError) as problem:
            self.fidelity.changed("hint", place, f"cannot be followed ({problem})")
            return loop

    def _rounds(self, settings: Mapping[str, Any], kind: str, place: str) -> tuple[Round, ...]:
        static = {id: mapping(one) for id, one in entries(settings.get("Static"))}
        locator = str(settings.get("Locator") or settings.get("ChoiceGroupLocator") or "")
        at = read_locator(locator) if kind != "Static" else None
        if at is None:
            return tuple(
                self._round(id, {}, fields, number, len(static), None, place)
                for number, (id, fields) in enumerate(static.items(), 1)
            )
        try:
            if not at.property.startswith("ChoiceGroup"):
                return self._counted(static, at, place)
            return self._chosen(static, at, place)
        except Unknown as reason:
            self.fidelity.lost("loop", place, f"goes over {locator!r}: {reason}")
            return ()

    def _chosen(self, static: Mapping[str, Mapping[str, Any]], at: Locator, place: str) -> tuple[Round, ...]:
        """A round for each choice of a question."""
        draft = self.logic.places.draft(at.qid)
        group = at.property.rpartition("/")[2]
        places = [draft.rows_raw, draft.options_raw] if draft.rows_raw else [draft.options_raw]
        choices = places[-1 if group.endswith("Answers") else 0]
        return tuple(
            self._round(
                id,
                {"1": choice.get("Display")},
                static.get(id, {}),
                number,
                len(choices),
                self._taken(group, at.qid, id, place),
                place,
            )
            for number, (id, choice) in enumerate(choices.items(), 1)
        )

    def _counted(self, static: Mapping[str, Mapping[str, Any]], at: Locator, place: str) -> tuple[Round, ...]:
        """As many rounds as a number says."""
        written = at if not at.property.startswith("LoopAndMerge") else replace(at, property="ChoiceTextEntryValue")
        value = self.logic.places.value(written)
        named = _MOST.fullmatch(at.query)
        count = int(named[1]) if named and int(named[1]) else len(static) or _MOST_ROUNDS
        if not static and not named:
            self.fidelity.changed("loop", place, f"as many rounds as a number says: at most {_MOST_ROUNDS} here")
        return tuple(
            self._round(str(number), {}, static.get(str(number), {}), number, count, f"{value} >= {number}", place)
            for number in range(1, count + 1)
        )

    def _taken(self, group: str, qid: str, id: str, place: str) -> str | None:
        """The condition of a round that belongs to a choice."""
        if group.startswith(("AllChoices", "AllAnswers")):
            return None
        at = read_locator(f"q://{qid}/SelectableChoice/{id}")
        try:
            if group.startswith("Displayed"):
                return str(self.logic.places.displayed(at))
            chosen = self.logic.places.selected(at)
        except Unknown as reason:
            self.fidelity.lost("condition of a round", f"{place}, choice {id}", f"{reason}; it is put to everybody")
            return None
        return str(negated(chosen) if group.startswith("Un") else chosen)

    def _round(
        self,
        id: str,
        own: Mapping[str, Any],
        static: Mapping[str, Any],
        number: int,
        total: int,
        show_if: str | None,
        place: str,
    ) -> Round:
        texts = {str(key): plain_text(str(value)) for key, value in {**static, **own}.items() if value is not None}
        ordered = sorted(texts.items(), key=lambda pair: (len(pair[0]), pair[0]))
        fields = [(f"field{legal(key)}", self.piping.text(text, place)) for key, text in ordered]
        fields += [("number", str(number)), ("total", literally(str(total)))]
        return Round(legal(id), tuple(fields), show_if)
