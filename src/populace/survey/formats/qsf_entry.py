"""Questions of a Qualtrics survey file that are answered with texts, numbers and orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from populace.survey.formats.qsf_choices import ChoiceReader
from populace.survey.formats.qsf_draft import Draft, settings_of
from populace.survey.formats.qsf_raw import mapping, members, number, ordered, yes
from populace.survey.scale import Option

#: type of text entry -> how an open answer has to look
FORMATS = {
    "ValidEmail": "email", "ValidPhone": "phone", "ValidZip": "postal code", "ValidDate": "date", "ValidURL": "url",
}  # fmt: skip


def active(settings: Mapping[str, Any], *types: str) -> bool:
    """Is a question validated in one of these ways? Settings of other ways stay in the file, and mean nothing."""
    return "Type" not in settings or str(settings["Type"]) in types


class EntryReader(ChoiceReader):
    """Reads text entry, sliders, rankings and constant sums."""

    def text_entry(self, draft: Draft, selector: str) -> None:
        settings = settings_of(draft.raw)
        choices = ordered(draft.raw.get("Choices"), draft.raw.get("ChoiceOrder"))
        if selector == "FORM" and choices:
            self.rows(draft, choices, written=False)
            draft.fields["kind"] = "open"
            return
        content = str(settings.get("ContentType") or "")
        if str(settings.get("Type")) == "ContentType" and content == "ValidNumber":
            limits = mapping(settings.get("ValidNumber"))
            draft.fields["kind"] = "numeric"
            self.limits(draft, limits.get("Min"), limits.get("Max"), limits.get("NumDecimals"))
            return
        draft.fields["kind"] = "open"
        if str(settings.get("Type")) == "ContentType" and content in FORMATS:
            draft.fields["format"] = FORMATS[content]
        draft.fields["several_lines"] = selector in ("ML", "ESTB")
        if selector == "PW":
            draft.fields["look"] = "password"
        most = number(settings.get("TotalChars") or settings.get("MaxChars"))
        if most and active(settings, "TotalChar", "CharRange"):
            draft.fields["longest"] = int(most)
        if number(settings.get("MinChars")) and active(settings, "MinChar", "CharRange"):
            self.fidelity.lost("shortest answer", draft.place, f"at least {settings['MinChars']} characters")

    def limits(self, draft: Draft, low: Any, high: Any, decimals: Any) -> None:
        smallest, largest, digits = number(low), number(high), number(decimals)
        if smallest is not None and largest is not None and smallest >= largest:
            self.fidelity.lost("range", draft.place, f"smallest {low!r} is not below largest {high!r}")
            smallest = largest = None
        draft.fields |= {"minimum": smallest, "maximum": largest}
        if digits is not None and 0 <= digits <= 10:
            draft.fields["decimals"] = int(digits)

    def slider(self, draft: Draft, selector: str) -> None:
        settings = mapping(draft.raw.get("Configuration"))
        rows = self.with_carried(draft, ordered(draft.raw.get("Choices"), draft.raw.get("ChoiceOrder")))
        if not rows:
            self.unknown(draft, "slider without statements")
            return
        draft.fields["kind"] = "slider"
        self.rows(draft, rows, written=False)
        if selector == "STAR":
            self.limits(draft, 0, settings.get("StarCount") or 5, 0)
            draft.fields["look"] = "stars"
        else:
            low, high = number(settings.get("CSSliderMin")), number(settings.get("CSSliderMax"))
            self.limits(draft, 0 if low is None else low, 100 if high is None else high, settings.get("NumDecimals"))
            draft.fields["look"] = "bar" if selector == "HBAR" else None
        if draft.fields.get("minimum") is None:
            self.limits(draft, 0, 100, settings.get("NumDecimals"))
        lines = number(settings.get("GridLines"))
        if yes(settings.get("SnapToGrid")) and lines:
            draft.fields["step"] = (draft.fields["maximum"] - draft.fields["minimum"]) / lines
        if yes(settings.get("NotApplicable")):
            label = str(settings.get("NotApplicableText") or "Not applicable")
            draft.fields["options"] = (Option(-1, label, missing=True),)
        labels = [self.text(mapping(one).get("Display"), draft.place, "…") for one in members(draft.raw.get("Labels"))]
        if any(label != "…" for label in labels):
            draft.fields["text"] += "\n[" + " | ".join(labels) + "]"
            self.fidelity.changed("labels of a slider", draft.place, "stand in the wording, in brackets")

    def rank_order(self, draft: Draft, selector: str) -> None:
        choices = self.with_carried(draft, ordered(draft.raw.get("Choices"), draft.raw.get("ChoiceOrder")))
        if not choices:
            self.unknown(draft, "ranking without choices")
            return
        draft.fields["kind"] = "rank"
        self.options(draft, choices)
        settings = settings_of(draft.raw)
        most = number(settings.get("MaxChoices"))
        if most and 1 <= most <= len(choices) and active(settings, "ChoiceRange", "MaxChoices", "SelectMany"):
            draft.fields["ranked"] = int(most)

    def constant_sum(self, draft: Draft, selector: str) -> None:
        choices = self.with_carried(draft, ordered(draft.raw.get("Choices"), draft.raw.get("ChoiceOrder")))
        if not choices:
            self.unknown(draft, "constant sum without choices")
            return
        settings = settings_of(draft.raw)
        total = number(settings.get("ChoiceTotal")) if active(settings, "ChoicesTotal") else None
        draft.fields["kind"] = "sum" if total and total > 0 else "numeric"
        symbol = draft.raw.get("ClarifyingSymbol")
        if isinstance(symbol, str) and symbol.strip() and draft.raw.get("ClarifyingSymbolType") not in (None, "None"):
            draft.fields["unit"] = symbol.strip()
        if draft.fields["kind"] == "sum":
            self.options(draft, choices)
            draft.fields["total"] = total
        else:
            self.rows(draft, choices, written=False)
            self.limits(draft, 0, None, None)
            self.fidelity.changed("constant sum", draft.place, "has no total; taken as a number for each choice")

    def unknown(self, draft: Draft, kind: str) -> None:
        """A question of no kind that is known; its place is kept."""
        kept = {key: draft.fields[key] for key in ("name", "source", "text")}
        draft.fields = kept | {"kind": "technical", "look": kind[:60].strip() or None}
        draft.codes, draft.rows, draft.options_raw, draft.rows_raw = {}, {}, {}, {}
        self.fidelity.lost("question", draft.place, f"{kind!r} is of a kind that is not known; its place is kept")
