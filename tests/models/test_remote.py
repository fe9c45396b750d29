"""Remote models: how interviews are put, what comes of each way to ask, what is kept, and what it may cost."""

import asyncio
import json
import pickle
import sqlite3

import numpy as np
import pytest
from tests.models.remote_server import CHANCES, running, vector
from tests.models.tiny_causal import PARTY, SEX, TEA, TOWNS

from populace.errors import BudgetSpent, Interrupted, ModelError, UsageError
from populace.models.base import Told
from populace.models.library import load_model
from populace.models.remote import RemoteModel
from populace.models.remote_checks import settings_of
from populace.models.remote_desk import Service
from populace.prompts.context import Context
from populace.prompts.prompt import Prompt

KEY = "sk-verysecret-0123456789"
TOWN = Told(TOWNS, np.arange(6), background=True)


@pytest.fixture
def server():
    with running() as found:
        yield found


async def at_once(seconds):
    await asyncio.sleep(0)


def settings_at(server, **more):
    return settings_of({"name": "m", "url": server.url, "model": "tiny"} | more)


def model_at(server, embed=None, **more):
    return RemoteModel(settings_at(server, **more), embed, sleep=at_once)


def history():
    return [Told(SEX, np.array([0, 1]), background=True), Told(TEA, np.array([1, -1]))]


# -- how it is put ---------------------------------------------------------------------------------------------------


def test_an_interview_is_a_chat_in_the_words_that_causal_models_read(server):
    model = model_at(server).within(Context(title="Drinks"))
    session = model.open(2, history())
    session.tell(PARTY, np.array([2]), np.array([1]))
    session.ask(PARTY)
    first, second = sorted((one.body["messages"] for one in server.seen), key=lambda one: "Female" in str(one))
    told = "You are this person. Answer every question with the letter of one option and nothing else."
    assert first == [
        {
            "role": "system",
            "content": f"A person answers a survey: Drinks.\n\n{told}\n\nWhat is your sex?\nMale",
        },
        {
            "role": "user",
            "content": "Question: How much do you like tea?\nA. Very much\nB. A little\nC. Not at all\n"
            "D. Don't know\nAnswer:",
        },
        {"role": "assistant", "content": "B. A little"},
        {
            "role": "user",
            "content": "Question: Which party do you like best?\nA. Reds\nB. Greens\nC. Blues\nAnswer:",
        },
    ]
    assert [one["content"] for one in second[1:]] == [first[3]["content"], "C. Blues", first[3]["content"]]


def test_a_base_model_reads_what_causal_models_are_trained_on(server):
    from tests.models.test_causal import make

    causal = make()
    tokens = causal.tokens
    ids = tokens.opening(Context(), None, None, [(SEX.text, "Male")]) + tokens.question(TEA, (0, 1, 2, 3))
    ids += tokens.answers(TEA, (0, 1, 2, 3))[1] + tokens.rests(TEA)[1] + tokens.question(PARTY, (0, 1, 2))
    session = model_at(server, route="completions").open(
        1, [Told(one.prompt, one.choices[:1], one.background) for one in history()]
    )
    assert session.ask(PARTY).tolist() == [[0, 1, 0]]
    (request,) = server.seen
    assert request.path == "/v1/completions"
    assert request.body["prompt"] == tokens._tokenizer.decode(ids).removeprefix("<|bos|>")


def test_backgrounds_can_be_one_text_and_the_instruction_ones_own(server):
    session = model_at(server, persona=True, instruction="Just the letter.").open(1, [Told(SEX, np.array([0]), True)])
    session.ask(PARTY)
    system = server.seen[0].body["messages"][0]["content"]
    assert system.endswith("Just the letter.\n\nAbout the person: What is your sex?: Male.")


def test_settings_are_sent_as_they_are(server):
    model_at(
        server, temperature=0.7, seed=5, length=9, length_field="max_completion_tokens", parameters={"top_p": 0.9}
    ).open(1).ask(PARTY)
    body = {name: value for name, value in server.seen[0].body.items() if name != "messages"}
    assert body == {"model": "tiny", "temperature": 0.7, "seed": 5, "max_completion_tokens": 9, "top_p": 0.9}


def test_what_was_said_counts_for_whoever_said_it_and_a_copy_goes_its_own_way(server):
    session = model_at(server).open(3)
    session.tell(PARTY, np.array([0, -1, 2]))
    other = session.copy()
    other.tell(TEA, np.array([1]), np.array([1]))
    session.ask(TEA)
    assert sorted(len(one.body["messages"]) for one in server.seen) == [2, 4, 4]
    server.seen.clear()
    other.ask(PARTY, np.array([1]))
    assert [len(one.body["messages"]) for one in server.seen] == [4]


# -- ways ------------------------------------------------------------------------------------------------------------


def test_a_direct_answer_has_probability_one(server):
    server.says = lambda body: "C. Blues"
    assert model_at(server).open(2).ask(PARTY).tolist() == [[0, 0, 1]] * 2
    assert len(server.seen) == 1


def test_more_options_than_letters_are_answered_in_words(server):
    server.says = lambda body: "Town 17"
    shares = model_at(server).open(1).ask(TOWNS)
    assert shares.argmax() == 16 and shares.sum() == 1
    assert "exact wording" in server.seen[0].body["messages"][0]["content"]


def test_draws_are_shares_and_each_is_another_request(server):
    answers = iter(["A", "B", "B", "C", "As an AI, no", "B", "A", "B", "B", "B"])
    server.says = lambda body: next(answers)
    model = model_at(server, way="draws", draws=10, temperature=1.0, seed=3, limits={"side_by_side": 1})
    session = model.open(3)
    shares = session.ask(PARTY)
    assert np.abs(shares - np.array([2, 6, 1]) / 9).max() < 1e-12
    assert sorted(one.body["seed"] for one in server.seen) == list(range(3, 13))
    assert [(one.row, one.reason, one.lost) for one in session.failures] == [
        (row, "refusal", False) for row in range(3)
    ]
    assert model.describe()["failed_answers"] == {}


def test_an_answer_does_not_stand_on_less_than_half_of_its_draws(server):
    answers = iter(["A", "no", "no", "A", "no"])
    server.says = lambda body: next(answers)
    session = model_at(server, way="draws", draws=5).open(1)
    assert np.isnan(session.ask(PARTY)).all()
    assert [one.reason for one in session.failures] == ["too few draws"]


@pytest.mark.parametrize(
    "said", ["A: 20 %\nB: 70%\nC: 10 %", '{"A": 0.2, "B": 0.7, "C": 0.1}',
             '```json\n{"Reds": 20, "Greens": 70, "Blues": 10}\n```', '{"A": "20%", "B": "70%", "C": "10%"}',
             "- A. Reds: 20.0\n- B. Greens: 70.0\n- C. Blues: 10.0"],
)  # fmt: skip
def test_a_distribution_is_read_in_words(server, said):
    server.says = lambda body: said
    assert np.abs(model_at(server, way="distribution").open(1).ask(PARTY) - [0.2, 0.7, 0.1]).max() < 1e-12


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("A: 20 %\nB: 70%\nC: 20 %", "not one in sum"), ("A: 20 %\nB: 80%", "off the list"),
        ("A: 20 %\nB: 70%\nC: 10 %\nD: 0 %", "off the list"), ("A: 20 %\nA: 70%\nB: 10 %", "off the list"),
        ('{"A": 20, "A": 20, "B": 70, "C": 10}', "off the list"), ('{"A": -20, "B": 110, "C": 10}', "incomplete"),
        ("A: 20 %\nB: 0.7\nC: 10 %", "not one in sum"), ("About 20 % Reds", "off the list"), ("{", "off the list"),
        ("Here you are:\nA: 20\nB: 70\nC: 10", "off the list"), ('{"A": true, "B": 0, "C": 0}', "off the list"),
        ("I cannot estimate that.", "refusal"), ('{"A": NaN, "B": 70, "C": 10}', "off the list"),
        ('{"A": {"p": 1}, "B": 70, "C": 10}', "off the list"), ("A: 0\nB: 0\nC: 0", "not one in sum"),
    ],
)  # fmt: skip
def test_a_distribution_that_is_none_fails(server, said, reason):
    server.says = lambda body: said
    session = model_at(server, way="distribution").open(1)
    assert np.isnan(session.ask(PARTY)).all()
    assert [one.reason for one in session.failures] == [reason]


@pytest.mark.parametrize("route", ["chat", "completions"])
def test_log_probabilities_of_letters_are_their_chances(server, route):
    shares = model_at(server, way="logprobs", route=route).open(1).ask(PARTY)
    assert np.abs(shares - list(CHANCES.values())).max() < 1e-12
    assert server.seen[0].body["max_tokens"] == 1


def test_more_options_than_letters_have_no_log_probabilities(server):
    session = model_at(server, way="logprobs").open(1)
    assert np.isnan(session.ask(TOWNS)).all() and not server.seen
    assert session.failures[0].reason == "too many options"


@pytest.mark.parametrize("route", ["decisions", "systemone"])
def test_a_decision_model_gives_every_option_its_probability(server, route):
    session = model_at(server, way="decisions", route=route).open(2, history())
    assert np.abs(session.ask(PARTY) - [0.2, 0.7, 0.1]).max() < 1e-12
    assert len(server.seen) == 2 and "A little" in json.dumps([one.body for one in server.seen])


def test_decisions_are_put_as_the_openai_client_puts_them(server):
    """The client's own types take what we send, and what we read."""
    openai = pytest.importorskip("openai")
    model_at(server, way="decisions", route="decisions").open(1).ask(PARTY)
    ours = server.seen.pop().body
    reply = openai.OpenAI(api_key="none", base_url=server.url).decisions.create(**ours)
    assert server.seen[0].body == ours and server.seen[0].path == "/v1/decisions"
    assert [one.probability for one in reply.answers[0].probabilities] == [0.2, 0.7, 0.1]


def test_similarity_rates_a_free_text_by_statements_for_the_options(server):
    server.says = lambda body: "I like the Greens and not the Reds"
    own = {"Reds": ["I like Reds", "Reds for me"], "Greens": ["I like Greens", "Greens for me"],
           "Blues": ["I like Blues", "Blues for me"]}  # fmt: skip
    model = model_at(server, way="similarity", similarity={"model": "vectors", "anchors": own})
    (shares,) = model.open(1).ask(PARTY)
    assert abs(shares.sum() - 1) < 1e-12 and shares[2] == 0 and abs(shares[0] - shares[1]) < 1e-9
    assert [one.path for one in server.seen] == ["/v1/chat/completions", "/v1/embeddings", "/v1/embeddings"]
    assert "A. Reds" not in server.seen[0].body["messages"][-1]["content"]


def test_similarity_takes_a_function_of_embeddings(server):
    server.says = lambda body: "My answer would be Blues"
    model = model_at(server, embed=lambda texts: [vector(text) for text in texts], way="similarity")
    assert model.open(1).ask(PARTY).argmax() == 2
    assert [one.path for one in server.seen] == ["/v1/chat/completions"]


def test_an_embedding_that_tells_nothing_apart_rates_nothing(server):
    model = model_at(server, embed=lambda texts: [[1.0, 2.0]] * len(texts), way="similarity")
    session = model.open(1)
    assert np.isnan(session.ask(PARTY)).all()
    assert session.failures[0].reason == "not told apart"


# -- orders ----------------------------------------------------------------------------------------------------------


def test_answers_are_averaged_over_orders(server):
    """The server always says B: the second place, whichever option stands there."""
    model = model_at(server, orders=2)
    four = Prompt("Which?", ("Tea", "Coffee", "Milk", "Water"))
    assert model.open(1).ask(four).tolist() == [[0, 0.5, 0.5, 0]]
    (prediction,) = model.predict([four], n=1)
    assert prediction.distribution.tolist() == [0, 0.5, 0.5, 0]
    assert prediction.low.tolist() == [0, 0, 0, 0] and prediction.high.tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize("way", ["logprobs", "decisions", "distribution"])
def test_probabilities_are_averaged_over_orders_by_option(server, way):
    """.2, .7, .1 for the first, second and third place: turned round, the first option has .1 and the last .2."""
    server.says = lambda body: "A: 20 %\nB: 70 %\nC: 10 %"
    model = model_at(server, way=way, orders=2, route="systemone" if way == "decisions" else "chat")
    there, back = model.open(1).ask_in_each(PARTY)[:, 0]
    assert np.abs(there - [0.2, 0.7, 0.1]).max() < 1e-12 and np.abs(back - [0.1, 0.7, 0.2]).max() < 1e-12


def test_an_answer_that_fails_in_one_order_has_failed(server):
    answers = iter(["B", "Purple"])
    server.says = lambda body: next(answers)
    session = model_at(server, orders=2, limits={"side_by_side": 1}).open(1)
    assert np.isnan(session.ask(PARTY)).all()


def test_a_prediction_without_any_answer_is_an_error(server):
    server.says = lambda body: "Purple"
    with pytest.raises(ModelError, match=r"gave no answer to 'Which party.*off the list: Purple"):
        model_at(server).predict([PARTY], n=2)


# -- the record ------------------------------------------------------------------------------------------------------


def test_what_was_recorded_is_answered_again_without_the_service(server, tmp_path):
    more = {"way": "draws", "draws": 4, "temperature": 1.0, "record": str(tmp_path / "r.sqlite")}
    answers = iter("ABBC" * 6)
    server.says = lambda body: next(answers)
    first = model_at(server, **more).open(6, [TOWN]).ask(PARTY)
    assert len(server.seen) == 24
    again = model_at(server, **more, replay=True)
    assert (again.open(6, [TOWN]).ask(PARTY) == first).all()
    assert len(server.seen) == 24 and again.describe()["replies_from_record"] == 24 and again.service.account.money == 0


@pytest.mark.parametrize(
    "change",
    [{"temperature": 0.5}, {"seed": 1}, {"parameters": {"top_p": 0.5}}, {"instruction": "Say."}, {"length": 5},
     {"model": "other"}],
)  # fmt: skip
def test_replay_refuses_what_was_not_recorded(server, tmp_path, change):
    more = {"record": str(tmp_path / "r.sqlite")}
    model_at(server, **more).open(1).ask(PARTY)
    with pytest.raises(ModelError, match="answers from its record alone"):
        model_at(server, **more | change, replay=True).open(1).ask(PARTY)
    with pytest.raises(ModelError, match="answers from its record alone"):
        model_at(server, **more, replay=True).open(1).ask(SEX)


def test_replies_that_fail_are_recorded_and_servers_that_fail_are_not(server, tmp_path):
    more = {"record": str(tmp_path / "r.sqlite"), "limits": {"attempts": 1}}
    server.script = ["As an AI", "500"]
    assert np.isnan(model_at(server, **more).open(1).ask(PARTY)).all()
    assert np.isnan(model_at(server, **more).open(1).ask(PARTY)).all()
    assert len(server.seen) == 1
    assert np.isnan(model_at(server, **more).open(1).ask(SEX)).all()
    server.script = ["missing fields"]
    assert np.isnan(model_at(server, **more).open(1).ask(SEX)).all()
    assert model_at(server, **more).open(1).ask(SEX).tolist() == [[0, 1]]


def test_a_record_that_was_altered_is_refused(server, tmp_path):
    path = tmp_path / "r.sqlite"
    model_at(server, record=str(path)).open(1).ask(PARTY)
    with sqlite3.connect(path) as file:
        file.execute("UPDATE replies SET reply = replace(reply, '\"B\"', '\"C\"')")
    file.close()
    with pytest.raises(ModelError, match="was altered"):
        model_at(server, record=str(path)).open(1).ask(PARTY)


@pytest.mark.parametrize("content", [b"not a database at all, but something else entirely" * 30, None])
def test_a_file_that_is_no_record_is_refused(server, tmp_path, content):
    path = tmp_path / "r.sqlite"
    if content is None:
        with sqlite3.connect(path) as file:
            file.execute("CREATE TABLE mine (a)")
        file.close()
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(ModelError, match=r"r\.sqlite is (another program's database|damaged or no record)"):
        model_at(server, record=str(path)).open(1).ask(PARTY)
    assert path.read_bytes() == before and not server.seen


def test_the_key_is_sent_and_written_nowhere(server, tmp_path, monkeypatch):
    monkeypatch.setenv("SOME_KEY", KEY)
    server.script = [None, "401"]
    server.says = lambda body: f"My key is {KEY}"  # a server that repeats it in an answer
    model = model_at(server, key="SOME_KEY", record=str(tmp_path / "r.sqlite"), limits={"side_by_side": 1})
    session = model.open(2, [Told(SEX, np.array([0, 1]))])
    assert np.isnan(session.ask(PARTY)).all()
    assert [one.headers["authorization"] for one in server.seen] == [f"Bearer {KEY}"] * 2
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"[key]" in written and KEY.encode() not in written
    told = f"{model!r} {model.describe()} {session.failures} {vars(model.service)} {model.hash}"
    assert KEY not in told and "[key]" in told


def test_a_key_that_is_not_set_is_named_before_anything_is_sent(server, monkeypatch):
    monkeypatch.delenv("SOME_KEY", raising=False)
    with pytest.raises(ModelError, match="environment variable SOME_KEY is not set"):
        model_at(server, key="SOME_KEY").open(1).ask(PARTY)
    assert not server.seen


# -- what it may cost ------------------------------------------------------------------------------------------------


PRICES = {"prices": {"currency": "EUR", "input": 100.0, "output": 1000.0}}


def test_what_was_used_is_counted_and_priced(server):
    model = model_at(server, **PRICES)
    model.open(6, [TOWN]).ask(PARTY)
    card = model.describe()
    assert (card["tokens_read"], card["tokens_written"], card["requests"]) == (240, 12, 6)
    assert card["money"] == pytest.approx((240 * 100 + 12 * 1000) / 1e6)
    assert model.bill() == "6 requests, 252 tokens, 0.036 EUR"


@pytest.mark.parametrize("limits", [{"money": 0.4}, {"tokens": 800}])
def test_a_run_stops_before_it_exceeds_its_budget_and_goes_on_with_another(server, tmp_path, limits):
    more = PRICES | {"record": str(tmp_path / "r.sqlite")}
    model = model_at(server, **more, limits=limits)
    people = Told(TOWNS, np.arange(30), background=True)
    with pytest.raises(
        BudgetSpent, match=r"stopped before the next request would exceed its budget of .*raise limits"
    ) as stop:
        for prompt in (PARTY, SEX, TEA):
            model.open(30, [people]).ask(prompt)
    assert issubclass(BudgetSpent, Interrupted) and str(tmp_path / "r.sqlite") in str(stop.value)
    account = model.service.account
    assert account.money <= limits.get("money", 9) and account.read + account.written <= limits.get("tokens", 9**9)
    asked = len(server.seen)
    assert 3 < asked < 90
    for prompt in (PARTY, SEX, TEA):
        assert not np.isnan(model_at(server, **more).open(30, [people]).ask(prompt)).any()
    assert len(server.seen) == 90  # what was paid for once is not paid for again


def test_attempts_that_may_be_billed_are_counted_and_refused_ones_are_not(server):
    server.script = ["cut body", "500"]
    model = model_at(server)
    model.open(1).ask(PARTY)
    account = model.service.account
    assert account.requests == 3 and account.read > 40 and account.written == 64 + 2


def test_requests_keep_to_the_rate(server):
    """Six requests of two a minute take two minutes, by the clock that waiting moves."""
    now = [0.0]

    async def sleep(seconds):
        now[0] = max(now[0], started + seconds)

    started = 0.0
    settings = settings_at(server, limits={"requests_per_minute": 2, "side_by_side": 1})
    model = RemoteModel(settings, service=Service(settings, sleep, lambda: started))
    model.open(6, [TOWN]).ask(PARTY)
    assert now[0] == 120.0 and len(server.seen) == 6


def test_no_more_requests_are_under_way_than_allowed(server):
    import threading

    under_way, most, lock = [0], [0], threading.Lock()
    both = threading.Barrier(2)

    def says(body):
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        both.wait()  # passed only by two at a time
        with lock:
            under_way[0] -= 1
        return "B"

    server.says = says
    model_at(server, limits={"side_by_side": 2}).open(6, [TOWN]).ask(PARTY)
    assert most[0] == 2


# -- a model among models --------------------------------------------------------------------------------------------


def test_a_model_is_loaded_from_its_file_and_described(server, tmp_path):
    path = tmp_path / "gpt.toml"
    path.write_text(f'url = "{server.url}"\nmodel = "tiny"\n[limits]\nattempts = 2\n')
    model = load_model(path)
    assert model.name == "gpt" and model.may_fail
    assert model.open(1).ask(PARTY).tolist() == [[0, 1, 0]]
    assert (tmp_path / "gpt.replies.sqlite").is_file()
    card = model.describe()
    assert card["kind"] == "remote" and card["requests"] == 1 and server.url in card["privacy"]
    assert json.loads(json.dumps(card)) == card


def test_the_hash_is_of_what_determines_the_answers(server):
    base = settings_at(server).hash
    same = [
        {"name": "other"},
        {"key": "A_KEY"},
        {"limits": {"money": 3.0}},
        {"prices": {"input": 1.0}},
        {"record": "r"},
    ]
    assert {settings_at(server, **one).hash for one in same} == {base}
    others = [{"model": "b"}, {"way": "draws"}, {"temperature": 0.1}, {"orders": 2}, {"instruction": "x"}, {"draws": 3},
              {"parameters": {"a": 1}}, {"similarity": {"model": "e"}}, {"seed": 1}, {"persona": True}]  # fmt: skip
    assert len({settings_at(server, **one).hash for one in others} | {base}) == len(others) + 1


def test_it_is_not_shared_by_processes(server):
    with pytest.raises(UsageError, match="expected one worker"):
        pickle.dumps(model_at(server))


def test_it_works_where_a_loop_is_running_as_in_notebooks(server):
    async def notebook():
        return model_at(server).open(1).ask(PARTY)

    assert asyncio.run(notebook()).tolist() == [[0, 1, 0]]


def test_nobody_is_asked_nothing(server):
    session = model_at(server, orders=2).open(0)
    assert session.ask(PARTY).shape == (0, 3)
    assert model_at(server).open(2).ask(PARTY, np.array([], dtype=int)).shape == (0, 3)
    assert not server.seen
