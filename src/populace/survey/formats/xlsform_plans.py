"""What each row of an XLSForm becomes with us: its name, and the codes of its choices.

They are settled for all rows before any is read, since conditions and wordings name any of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.names import Names
from populace.survey.formats.xlsform_expressions import Variable
from populace.survey.formats.xlsform_form import Form, Node
from populace.survey.formats.xlsform_types import kind_of

#: characters of a name
_LONGEST = 100
_WHOLE = re.compile(r"-?[1-9][0-9]{0,14}|0")
_LABEL = re.compile(r"""jr:choice-name\(\s*\$\{([^{}]+)\}\s*,\s*['"]\$\{([^{}]+)\}['"]\s*\)""")
_TABLE_NOTE, _TABLE_HEAD = "generated_table_list_label_", "reserved_name_for_field_list_labels_"

Codes = dict[str, int | str]


@dataclass
class Plan:
    """What becomes of one row."""

    #: the row
    node: Node
    #: our name; of a row of a table the column's
    name: str
    #: "single", "note", ... as `xlsform_types.kind_of` has it; "table" for a group that is one grid
    kind: str
    #: name of a choice -> our code
    codes: Codes = field(default_factory=dict)
    #: the text in which "other" is specified
    other: Node | None = None


class Plans:
    """The plans of a form, and what its names stand for."""

    def __init__(self, form: Form, fidelity: Fidelity) -> None:
        self.fidelity, self.names = fidelity, Names()
        #: plans by the number of the row object
        self._plans: dict[int, Plan] = {}
        #: name in the form -> what it stands for
        self.lookup: dict[str, Variable] = {}
        #: rows that are part of another question
        self.apart: set[int] = set()
        self._rows(form.children)
        for node in form.walk():
            self._alias(node)

    def of(self, node: Node) -> Plan:
        """The plan of a row."""
        return self._plans[id(node)]

    def known(self, node: Node) -> bool:
        """Has a row a plan?"""
        return id(node) in self._plans

    def _rows(self, children: list[Node]) -> None:
        waiting = [children]
        while waiting:
            siblings = waiting.pop(0)
            for place, node in enumerate(siblings):
                if node.type in ("group", "repeat") and not is_table(node):
                    waiting.append(node.children)
                elif node.type == "group":
                    self._table(node)
                else:
                    following = siblings[place + 1] if place + 1 < len(siblings) else None
                    self._row(node, following)

    def _table(self, node: Node) -> None:
        name = self._claim(node, node.name)
        self._plans[id(node)] = Plan(node, name, "table", self._codes(table_rows(node)[0]))
        for row in table_rows(node):
            plan = Plan(row, self._claim(row, row.name), kind_of(row.type), self._plans[id(node)].codes)
            self._plans[id(row)] = plan
            self._know(plan)

    def _row(self, node: Node, following: Node | None) -> None:
        if id(node) in self.apart:
            return
        plan = Plan(node, self._claim(node, node.name), kind_of(node.type), self._codes(node))
        if following is not None and _specifies(node, following):
            plan.other = following
            self.apart.add(id(following))
            text = f"{plan.name}_{plan.codes['other']}_text"
            self.names.add(text)
            self.lookup[following.name] = Variable(text, "text")
        self._plans[id(node)] = plan
        self._know(plan)

    def _claim(self, node: Node, wanted: str) -> str:
        if len(wanted) > _LONGEST:
            words = f"its name of {len(wanted):,} characters is cut to {_LONGEST}"
            self.fidelity.changed("question", node.place[:_LONGEST], words)
        return self.names.claim(wanted[:_LONGEST] or "q", "question", node.place[:_LONGEST], self.fidelity)

    def _codes(self, node: Node) -> Codes:
        """Whole numbers where all names of choices are, else words that can be part of a name."""
        words = list(dict.fromkeys(str(choice.get("name", "")) for choice in node.choices))
        whole = all(_WHOLE.fullmatch(word) for word in words)
        codes: Codes = {}
        for word in words:
            code = int(word) if whole else re.sub(r"[^\w.\-]+", "_", word) or "_"
            while code in codes.values():
                code = f"{code}_2"
            if str(code) != word:
                self.fidelity.changed("choice", f"{node.place}, choice {word!r}", f"its code is {code!r} here")
            codes[word] = code
        return codes

    def _know(self, plan: Plan) -> None:
        kinds = {
            "single": "closed", "acknowledge": "closed", "multiple": "multiple", "integer": "number",
            "decimal": "number", "slider": "number", "open": "text", "date": "text", "datetime": "text", "time": "text",
            "note": "none", "rank": "none", "recorded": "none", "external": "none", "unknown": "none",
        }  # fmt: skip
        codes = plan.codes if plan.kind != "acknowledge" else {"OK": "OK"}
        variable = Variable(plan.name, kinds.get(plan.kind, "unknown"), codes)
        if plan.node.name in self.lookup:
            words = f"name {plan.node.name!r} stands more than once; conditions mean the first"
            self.fidelity.changed("question", plan.node.place, words)
        self.lookup.setdefault(plan.node.name, variable)

    def _alias(self, node: Node) -> None:
        """`q_label`, as we write it: the wording of the answer to `q`."""
        found = _LABEL.fullmatch(str(node.bind("calculate")).strip()) if kind_of(node.type) == "calculate" else None
        if found and found[1] == found[2] and node.name == f"{found[1]}_label" and found[1] in self.lookup:
            variable = self.lookup[found[1]]
            self.lookup[node.name] = Variable(variable.name, "unknown", label_of=variable.name)
            self.apart.add(id(node))


def is_table(node: Node) -> bool:
    """Is a group one grid: selects of one list under a row of labels?"""
    if node.type != "group":
        return False
    rows = table_rows(node)
    others = [child for child in node.children if child not in rows and not _is_head(child)]
    lists = {str(row.content.get("list_name") or row.content.get("itemset")) for row in rows}
    heads = any(_is_head(child) and child.type != "note" for child in node.children)
    same = {row.type for row in rows}
    return (
        bool(rows)
        and heads
        and not others
        and len(lists) == len(same) == 1
        and not rows[0].content.get("choice_filter")
    )


def table_rows(node: Node) -> list[Node]:
    """The rows of such a group."""
    return [
        child
        for child in node.children
        if kind_of(child.type) in ("single", "multiple") and child.control("appearance").startswith("list-nolabel")
    ]


def table_heading(node: Node) -> Node | None:
    """The text above such a group."""
    return next((child for child in node.children if child.name.startswith(_TABLE_NOTE)), None)


def _is_head(node: Node) -> bool:
    labels = node.type.startswith("select") and node.control("appearance").startswith("label")
    return labels or node.name.startswith((_TABLE_NOTE, _TABLE_HEAD))


def _specifies(node: Node, following: Node) -> bool:
    """Is the row that follows the "specify other" of `or_other`?"""
    relevant = str(following.bind("relevant")).replace('"', "'")
    return (
        kind_of(node.type) in ("single", "multiple")
        and following.type == "text"
        and following.name == f"{node.name}_other"
        and any(choice.get("name") == "other" for choice in node.choices)
        and relevant in (f"selected(../{node.name}, 'other')", f"selected(${{{node.name}}}, 'other')")
    )
