"""Reads XLSForms: groups become blocks and branches, repeats loops, calculations computed values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from populace.errors import InstrumentError
from populace.survey.expression_records import Call, Compare, Expression, Name, Number, Text
from populace.survey.flow import Branch, Computed, Element, Field, Loop, Roll, Round, Section, SetData, ShowBlock
from populace.survey.formats.fidelity import Fidelity, Imported
from populace.survey.formats.names import Names, legal
from populace.survey.formats.translated import NotRead, both, unsupported
from populace.survey.formats.xlsform_expressions import Translation
from populace.survey.formats.xlsform_form import Form, Node, language_code, load
from populace.survey.formats.xlsform_kinds import question_of
from populace.survey.formats.xlsform_plans import Plan, Plans, is_table
from populace.survey.formats.xlsform_reading import Reading
from populace.survey.formats.xlsform_texts import Texts
from populace.survey.instrument import Block, Instrument
from populace.survey.question import Question

#: rounds of a repeat whose number of rounds no question limits
_MOST_ROUNDS = 10
#: a whole number, drawn once
_ROLL = re.compile(r"once\(\s*int\(\s*random\(\s*\)\s*\*\s*(\d{1,9})\s*\)\s*\+\s*(-?\d{1,9})\s*\)")
_COUNT = re.compile(r"\$\{\s*([^{}]+?)\s*\}")


def read(path: Path, place: str) -> Imported:
    """The instrument in a workbook. Raises `FileRefused`, and `InstrumentError` when nothing in it is asked."""
    fidelity = Fidelity("XLSForm")
    form = load(path, place, fidelity)
    plans = Plans(form, fidelity)
    reading = Reading(plans, Texts(form.language, plans.lookup, fidelity), fidelity)
    try:
        return Imported(_Assembly(form, reading).instrument(), fidelity)
    except InstrumentError as problem:
        raise InstrumentError(f"{place}: {problem}") from None


class _Assembly:
    """Puts an instrument together, group by group."""

    def __init__(self, form: Form, reading: Reading) -> None:
        self.form, self.reading, self.fidelity, self.plans = form, reading, reading.fidelity, reading.plans
        self.blocks: list[Block] = []
        self.computed: list[Computed] = []
        self.fields: list[Field] = []
        self._ids = Names()
        self._counts: dict[str, str] = {
            node.name: str(node.bind("calculate")) for node in form.walk() if node.name.endswith("_count")
        }

    def instrument(self) -> Instrument:
        flow = self._steps(self.form.children, "main", None)
        language = self.form.language
        if language == "default":
            self.fidelity.changed("language", "settings", "names no language; English is assumed")
        plain = all(isinstance(element, ShowBlock) for element in flow)
        return Instrument(
            self.form.id,
            self.form.title or self.form.id,
            tuple(self.blocks),
            language="en" if language == "default" else language_code(language),
            flow=() if plain else tuple(flow),
            data=tuple(self.fields),
            computed=tuple(self.computed),
            translations=self.reading.texts.others,
        )

    # -- steps -----------------------------------------------------------------------------------------------------

    def _steps(self, children: list[Node], name: str, title: str | None) -> list[Element]:
        """Runs of questions as blocks, groups and repeats between them."""
        steps: list[Element] = []
        run: list[Question] = []
        alone = not any(self._is_step(child) for child in children)
        for child in children:
            if self._is_step(child):
                steps += [*self._block(name, run, None), *self._step(child)]
                run = []
            else:
                run += self._row(child)
        return [*steps, *self._block(name, run, title if alone else None)]

    def _is_step(self, node: Node) -> bool:
        if node.type in ("group", "repeat"):
            return not is_table(node)
        return _ROLL.fullmatch(str(node.bind("calculate")).strip()) is not None or self._is_text(node)

    def _block(self, name: str, run: list[Question], title: str | None) -> list[Element]:
        if not run:
            return []
        wanted = legal(name) if name else "group"
        block = self._ids.free(wanted)
        self._ids.add(block)
        if block != name:
            self.fidelity.changed("block", f"survey, group {name}", f"these questions are block {block!r} here")
        self.blocks.append(Block(block, tuple(run), title))
        self.fidelity.taken("block")
        return [ShowBlock(block)]

    def _step(self, node: Node) -> list[Element]:
        if node.type == "repeat":
            return self._repeat(node)
        if node.type == "group":
            return self._group(node)
        return self._written(node)

    def _group(self, node: Node) -> list[Element]:
        title = self.reading.texts.of(node.content.get("label"), f"survey, group {node.name}")
        condition = self.reading.condition(node, node.bind("relevant"), "relevant of a group")
        look = node.control("appearance")
        if look:
            self.fidelity.lost("layout", f"survey, group {node.name}", f"{look!r}: not needed to ask or answer")
        inner = self._steps(node.children, node.name, title)
        if title and len(inner) > 1:
            inner = [Section(tuple(inner), title)]
        if condition is not None and inner:
            return [Branch(str(condition), tuple(inner))]
        return inner

    # -- repeats -----------------------------------------------------------------------------------------------------

    def _repeat(self, node: Node) -> list[Element]:
        place = f"survey, repeat {node.name}"
        condition = self.reading.condition(node, node.bind("relevant"), "relevant of a group")
        title = self.reading.texts.of(node.content.get("label"), place)
        inner = self._steps(node.children, node.name, title)
        if not inner:
            self.fidelity.lost("repeat", place, "nothing in it is asked")
            return []
        name = self.plans.names.claim(legal(node.name or "repeat"), "repeat", place, self.fidelity)
        loop = Loop(name, self._rounds(node, place), tuple(inner))
        return [loop] if condition is None else [Branch(str(condition), (loop,))]

    def _rounds(self, node: Node, place: str) -> tuple[Round, ...]:
        """As many rounds as there can be, those beyond the count with a condition."""
        counted = node.control("jr:count").strip()
        found = _COUNT.fullmatch(counted)
        if found and found[1] in self._counts and found[1] == f"{node.name}_count":
            counted = self._counts[found[1]].strip()
        if counted.isascii() and counted.isdigit() and 0 < int(counted) <= 1_000:
            self.fidelity.taken("repeat")
            return tuple(_round(number) for number in range(1, int(counted) + 1))
        count = self._count(counted, node)
        if count is None:
            words = "is put once here; there, respondents repeat it as often as they like"
            self.fidelity.changed(
                "repeat", place, f"{counted[:200]!r} is no number of rounds: {words}" if counted else words
            )
            return (_round(1),)
        most = self._most(count)
        self.fidelity.changed("repeat", place, f"has at most {most} rounds here")
        return tuple(_round(number, Compare(">=", count, Number(number))) for number in range(1, most + 1))

    def _count(self, text: str, node: Node) -> Expression | None:
        if not text:
            return None
        try:
            return Translation(text, self.plans.lookup, node.name).calculation()
        except (NotRead, InstrumentError):
            return None

    def _most(self, count: Expression) -> int:
        """The largest number that is counted by, where the question says so."""
        asked = [question for block in self.blocks for question in block.questions]
        limits = [one.maximum for one in asked if isinstance(count, Name) and one.name == count.name]
        return int(min(limits[0], 100)) if limits and limits[0] is not None and limits[0] >= 1 else _MOST_ROUNDS

    # -- rows ------------------------------------------------------------------------------------------------------

    def _row(self, node: Node) -> list[Question]:
        """The question one row becomes; one that cannot be is noted and left out."""
        if id(node) in self.plans.apart:
            if node.type == "text":
                self.fidelity.taken("specify other")
            return []
        if not self.plans.known(node):
            return []
        plan = self.plans.of(node)
        match plan.kind:
            case "calculate":
                self._calculation(plan)
            case "field":
                self._field(plan)
            case "external" | "unknown":
                words = (
                    "its choices are in another file" if plan.kind == "external" else f"type {node.type!r} is unknown"
                )
                self.fidelity.lost("question", node.place, words)
            case _:
                return self._question(plan)
        return []

    def _question(self, plan: Plan) -> list[Question]:
        try:
            question = question_of(plan, self.reading)
        except InstrumentError as problem:
            self.fidelity.lost("question", plan.node.place, str(problem))
            return []
        self.fidelity.taken("question")
        return [question]

    def _field(self, plan: Plan) -> None:
        words = self.reading.texts.of(plan.node.content.get("label"), plan.node.place)
        if plan.node.type != "hidden":
            words = words or f"{plan.node.type}, recorded by the device"
        self.fields.append(Field(plan.name, words))
        self.fidelity.changed("hidden question", plan.node.place, f"of type {plan.node.type!r} is embedded data here")

    def _calculation(self, plan: Plan) -> None:
        node = plan.node
        text = str(node.bind("calculate")).strip()
        if node.name in self._counts and any(one.name == node.name.removesuffix("_count") for one in self.form.walk()):
            return  # pyxform made it for the repeat
        try:
            value: Expression = Translation(text, self.plans.lookup, node.name).calculation()
            self.fidelity.taken("calculation")
        except (NotRead, InstrumentError) as problem:
            value = unsupported(text)
            self.fidelity.lost("calculation", node.place, f"not translated: {text[:200]!r}: {problem}")
        condition = self.reading.condition(node, node.bind("relevant"), "relevant")
        if condition is not None and both(condition, value) is not None:
            value = Call("if", (condition, value, Text("")))
        words = self.reading.texts.of(node.content.get("label"), node.place)
        self.computed.append(Computed(plan.name, str(value), words))

    def _is_text(self, node: Node) -> bool:
        """A text that is put together from values: embedded data, written where it stands."""
        return str(node.bind("calculate")).strip().startswith("concat(") and self.plans.known(node)

    def _written(self, node: Node) -> list[Element]:
        """A calculation that is a step of its own: a random number, a text with values in it."""
        plan, text = self.plans.of(node), str(node.bind("calculate")).strip()
        step: Element
        roll = _ROLL.fullmatch(text)
        if roll:
            step = Roll(plan.name, int(roll[2]), int(roll[2]) + max(int(roll[1]), 1) - 1)
        else:
            try:
                step = SetData(((plan.name, _concatenated(text, self.plans, node)),))
            except (NotRead, InstrumentError) as problem:
                self.fidelity.lost("calculation", node.place, f"not translated: {text[:200]!r}: {problem}")
                self.computed.append(Computed(plan.name, str(unsupported(text))))
                return []
            self.fidelity.changed("calculation", node.place, "is a text that is filled in where it stands")
        condition = self.reading.condition(node, node.bind("relevant"), "relevant")
        return [step] if condition is None else [Branch(str(condition), (step,))]


def _round(number: int, condition: Any = None) -> Round:
    return Round(str(number), (("number", str(number)),), None if condition is None else str(condition))


def _concatenated(text: str, plans: Plans, node: Node) -> str:
    """`concat('a', ${b})` as a text with values in it."""
    from populace.survey.formats.xlsform_grammar import tree_of
    from populace.survey.piping import literally

    tree = tree_of(text).children[0]
    if tree.data != "call" or str(tree.children[0]) != "concat":
        raise NotRead("is more than concat()")
    translation = Translation(text, plans.lookup, node.name)
    values = [translation.value(part) for part in tree.children[1:]]
    closed = {variable.name for variable in plans.lookup.values() if variable.kind == "closed"}
    return "".join(
        literally(value.value) if isinstance(value, Text) else f"${{{_code(value, closed)}}}" for value in values
    )


def _code(value: Expression, closed: set[str]) -> Expression:
    from populace.survey.formats.translated import code_of

    if isinstance(value, Call) and value.function == "label":
        return value.arguments[0]
    return code_of(value) if isinstance(value, Name) and value.name in closed else value
