"""Parts of remote models: settings from files, answers in words, rates, pauses, ratings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models.remote_server import good
from tests.models.tiny_causal import PARTY, TEA

from populace.errors import ModelError
from populace.models.remote import RemoteModel, load_remote
from populace.models.remote_budget import used
from populace.models.remote_checks import settings_of
from populace.models.remote_failure import REASONS, Failed
from populace.models.remote_http import pause_of
from populace.models.remote_key import Key
from populace.models.remote_limits import RateLimit
from populace.models.remote_reading import Shown, distribution_in, option_in
from populace.models.remote_replies import (
    decision_of,
    letter_shares,
    log_chances_of,
    summing_to_one,
    systemone_of,
    text_of,
    vectors_of,
)
from populace.models.remote_similarity import rating, statements_of, temperature_of
from populace.prompts.prompt import Prompt
from populace.prompts.text import Writer

RIGHT = 'url = "https://api.example.com/v1"\nmodel = "gpt"\n'


# -- settings --------------------------------------------------------------------------------------------------------


def read(tmp_path, text):
    path = tmp_path / "gpt.toml"
    path.write_text(text, encoding="utf-8")
    return load_remote(path)


def test_a_file_says_everything(tmp_path):
    model = read(
        tmp_path,
        RIGHT + 'name = "g"\nway = "similarity"\nroute = "completions"\nkey = "A_KEY"\ntemperature = 1\nseed = 3\n'
        'orders = 2\nrecord = "kept.sqlite"\n[prices]\ncurrency = "EUR"\ninput = 0.1\noutput = 1\n'
        "[limits]\nmoney = 5\ntokens = 1000\n"
        'requests_per_minute = 60\nseconds = 10\n[similarity]\nmodel = "e"\n[similarity.anchors]\nYes = ["I do."]\n'
        "No = [\"I don't.\"]\n[parameters]\ntop_p = 0.9\n",
    )  # fmt: skip
    settings = model.settings
    assert (settings.name, settings.temperature, settings.seed, settings.orders) == ("g", 1.0, 3, 2)
    assert settings.prices.of(1_000_000, 2_000_000) == pytest.approx(2.1)
    assert (settings.limits.money, settings.limits.tokens, settings.limits.attempts) == (5.0, 1000, 5)
    assert settings.record == tmp_path / "kept.sqlite" and settings.similarity.anchors["Yes"] == ("I do.",)


def test_replies_are_kept_beside_the_file_unless_it_says_otherwise(tmp_path):
    assert read(tmp_path, RIGHT).settings.record == tmp_path / "gpt.replies.sqlite"
    assert read(tmp_path, RIGHT + "record = false\n").settings.record is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("url =", "cannot be read"), ('model = "m"', "url is missing; expected a text: add it"),
        (RIGHT + 'modell = "x"', "modell is no setting; expected one of"),
        (RIGHT + "[limits]\nmonye = 1", "limits.monye is no setting"), (RIGHT + "limits = 3", r"expected a table"),
        (RIGHT + 'way = "guess"', "way is 'guess'; expected one of direct, draws"),
        (RIGHT + 'way = "decisions"', "'decisions' cannot be asked on route 'chat'; expected decisions or systemone"),
        (RIGHT + 'way = "distribution"\nroute = "completions"', "expected chat"),
        (RIGHT + 'route = "smoke"', "route is 'smoke'"), (RIGHT + "orders = 0", "orders is 0; expected 1 or more"),
        (RIGHT + "orders = 1.5", "orders is 1.5; expected a whole number"), (RIGHT + "orders = true", "a whole number"),
        (RIGHT + 'temperature = "hot"', "expected a number"), (RIGHT + "temperature = nan", "temperature is nan"),
        (RIGHT + "[limits]\nmoney = -1", "limits.money is -1.0; expected 0 or more"),
        (RIGHT + "[prices]\ninput = inf", "prices.input is inf"), (RIGHT + "[limits]\nseconds = 0", "seconds is 0"),
        (RIGHT + 'template = "none-1"', "there is no template 'none-1'"), (RIGHT + "record = 3", "record is 3"),
        (RIGHT + "[parameters]\nstream = true", "parameters.stream is set by Populace"),
        (RIGHT + "[parameters]\nat = 2020-01-01", "parameters cannot be sent"),
        (RIGHT + 'key_header = "a b"', "key_header is 'a b'"), (RIGHT + 'served_as = " "', "served_as is empty"),
        (RIGHT + "replay = true\nrecord = false", "replay needs a record"),
        (RIGHT + 'way = "similarity"', "expected a model of embeddings: set similarity.model"),
        (RIGHT + '[similarity.anchors]\nYes = "I do"', "expected a list of statements"),
        (RIGHT + '[similarity.anchors]\nYes = ["a", "b"]\nNo = ["c"]', "as many statements"),
        ('model = "m"\nurl = "ftp://x/v1"', "url is no address"), ('model = "m"\nurl = "https://"', "url is no"),
        ('model = "m"\nurl = "https://x:port/v1"', "url is no address"),
        ('model = "m"\nurl = "http://far.example/v1"\nkey = "A_KEY"', "expected https, for the key would be readable"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_is_named(tmp_path, text, words):
    with pytest.raises(ModelError, match=words) as wrong:
        read(tmp_path, text)
    assert "\n" not in str(wrong.value)


@pytest.mark.parametrize(
    "text", [RIGHT + 'key = "sk-secret-12"', 'model = "m"\nurl = "https://me:sk-secret-12@x/v1"',
             'model = "m"\nurl = "https://x/v1?key=sk-secret-12"'],
)  # fmt: skip
def test_a_key_in_a_file_is_refused_and_not_repeated(tmp_path, text):
    with pytest.raises(ModelError) as wrong:
        read(tmp_path, text)
    assert "sk-secret" not in str(wrong.value)


def test_a_key_without_a_password_on_this_computer_may_go_unencrypted(tmp_path):
    assert read(tmp_path, 'model = "m"\nurl = "http://localhost:8000/v1"\nkey = "A_KEY"').settings.local


@pytest.mark.parametrize("value", ["", "a b", "schlüssel", "a\nb"])
def test_what_is_no_key_is_refused_and_not_repeated(value):
    with pytest.raises(ModelError, match=r"environment variable K (is not set|holds)") as wrong:
        Key("K").headers({"K": value})
    assert not value or value not in str(wrong.value)


def test_a_key_goes_into_the_header_that_is_wanted():
    assert Key("K").headers({"K": "abc"}) == {"Authorization": "Bearer abc"}
    assert Key("K", "api-key").headers({"K": "abc"}) == {"api-key": "abc"}
    assert Key(None).headers({}) == {} and "abc" not in repr(Key("K"))


# -- answers in words ------------------------------------------------------------------------------------------------

SHOWN = Shown.of(TEA, (2, 1, 0, 3), Writer())  # A = Not at all, B = A little, C = Very much, D = Don't know


@pytest.mark.parametrize(
    ("said", "position"),
    [("A", 2), (" C.\n", 0), ("(B)", 1), ("**D**", 3), ("A. Not at all", 2), ("C) very much", 0), ("not at all!", 2),
     ("Answer: B", 1), ("answer: Don’t know", 3), ('"A little"', 1), ("D - don't know", 3)],
)  # fmt: skip
def test_one_option_is_understood(said, position):
    assert option_in(said, SHOWN) == position


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("", "empty"), ("**", "empty"), ("Answer:", "empty"), ("E", "off the list"), ("a", "off the list"),
        ("Very", "off the list"), ("A person like me drinks B", "off the list"), ("A or B", "several answers"),
        ("A, B", "several answers"), ("AB", "off the list"), ("Very much, or a little", "several answers"),
        ("A. Very much", "ambiguous"), ("I'm sorry, no", "refusal"), ("As an AI language model …", "refusal"),
        ("I cannot say", "refusal"), ("A. Not at all, as I said", "off the list"), ("1", "off the list"),
    ],
)  # fmt: skip
def test_what_is_not_one_option_is_none(said, reason):
    with pytest.raises(Failed) as failed:
        option_in(said, SHOWN)
    assert failed.value.reason == reason and failed.value.kept


def test_a_letter_that_is_another_options_wording_is_ambiguous():
    shown = Shown.of(Prompt("Which?", ("B", "A")), (0, 1), Writer())
    with pytest.raises(Failed, match="ambiguous"):
        option_in("A", shown)


def test_options_of_the_same_wording_are_told_by_their_letters_alone():
    shown = Shown.of(Prompt("Which?", ("Same", "Same")), (0, 1), Writer())
    assert option_in("B", shown) == 1 and option_in("A. Same", shown) == 0
    with pytest.raises(Failed, match="ambiguous"):
        option_in("Same", shown)


def test_reasons_are_known_and_replies_short():
    failed = Failed("off the list", "x\n y " * 1000)
    assert len(failed.reply) == 500 and "\n" not in failed.reply
    with pytest.raises(ValueError, match="there is no reason"):
        Failed("bad luck")
    assert len(set(REASONS.values())) == len(REASONS)


# -- numbers ---------------------------------------------------------------------------------------------------------


def test_letters_are_weighed_among_themselves():
    """With A .6, ' A' .1, B .2 and 'I' .09 all but .01 is known, so that C, not listed, counts as 0."""
    listed = [("A", np.log(0.6)), (" A", np.log(0.1)), ("B", np.log(0.2)), ("I", np.log(0.09))]
    assert np.abs(letter_shares(listed, "ABC") - np.array([0.7, 0.2, 0]) / 0.9).max() < 1e-12
    with pytest.raises(Failed, match="letters not listed"):
        letter_shares(listed[:3], "ABC")  # a tenth is unknown: it may be C's
    assert np.abs(letter_shares(listed[:3], "AB") - np.array([0.7, 0.2]) / 0.9).max() < 1e-12


@pytest.mark.parametrize("values", [[0.5, 0.5, 0.03], [0.0, 0.0], [True, 0], [float("nan"), 1], [float("inf")], ["1"]])
def test_what_does_not_sum_to_one_is_no_distribution(values):
    with pytest.raises(Failed):
        summing_to_one(values)
    assert np.abs(summing_to_one([0.5, 0.49]) - np.array([0.5, 0.49]) / 0.99).max() < 1e-12


def test_the_rating_of_the_docstring():
    assert np.abs(rating(np.array([[0.9, 0.6, 0.5]]), 1.0) - [0.8, 0.2, 0.0]).max() < 1e-12
    sharper = rating(np.array([[0.9, 0.6, 0.5]]), 0.5)
    assert np.abs(sharper - np.array([16, 1, 0]) / 17).max() < 1e-12
    with pytest.raises(Failed, match="not told apart"):
        rating(np.array([[0.5, 0.5, 0.5]]), 1.0)


def test_the_temperature_is_calibrated_on_the_statements():
    """Statements that agree about their options make ratings sharp; statements that agree less leave them blunt."""
    rng = np.random.default_rng(0)
    ends = np.eye(3)[None].repeat(3, axis=0)

    def unit(vectors):
        return vectors / np.linalg.norm(vectors, axis=2, keepdims=True)

    common = np.ones((3, 3, 3))
    sharp = temperature_of(unit(ends + 0.01 * rng.normal(size=ends.shape)))
    close = temperature_of(unit(common + 0.2 * ends + 0.08 * rng.normal(size=ends.shape)))
    assert sharp <= 0.2 < close
    assert temperature_of(ends[:1]) == 1.0
    with pytest.raises(Failed, match="not told apart"):
        temperature_of(np.ones((2, 3, 3)))


def test_statements_are_the_users_where_every_option_has_some():
    own = {label: [f"{label}!", f"{label}?"] for label in PARTY.options}
    assert statements_of(PARTY, own) == [["Reds!", "Greens!", "Blues!"], ["Reds?", "Greens?", "Blues?"]]
    assert statements_of(PARTY, {"Reds": ["x"]})[1][0] == "My answer is: Reds."


def test_what_a_server_says_of_tokens_has_to_be_possible():
    content = b"x" * 90
    assert used({"usage": {"prompt_tokens": 30, "completion_tokens": 2}}, content, 9).total == 32
    assert used({"usage": {"input_tokens": 30}}, content, 9).total == 30
    for usage in (None, {}, [], {"prompt_tokens": 0}, {"prompt_tokens": True}, {"prompt_tokens": 10**6},
                  {"prompt_tokens": 3, "completion_tokens": 10**6},
                  {"prompt_tokens": 3, "completion_tokens": None}):  # fmt: skip
        assert used({"usage": usage}, content, 9) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | st.text(max_size=5) | st.just("B"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["A", "B", "x"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def places(found, path=()):
    """Every place in plain data."""
    yield path
    pairs = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for name, value in pairs:
        yield from places(value, (*path, name))


def with_other(found, path, value):
    """The data with another value in one place."""
    if not path:
        return value
    copy = found.copy()
    copy[path[0]] = with_other(found[path[0]], path[1:], value)
    return copy


BODY = {"model": "m", "logprobs": True, "input": ["a", "b"], "questions": {"q": {"criteria": dict.fromkeys("XYZ")}}}
LISTED = {"model": "m", "questions": [{"choices": [{"value": one} for one in "XYZ"]}]}
READERS = {
    "/chat/completions": lambda reply: [option_in(text_of(reply, True), SHOWN) * 0 + 1.0],
    "/completions": lambda reply: letter_shares(log_chances_of(reply, False), "ABC"),
    "/chat/completions logprobs": lambda reply: letter_shares(log_chances_of(reply, True), "ABC"),
    "/systemone": lambda reply: systemone_of(reply, "q", "XYZ"),
    "/decisions": lambda reply: decision_of(reply, "XYZ"),
    "/embeddings": lambda reply: (vectors_of(reply, 2) ** 2).sum(axis=1) / 2,
}


@pytest.mark.parametrize("route", READERS)
@given(data=st.data())
def test_whatever_stands_in_a_reply_it_is_a_distribution_or_a_failure(route, data):
    path = route.split()[0]
    reply = good(f"/v1{path}", LISTED if path == "/decisions" else BODY, lambda body: "B")
    place = data.draw(st.sampled_from(list(places(reply))))
    changed = with_other(reply, place, data.draw(JSON))
    try:
        shares = np.asarray(READERS[route](changed if isinstance(changed, dict) else {}))
    except Failed as failed:
        assert failed.reason in REASONS
        return
    assert (shares >= 0).all() and abs(shares.sum() - 1) < 1e-9
    used(changed, b"x", 1)


@given(st.text(alphabet="ABCD%:.,0123456789{}[]\"' \nneI'm\u2028", max_size=40))
def test_whatever_is_said_it_is_an_option_a_distribution_or_a_failure(said):
    for read in (option_in, distribution_in):
        try:
            found = read(said, SHOWN)
        except Failed as failed:
            assert failed.reason in REASONS
        else:
            assert found in range(4) if read is option_in else abs(found.sum() - 1) < 1e-9


# -- time ------------------------------------------------------------------------------------------------------------


def test_no_minute_holds_more_requests_than_allowed():
    rate = RateLimit(requests=3, clock=lambda: 0.0)
    assert [rate.wait(1) for _ in range(8)] == [0, 0, 0, 60, 60, 60, 120, 120]


def test_no_minute_holds_more_tokens_than_allowed_and_a_large_request_goes_alone():
    now = [0.0]
    rate = RateLimit(tokens=100, clock=lambda: now[0])
    assert [rate.wait(size) for size in (60, 40, 10, 500, 5)] == [0, 0, 60, 120, 180]
    now[0] = 400.0
    assert rate.wait(100) == 0


def test_the_same_minutes_whenever_requests_come():
    """Any minute of a long run of requests at odd times keeps to both limits."""
    rng = np.random.default_rng(1)
    now = [0.0]
    rate = RateLimit(requests=5, tokens=200, clock=lambda: now[0])
    gone = []
    for _ in range(300):
        now[0] += float(rng.exponential(8.0))
        size = int(rng.integers(1, 90))
        gone.append((now[0] + rate.wait(size), size))
    for start, _ in gone:
        within = [size for when, size in gone if start <= when < start + 59.999]
        assert len(within) <= 5 and sum(within) <= 200


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("3", 3.0), ("0.5", 0.5), ("-4", 0.0), ("Thu, 01 Jan 1970 00:01:40 GMT", 40.0), ("soon", None), ("", None),
     ("nan", None), ("inf", None), ("Thu, 99 Jan 1970", None)],
)  # fmt: skip
def test_pauses_that_servers_ask_for(value, seconds):
    assert pause_of({"retry-after": value}, now=60.0) == seconds


def test_a_model_can_be_made_without_a_file():
    model = RemoteModel(settings_of({"name": "m", "url": "http://localhost:1/v1", "model": "x"}))
    assert "localhost" in repr(model) and model.describe()["requests"] == 0
