"""The instrument format: files in and out, the schema, and errors that say where."""

import dataclasses
import errno
import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from populace.errors import InstrumentError, OutOfSpace
from populace.survey.design import ChoiceDesign, MaxDiffDesign
from populace.survey.flow import Computed, Element, Field, Quota, elements
from populace.survey.formats import native
from populace.survey.instrument import Block, Instrument, read_instrument, write_instrument
from populace.survey.item import Row
from populace.survey.kinds import KINDS
from populace.survey.question import Question, Skip
from populace.survey.scale import Option
from populace.survey.tasks import Attribute, Tasks

from .strategies import instruments

EXAMPLES = sorted(
    path for path in (Path(__file__).parents[2] / "examples").iterdir() if path.suffix in (".json", ".yaml")
)
VALIDATOR = jsonschema.Draft202012Validator(native.schema())

# -- any instrument --------------------------------------------------------------------------------------------------

letters = st.characters(exclude_categories=("Cs", "Cc"))
words = st.text(letters, min_size=1, max_size=30).filter(str.strip)
multiline = st.sampled_from(
    ["Yes", "no", "null", "~", "1", "1.5", "2026-01-01", "- a", "# b", "a: b", "'", '"x"', "a\nb", " x "]
)
texts = words | multiline


def anything(**switches):
    """Any instrument, with wordings that tempt YAML."""
    return instruments(words=texts, most_blocks=2, **switches)


@settings(max_examples=40)
@given(anything(), st.sampled_from([".json", ".yaml", ".yml"]))
def test_what_is_written_is_read_back_the_same(tmp_path_factory, instrument, suffix):
    path = tmp_path_factory.mktemp("native") / f"instrument{suffix}"
    write_instrument(instrument, path)
    back = read_instrument(path)
    assert back == instrument
    assert back.content_hash == instrument.content_hash


@settings(max_examples=40)
@given(anything())
def test_every_instrument_fits_the_schema(instrument):
    assert list(VALIDATOR.iter_errors(instrument.to_dict())) == []


@settings(max_examples=40)
@given(anything(), st.randoms(use_true_random=False))
def test_the_hash_survives_any_order_of_keys_and_any_spacing(instrument, random):
    def shuffled(value):
        if isinstance(value, list):
            return [shuffled(member) for member in value]
        if not isinstance(value, dict):
            return value
        keys = list(value)
        random.shuffle(keys)
        return {key: shuffled(value[key]) for key in keys}

    text = json.dumps(shuffled(instrument.to_dict()), indent=random.choice([None, 1, 7]))
    assert read_instrument(json.loads(text)).content_hash == instrument.content_hash


@settings(max_examples=40)
@given(anything(), texts)
def test_the_hash_changes_when_a_wording_does(instrument, text):
    content = instrument.to_dict()
    question = content["blocks"][0]["questions"][0]
    changed = text != question["text"]
    question["text"] = text
    assert (read_instrument(content).content_hash != instrument.content_hash) == changed


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "title", "blocks", "questions", "name", "kind", "text", "options"]), inner
        )
    ),
    max_leaves=12,
)


@given(json_like)
def test_whatever_stands_in_a_file_is_read_or_refused_in_one_line(content):
    try:
        read_instrument(content if not isinstance(content, str) else [content])
    except InstrumentError as refusal:
        assert "\n" not in str(refusal)
        assert len(str(refusal)) < 600


# -- shorthands and YAML ---------------------------------------------------------------------------------------------

YAML = """
id: t
title: T
country: NO
scales:
  yn: [Yes, No]
questions:
  - name: q1
    kind: single
    text: Well?
    options: yn
  - name: g
    kind: grid
    text: "How good:"
    options: yn
    rows: [Bread, Milk]
"""


def yaml_file(folder: Path, text: str = YAML) -> Path:
    path = folder / "t.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_plain_words_as_options_get_the_codes_1_2_and_so_on(tmp_path):
    question = read_instrument(yaml_file(tmp_path)).question("q1")
    assert question.options == (Option(1, "Yes"), Option(2, "No"))


def test_plain_words_as_rows_get_the_names_1_2_and_so_on(tmp_path):
    assert [item.name for item in read_instrument(yaml_file(tmp_path)).items()] == ["q1", "g_1", "g_2"]


def test_questions_without_blocks_are_one_block_main(tmp_path):
    (block,) = read_instrument(yaml_file(tmp_path)).blocks
    assert block.id == "main"


def test_yes_no_and_dates_in_yaml_stay_words(tmp_path):
    path = yaml_file(tmp_path, YAML.replace("title: T", "title: 2026-01-01"))
    instrument = read_instrument(path)
    assert (instrument.title, instrument.country) == ("2026-01-01", "NO")


def test_true_and_false_in_yaml_are_truth_values(tmp_path):
    path = yaml_file(
        tmp_path, YAML.replace("    options: yn\n  - name", "    options: yn\n    randomize: true\n  - name")
    )
    assert read_instrument(path).question("q1").randomize is True


def test_written_yaml_keeps_yes_and_no_words_for_older_readers(tmp_path):
    write_instrument(read_instrument(yaml_file(tmp_path)), tmp_path / "out.yaml")
    old = yaml.safe_load((tmp_path / "out.yaml").read_text(encoding="utf-8"))
    assert [option["label"] for option in old["blocks"][0]["questions"][0]["options"]] == ["Yes", "No"]


def test_a_file_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "t.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + YAML.encode())
    assert read_instrument(path).id == "t"


# -- errors ----------------------------------------------------------------------------------------------------------


def refusal(content) -> str:
    with pytest.raises(InstrumentError) as caught:
        read_instrument(content)
    return str(caught.value)


def test_an_unknown_key_is_refused_with_its_place_and_the_closest_known_one(tmp_path):
    path = yaml_file(tmp_path, YAML.replace("    text: Well?", "    txet: Well?"))
    message = refusal(path)
    assert message.startswith(f"{path}, block 'main', question 'q1': unknown key 'txet' (did you mean 'text'?)")


def test_an_unknown_key_of_an_option_is_refused_with_the_option():
    option = {"code": 1, "label": "A", "mising": True}
    content = {
        "id": "t",
        "title": "T",
        "questions": [{"name": "q", "kind": "single", "text": "?", "options": [option, "B"]}],
    }
    message = refusal(content)
    assert "question 'q': option 'A': unknown key 'mising' (did you mean 'missing'?)" in message


def test_a_key_that_is_needed_is_asked_for_by_name():
    message = refusal({"id": "t", "title": "T", "questions": [{"kind": "open", "text": "Why?"}]})
    assert message == "instrument, block 'main', question number 1: has no 'name'; a question needs it: add it"


def test_a_rule_of_a_kind_is_reported_with_file_block_and_question(tmp_path):
    path = yaml_file(tmp_path, YAML.replace("options: yn", "options: []", 1))
    assert refusal(path).startswith(f"{path}, block 'main', question 'q1': has no options")


def test_a_scale_that_is_not_there_is_refused_with_the_closest_one(tmp_path):
    path = yaml_file(tmp_path, YAML.replace("options: yn", "options: ny2", 1))
    assert "options refer to scale 'ny2'" in refusal(path)


def test_a_truth_value_in_the_place_of_words_is_refused():
    question = {"name": "q", "kind": "single", "text": "?", "options": ["A", "B"], "randomize": "yes"}
    assert "randomize is 'yes'; expected true or false" in refusal({"id": "t", "title": "T", "questions": [question]})


def test_blocks_and_questions_together_are_refused():
    assert "has both 'blocks' and 'questions'" in refusal({"id": "t", "title": "T", "blocks": [], "questions": []})


def test_half_a_character_is_refused():
    content = json.loads('{"id": "t", "title": "\\ud83d", "questions": [{"name": "q", "kind": "open", "text": "?"}]}')
    assert "half a character" in refusal(content)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("t.json", '{"id": ', "line 1, column 8: not valid JSON"),
        ("t.json", '{"id": "a", "id": "b"}', "key 'id' stands twice"),
        ("t.json", '{"year": NaN}', "NaN is not a number that JSON knows"),
        ("t.json", "[" * 100_000, "nested too deeply"),
        ("t.json", '{"year": ' + "9" * 5000 + "}", "a value that cannot be read"),
        ("t.yaml", "id: [a", "not valid YAML"),
        ("t.yaml", "id: a\n b: c\n", "line 2, column 3: not valid YAML"),
        ("t.yaml", "[" * 100_000, "nested too deeply"),
        ("t.yaml", "- " * 100_000, "nested too deeply"),
        ("t.yaml", "id: a\nid: b", "key 'id' stands twice"),
        ("t.yaml", "id: !!python/object/apply:os.system [ls]", "not valid YAML"),
        ("t.yaml", "a: &a [*a]", "unknown key 'a'"),
        ("t.yaml", "? [1, 2]\n: 3", "not valid YAML"),
        ("t.yaml", "", "is empty; expected an instrument, a mapping with id, title and blocks"),
        ("t.yaml", "# nothing but a remark", "is empty; expected an instrument"),
        ("t.json", "[]", "holds [] and nothing else; expected an instrument"),
        ("t.json", "[1, 2]", "holds a list ([1, 2]); expected an instrument"),
        ("t.yaml", "coffee", "holds text ('coffee'); expected an instrument"),
        ("t.txt", "", "expected .json, .yaml or .yml"),
    ],
)
def test_a_file_that_is_no_instrument_is_refused_with_its_name_and_the_reason(tmp_path, name, text, reason):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    message = refusal(path)
    assert message.startswith(str(path))
    assert reason in message
    assert "\n" not in message


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    path = tmp_path / "t.json"
    path.write_bytes(b'{"id": "\xe9"}')
    assert "byte 8 is not UTF-8" in refusal(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    assert "nowhere.json does not exist" in refusal(tmp_path / "nowhere.json")


def test_a_bomb_of_aliases_does_not_explode_in_the_message(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    lines += ["id: t", "title: T", "questions: *a11"]
    path = yaml_file(tmp_path, "\n".join(lines))
    assert len(refusal(path)) < 1000


# -- writing ---------------------------------------------------------------------------------------------------------


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = yaml_file(tmp_path)
    instrument = read_instrument(path)

    def full(self, *args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OutOfSpace, match="No space left on device"):
        write_instrument(instrument, path)
    monkeypatch.undo()
    assert path.read_text(encoding="utf-8") == YAML
    assert list(tmp_path.iterdir()) == [path]


# -- examples and schema ---------------------------------------------------------------------------------------------


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(native.schema())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_valid_and_survives_a_round_trip(path, tmp_path):
    VALIDATOR.validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    instrument = read_instrument(path)
    write_instrument(instrument, tmp_path / "out.json")
    assert read_instrument(tmp_path / "out.json").content_hash == instrument.content_hash


def test_the_examples_show_every_kind():
    kinds = {question.kind for path in EXAMPLES for question in read_instrument(path).questions}
    assert kinds == set(KINDS)


def test_the_examples_show_every_step_of_a_flow_and_everything_beside_it():
    shown = [read_instrument(path) for path in EXAMPLES]
    steps = {type(element) for one in shown for element in elements(one.flow)}
    assert steps == set(Element.__subclasses__())
    for part in ("data", "computed", "quotas", "translations"):
        assert any(getattr(one, part) for one in shown), part
    assert any(question.skips for one in shown for question in one.questions)


@pytest.mark.parametrize(
    ("record", "place"),
    [
        (Instrument, None), (Block, "block"), (Question, "question"), (Option, "option"), (Row, "row"),
        (Skip, "skip"), (Tasks, "tasks"), (Attribute, "attribute"), (Field, "field"), (Computed, "computed"),
        (Quota, "quota"), (ChoiceDesign, "choice_design"), (MaxDiffDesign, "maxdiff_design"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)  # fmt: skip
def test_the_schema_has_the_fields_of_a_record_and_needs_those_without_a_default(record, place):
    whole = native.schema()
    part = whole["$defs"][place] if place else whole
    shorthands = {None: {"scales", "questions"}, "question": {"design"}, "tasks": {"design"}}.get(place, set())
    assert set(part["properties"]) == {field.name for field in dataclasses.fields(record)} | shorthands
    missing = dataclasses.MISSING
    needed = {f.name for f in dataclasses.fields(record) if f.default is missing and f.default_factory is missing}
    assert set(part["required"]) == needed - {None: {"blocks"}, "tasks": {"versions"}}.get(place, set())


def test_the_schema_has_every_step_of_a_flow_with_its_fields():
    steps = native.schema()["$defs"]["step"]["properties"]
    assert set(steps) == {kind.KEY for kind in Element.__subclasses__()}
    for kind in Element.__subclasses__():
        if "properties" in steps[kind.KEY]:
            assert set(steps[kind.KEY]["properties"]) == {field.name for field in dataclasses.fields(kind)}


CARDS = {"attributes": [{"name": "A", "levels": ["a", "b"]}, {"name": "B", "levels": ["c", "d"]}]}
SIZE = {"tasks": 4, "alternatives": 2, "seed": 1}
SETS = {"kind": "best_worst", "text": "?", "options": ["A", "B", "C", "D"]}
DESIGNS = [
    {"kind": "choice_task", "text": "?", "tasks": CARDS},
    {"kind": "choice_task", "text": "?", "tasks": CARDS | {"design": SIZE, "versions": [[[[1, 1], [2, 2]]]]}},
    {"kind": "choice_task", "text": "?", "tasks": CARDS | {"design": {"tasks": 4, "alternatives": 2}}},
    *(
        {"kind": "choice_task", "text": "?", "tasks": CARDS | {"design": SIZE | wrong}}
        for wrong in (
            {"tasks": 0}, {"seed": -1}, {"alternatives": 1}, {"method": "best"}, {"versions": 1.5}, {"none": "?"},
            {"prohibited": {"A": "a"}}, {"prohibited": [{"A": "a"}]}, {"prohibited": [{"A": "a", "B": 1}]},
            {"priors": [1]}, {"priors": {"A": 1}}, {"priors": {"A": ["1", "2"]}}, {"none_prior": "1"},
        )
    ),
    SETS | {"design": {"sets": 2, "size": 3, "seed": 1}, "sets": [[[1, 2, 3]]]},
    SETS | {"design": {"sets": 2, "size": 2, "seed": 1}},
    SETS | {"design": [2, 3]},
    SETS | {"kind": "single", "design": {"sets": 2, "size": 3, "seed": 1}},
]  # fmt: skip


@pytest.mark.parametrize(
    "question",
    [
        {"kind": "single", "text": "?"},
        {"kind": "single", "text": "?", "options": []},
        {"kind": "grid", "text": "?", "options": ["A", "B"]},
        {"kind": "open", "text": "?", "options": ["A", "B"]},
        {"kind": "date", "text": "?", "rows": ["A"]},
        {"kind": "single", "text": "?", "options": ["A", "B"], "minimum": 1},
        {"kind": "singel", "text": "?", "options": ["A", "B"]},
        {"kind": "open", "text": ""},
        {"kind": "open", "text": "?", "txet": "?"},
        {"kind": "open", "text": "?", "format": "e-mail"},
        {"kind": "slider", "text": "?", "minimum": 1},
        {"kind": "sum", "text": "?", "options": ["A", "B"]},
        {"kind": "sum", "text": "?", "options": ["A", "B"], "total": 0},
        {"kind": "rank", "text": "?", "options": ["A", "B"], "ranked": 0},
        {"kind": "best_worst", "text": "?", "options": ["A", "B", "C"]},
        {"kind": "best_worst", "text": "?", "options": ["A", "B", "C"], "sets": [[[1, 2]]]},
        {"kind": "choice_task", "text": "?"},
        {"kind": "choice_task", "text": "?", "tasks": {"attributes": [], "versions": []}},
        *DESIGNS,
        {"kind": "side_by_side", "text": "?", "rows": ["A"]},
        {"kind": "side_by_side", "text": "?", "rows": ["A"], "columns": [{"name": "x", "kind": "date", "text": "?"}]},
        {"kind": "open", "text": "?", "skips": [{"when": "true"}]},
        {"kind": "open", "text": "?", "required": "yes"},
        {"kind": "single", "text": "?", "options": [{"code": 1, "label": "A", "image": 5}]},
    ],
)
def test_schema_and_reader_refuse_the_same_mistakes(question):
    content = {"id": "t", "title": "T", "questions": [{"name": "q", **question}]}
    assert not VALIDATOR.is_valid(content)
    assert refusal(content)


@pytest.mark.parametrize(
    "parts",
    [
        {"flow": {"block": "main"}},
        {"flow": ["main"]},
        {"flow": [{"block": "main", "end": {}}]},
        {"flow": [{"blok": "main"}]},
        {"flow": [{"block": ["main"]}]},
        {"flow": [{"branch": {"then": [{"block": "main"}]}}]},
        {"flow": [{"branch": {"when": "true", "then": {"block": "main"}}}]},
        {"flow": [{"branch": {"when": "true", "title": False}}]},
        {"flow": [{"shuffle": {"id": "s", "members": []}}]},
        {"flow": [{"loop": {"id": "l", "rounds": [{"name": None}], "flow": [{"block": "main"}]}}]},
        {"flow": [{"loop": {"id": "l", "rounds": [{"name": "a", "show_if": ""}], "flow": [{"block": "main"}]}}]},
        {"flow": [{"set": {"a": 5}}]},
        {"flow": [{"set": {"a b": "5"}}]},
        {"flow": [{"roll": {"name": "n", "low": 1}}]},
        {"flow": [{"end": {"kind": "done"}}]},
        {"data": ["panel"]},
        {"data": [{"name": "panel", "kind": "date"}]},
        {"data": [{"name": "panel", "text": 5}]},
        {"computed": [{"name": "score"}]},
        {"quotas": [{"name": "n", "when": "true", "limit": -1}]},
        {"translations": {"de": {"q": 5}}},
        {"translations": ["de"]},
    ],
    ids=str,
)
def test_schema_and_reader_refuse_the_same_mistakes_beside_the_questions(parts):
    content = {"id": "t", "title": "T", "questions": [{"name": "q", "kind": "open", "text": "?"}]} | parts
    assert not VALIDATOR.is_valid(content)
    assert len(refusal(content)) < 400


junk = st.sampled_from(
    [None, True, 0, -1, 1.5, 10**400, 1e300, "", " ", "x", "a b", "1 ==", [], [1], [[[1]]], {}, {"a": 1}]
)


def places(content, at=()):
    """Where there is something in a file."""
    inner = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, member in inner:
        yield (*at, key)
        yield from places(member, (*at, key))


@settings(max_examples=80)
@given(anything(), junk, st.data())
def test_what_stands_in_the_wrong_place_is_read_or_refused_in_one_line(instrument, wrong, data):
    content = json.loads(json.dumps(instrument.to_dict()))
    *way, last = data.draw(st.sampled_from(sorted(places(content), key=str)))
    place = content
    for key in way:
        place = place[key]
    place[last] = wrong
    try:
        read_instrument(content)
    except InstrumentError as problem:
        assert "\n" not in str(problem)
        assert len(str(problem)) < 1_000
    else:
        assert VALIDATOR.is_valid(content)
