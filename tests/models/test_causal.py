"""Causal language models as respondents: exact scores, histories in context, what happens at the limits."""

import math
import warnings

import numpy as np
import pytest
import torch
from tests.models.tiny_causal import PARTY, SEX, TEA, TOWNS, tiny_model, tiny_tokenizer
from transformers import Gemma2Config, GemmaConfig, GPT2Config, LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config

from populace.errors import ModelError
from populace.models.base import Told
from populace.models.causal import CausalLM
from populace.models.causal_engine import Texts, naive_log_chances, tree_of
from populace.models.causal_text import TokenWriter
from populace.models.decision import Decision, orders_of
from populace.prompts.context import Context

TOKENIZER = tiny_tokenizer()
GPT2 = {"n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 1024}


def make(config=LlamaConfig, decision=None, context=Context(), together=64, tokenizer=TOKENIZER, **more):
    decision = decision or Decision()
    tokens = TokenWriter(tokenizer, decision.template, decision.chat)
    card = {"name": "tiny", "hash": "sha256:tiny"}
    return CausalLM(tiny_model(tokenizer, config, **more), tokens, decision, card, context, together)


@pytest.fixture(scope="module")
def model():
    return make()


def history():
    return [
        Told(SEX, np.array([0, 1, -1]), background=True),
        Told(PARTY, np.array([2, -1, 0])),
    ]


def whole_text(model, facts, answered, prompt, order):
    """One interview written out, with nothing kept."""
    tokens = model.tokens
    ids = tokens.opening(model.context, prompt.year, prompt.country, facts)
    for one, choice in answered:
        own = tuple(orders_of(one, 1)[0])
        ids = ids + tokens.question(one, own) + tokens.answers(one, own)[choice] + tokens.rests(one)[choice]
    return ids + tokens.question(prompt, order)


def written_out(model, facts, answered, prompt):
    """Probabilities by reading everything anew."""
    ways = []
    for order in orders_of(prompt, model.decision.orders):
        text = whole_text(model, facts, answered, prompt, order)
        scores = naive_log_chances(model.model, text, model.tokens.answers(prompt, order))
        ways.append(model.decision.shares(prompt, order, scores[None])[0])
    return np.mean(ways, axis=0)


# -- exactness -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "more"),
    [
        (LlamaConfig, {}), (Qwen2Config, {}), (Qwen3Config, {"head_dim": 16}), (GemmaConfig, {"head_dim": 16}),
        (GPT2Config, GPT2), (MistralConfig, {"sliding_window": 40}),
        (Gemma2Config, {"head_dim": 16, "sliding_window": 40}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)  # fmt: skip
def test_reading_on_gives_what_reading_everything_anew_gives(config, more):
    model = make(config, **more)
    session = model.open(3, history())
    facts = [[(SEX.text, "Male")], [(SEX.text, "Female")], []]
    said = [[(PARTY, 2)], [], [(PARTY, 0)]]
    for prompt, choices in ((TEA, [0, 3, 1]), (TOWNS, [29, -1, 3]), (PARTY, [1, 1, 2])):
        expected = [written_out(model, *one, prompt) for one in zip(facts, said, strict=True)]
        assert np.abs(session.ask(prompt) - expected).max() < 1e-5
        some = np.array([2, 0])
        assert np.abs(session.ask(prompt, some) - np.array(expected)[some]).max() < 1e-5
        session.tell(prompt, np.array(choices))
        said = [one + ([(prompt, k)] if k >= 0 else []) for one, k in zip(said, choices, strict=True)]


def test_layers_that_forget_are_read_anew_and_the_card_says_so():
    sliding = make(MistralConfig, sliding_window=40)
    assert not sliding.keeps and "anew" in sliding.describe()["reads"]
    assert make().describe()["reads"] == "on"


def test_answers_of_several_tokens_share_their_beginnings():
    tree = tree_of([[5, 6, 7], [5, 6, 8], [5, 9], [4]])
    assert tree.tokens == (5, 6) and tree.parents == (-1, 0) and tree.depths == [0, 1]
    assert tree.steps == (((-1, 5), (0, 6), (1, 7)), ((-1, 5), (0, 6), (1, 8)), ((-1, 5), (0, 9)), ((-1, 4),))


def test_a_tree_is_scored_as_its_branches_are(model):
    answers = [[5, 6, 7], [5, 6, 8], [5, 9], [4]]
    texts = Texts(model.model, 2)
    texts.grow([[10, 11, 12], [13]])
    got = texts.log_chances([20, 21], tree_of(answers))
    expected = [naive_log_chances(model.model, [*text, 20, 21], answers) for text in ([10, 11, 12], [13])]
    assert np.abs(got - expected).max() < 1e-5


def test_what_is_asked_and_not_answered_leaves_no_trace(model):
    session = model.open(2)
    before = session.ask(TEA)
    session.ask(PARTY)
    session.ask(TOWNS, np.array([1]))
    session.tell(PARTY, np.array([-1, -1]))
    assert np.abs(session.ask(TEA) - before).max() < 1e-5


def test_an_answer_counts_for_whoever_gave_it(model):
    session = model.open(3)
    before = session.ask(TEA)
    session.tell(PARTY, np.array([0, 2]), np.array([0, 1]))
    after = session.ask(TEA)
    moved = np.abs(after - before).max(axis=1)
    assert moved[0] > 1e-4 and moved[1] > 1e-4 and moved[2] < 1e-5
    assert np.abs(after[0] - after[1]).max() > 1e-4


def test_a_copy_goes_its_own_way(model):
    session = model.open(2)
    session.tell(PARTY, np.array([0, 1]))
    before = session.ask(TEA)
    other = session.copy()
    other.tell(TOWNS, np.array([3, 4]))
    assert np.abs(session.ask(TEA) - before).max() < 1e-5
    assert np.abs(other.ask(TEA) - before).max() > 1e-5


def test_how_many_are_read_together_changes_nothing_but_the_last_figures(model):
    told = [Told(PARTY, np.array([0, 1, 2, -1, 1]))]
    together = model.open(5, told).ask(TEA)
    few = make(together=2).open(5, told).ask(TEA)
    assert np.abs(together - few).max() < 1e-5


# -- how it is put ---------------------------------------------------------------------------------------------------


def test_probabilities_are_averaged_over_orders(model):
    session = model.open(1)
    ways = [session.ask_in(TEA, order) for order in orders_of(TEA, 2)]
    assert np.abs(session.ask(TEA) - np.mean(ways, axis=0)).max() < 1e-5
    assert np.abs(ways[0] - ways[1]).max() > 1e-3


def test_a_scale_is_turned_round_and_dont_know_stays_last():
    assert orders_of(TEA, 2) == [(0, 1, 2, 3), (2, 1, 0, 3)]
    assert orders_of(TEA, 9) == orders_of(TEA, 2)
    assert orders_of(PARTY, 4) == [(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1)]
    assert len(orders_of(PARTY, 99)) == math.factorial(3)


def test_chats_are_put_in_turns():
    model = make(decision=Decision(chat=True))
    text = TOKENIZER.decode(whole_text(model, [(SEX.text, "Male")], [(PARTY, 1)], TEA, (0, 1, 2, 3)))
    roles = [part for part in ("<|system|>", "<|user|>", "<|assistant|>") for _ in range(text.count(part))]
    assert roles == ["<|system|>"] + ["<|user|>"] * 2 + ["<|assistant|>"] * 2
    assert text.index("Male") < text.index("<|user|>") and text.endswith("Answer:<|end|><|assistant|>")
    assert np.allclose(model.open(1).ask(TEA).sum(), 1)


def test_passages_and_titles_are_read_first():
    from populace.prompts.context import Passage

    context = Context("Drinks", (Passage("Tea is dear.", "News, 2024"),))
    model = make(context=context)
    text = TOKENIZER.decode(whole_text(model, [(SEX.text, "Male")], [], TEA, (0, 1, 2, 3)))
    assert text.startswith(
        "<|bos|>A person answers a survey: Drinks.\n\nFrom News, 2024: Tea is dear.\n\nWhat is your sex?"
    )
    assert np.abs(model.open(1).ask(TEA) - make().open(1).ask(TEA)).max() > 1e-5


def test_without_letters_options_are_scored_by_their_words():
    tokenizer = tiny_tokenizer(letters=False)
    model = make(tokenizer=tokenizer)
    assert model.tokens.writer.letters == ""
    expected = written_out(model, [], [], TEA)
    assert np.abs(model.open(1).ask(TEA)[0] - expected).max() < 1e-5


# -- calibration -----------------------------------------------------------------------------------------------------


def test_a_high_temperature_evens_out_and_a_bias_lifts_its_place():
    plain = make(decision=Decision(orders=1)).open(1).ask(TEA)[0]
    warm = make(decision=Decision(orders=1, temperature={"ordered": 50.0})).open(1).ask(TEA)[0]
    assert np.abs(warm - 0.25).max() < np.abs(plain - 0.25).max() / 5
    lifted = make(decision=Decision(orders=1, bias={"ordered": {"missing": math.log(2)}})).open(1).ask(TEA)[0]
    assert np.isclose(lifted[3] / lifted[0], 2 * plain[3] / plain[0], rtol=1e-3)
    first = make(decision=Decision(orders=1, bias={"ordered": {"first": math.log(3)}})).open(1).ask(TEA)[0]
    assert np.isclose(first[0] / first[1], 3 * plain[0] / plain[1], rtol=1e-3)


# -- limits ----------------------------------------------------------------------------------------------------------


def test_a_full_context_drops_the_oldest_answers_and_says_so():
    model = make(max_position_embeddings=400)
    session = model.open(2)
    with pytest.warns(UserWarning, match=r"reads 400 tokens at most: the oldest answers of 2 respondents"):
        for k in range(8):
            session.ask(TEA)
            session.tell(TEA, np.array([k % 4, 0]))
    assert (session.dropped > 0).all()
    kept = 8 - int(session.dropped[0])
    expected = written_out(model, [], [(TEA, k % 4) for k in range(8)][-kept:], TEA)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        got = session.ask(TEA)[0]
    later = 8 - int(session.dropped[0])
    expected = written_out(model, [], [(TEA, k % 4) for k in range(8)][-later:], TEA)
    assert np.abs(got - expected).max() < 1e-5


def test_what_cannot_be_read_at_all_is_refused():
    model = make(max_position_embeddings=60)
    with pytest.raises(ModelError, match="reads 60 tokens at most; what is known of a respondent and the"):
        model.open(1).ask(TOWNS)


def test_where_memory_does_not_suffice_batches_are_halved(monkeypatch):
    model = make(together=8)
    expected = model.open(8, [Told(PARTY, np.arange(8) % 3)]).ask(TEA)
    whole = Texts.log_chances

    def small(self, question, tree):
        if self.n > 3:
            raise torch.OutOfMemoryError("too much")
        return whole(self, question, tree)

    monkeypatch.setattr(Texts, "log_chances", small)
    with pytest.warns(UserWarning) as said:
        got = model.open(8, [Told(PARTY, np.arange(8) % 3)]).ask(TEA)
    halved = {str(one.message) for one in said}
    assert halved == {f"out of memory with {n} texts read together: going on with {n // 2}" for n in (8, 4)}
    assert np.abs(got - expected).max() < 1e-5
    assert model.together == 2


def test_memory_for_not_even_one_is_an_error(monkeypatch):
    def none(self, question, tree):
        raise torch.OutOfMemoryError("too much")

    monkeypatch.setattr(Texts, "log_chances", none)
    with pytest.raises(ModelError, match="no memory for a single interview"):
        make(together=1).open(1).ask(TEA)


def test_options_that_are_the_same_tokens_are_refused():
    many = tuple([f"Town {k}" for k in range(1, 30)] + ["Town 1"])
    from populace.prompts.prompt import Prompt

    with pytest.raises(ModelError, match="options 'Town 1' and 'Town 1' are the same tokens"):
        make().open(1).ask(Prompt("In which town?", many))
