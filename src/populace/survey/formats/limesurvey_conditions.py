"""Who is asked a question of LimeSurvey: its relevance, or the table of conditions of older versions."""

from __future__ import annotations

from populace.survey.expression_records import Expression
from populace.survey.formats.limesurvey_plans import Plan
from populace.survey.formats.limesurvey_raw import Row
from populace.survey.formats.limesurvey_reading import Reading

#: what the table calls a comparison -> operator
_METHODS = {"==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "RX": "regexMatch"}


def relevance_of(plan: Plan, reading: Reading) -> Expression | None:
    """The condition under which a question is put."""
    asked = plan.asked
    relevance = asked.row.get("relevance", "").strip()
    if relevance in ("", "1") and asked.conditions:
        relevance = _of_table(asked.conditions, reading)
        words = f"{len(asked.conditions)} rows of the table of conditions are {relevance[:200]!r}"
        reading.fidelity.changed("condition", asked.place, words)
    elif asked.conditions:
        reading.fidelity.taken("condition", len(asked.conditions))  # the relevance says the same
    return reading.condition(relevance, "relevance", asked.place, asked.code)


def _of_table(conditions: list[Row], reading: Reading) -> str:
    """The rows in ExpressionScript: scenarios are alternatives; equalities with one question too; all else together."""
    scenarios: dict[str, dict[str, list[str]]] = {}
    for number, row in enumerate(conditions):
        method = row.get("method", "").strip() or "=="
        asked = row.get("cqid", "") if method == "==" else f"{number}"
        part = _of_row(row, _METHODS.get(method, method), reading)
        scenarios.setdefault(row.get("scenario", "1"), {}).setdefault(f"{method}{asked}", []).append(part)
    joined = [" and ".join(f"({' or '.join(parts)})" for parts in scenario.values()) for scenario in scenarios.values()]
    return " or ".join(f"({one})" for one in joined)


def _of_row(row: Row, method: str, reading: Reading) -> str:
    field, value = row.get("cfieldname", "").strip().removeprefix("+"), row.get("value", "").strip()
    if field.startswith("{"):
        name = field.strip("{}")
    elif reading.lookup.find(field) is None and reading.lookup.find(field + value) is not None:
        name, value = f"{field}{value}.NAOK", "Y"  # a box of a multiple choice, named by its code
    else:
        name = f"{field}.NAOK"
    if len(value) > 2 and value.startswith("@") and value.endswith("@"):
        compared = f"{value.strip('@')}.NAOK"
    else:
        compared = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"regexMatch({compared}, {name})" if method == "regexMatch" else f"{name} {method} {compared}"
