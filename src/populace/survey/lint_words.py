"""Word lists for `populace.survey.lint`: English, short on purpose, for a hint that is mostly wrong is not read."""

from __future__ import annotations

import re

#: phrases that suggest the answer
LEADING = (
    "don't you agree", "do you not agree", "wouldn't you agree", "wouldn't you say", "don't you think",
    "isn't it true", "isn't it", "aren't you", "surely", "obviously", "of course", "needless to say", "as you know",
    "as everyone knows", "everyone knows", "everybody knows", "it is well known", "most people agree",
    "most people think", "most people believe", "experts agree", "experts say", "any reasonable person",
    "how much do you love", "how much do you enjoy", "how great", "how amazing",
)  # fmt: skip
#: words that carry a judgement
LOADED = (
    "outrageous", "shocking", "disastrous", "disgraceful", "heartless", "ruthless", "greedy", "wasteful", "corrupt",
    "radical", "extremist", "so-called", "reckless", "shameful", "evil", "innocent",
    "bloated", "catastrophic", "absurd",
)  # fmt: skip
#: words by which a question asks for a judgement of what follows
JUDGING = (
    "satisfied", "dissatisfied", "agree", "disagree", "rate", "important", "trust", "like", "dislike", "good", "bad",
    "happy", "useful", "easy", "difficult", "quality", "support", "oppose", "favor", "favour", "approve", "recommend",
    "confident", "concerned", "worried", "feel", "opinion", "think", "believe", "describe",
)  # fmt: skip
#: verbs of what people do, of which two in one question are two questions
VERBS = (
    "buy", "use", "visit", "eat", "drink", "read", "watch", "own", "rent", "cook", "travel", "drive", "walk", "play",
    "listen", "vote", "save", "spend", "invest", "smoke", "exercise", "sleep", "work", "study", "sell", "order",
    "return", "enjoy", "understand", "remember", "recommend", "trust", "like", "need", "want", "know", "download",
)  # fmt: skip
#: pairs that are one thing
PAIRS = frozenset(
    {
        ("agree", "disagree"), ("satisfied", "dissatisfied"), ("likely", "unlikely"), ("favor", "oppose"),
        ("favour", "oppose"), ("support", "oppose"), ("approve", "disapprove"), ("like", "dislike"), ("good", "bad"),
        ("easy", "difficult"), ("important", "unimportant"), ("more", "less"), ("better", "worse"), ("yes", "no"),
        ("right", "wrong"), ("true", "false"), ("men", "women"), ("friends", "family"), ("friend", "colleague"),
        ("terms", "conditions"), ("pros", "cons"), ("food", "drink"), ("now", "then"), ("day", "night"),
        ("trust", "distrust"), ("positive", "negative"), ("health", "safety"), ("research", "development"),
        ("buses", "trains"), ("black", "white"), ("again", "again"), ("ups", "downs"), ("rules", "regulations"),
        ("name", "address"), ("bed", "breakfast"), ("arts", "crafts"), ("increase", "decrease"), ("agree", "not"),
    }
)  # fmt: skip
#: how questions begin that people may not know the answer to
KNOWLEDGE = re.compile(
    r"\b(who (?:is|was|wrote|won|invented)|what year|in (?:what|which) year|what is the (?:capital|name|population)|"
    r"which (?:country|party|state|company) (?:is|has|was)|how many (?:people|percent|countries|states|members)|"
    r"to the best of your knowledge|as far as you know|do you happen to know)\b",
    re.IGNORECASE,
)
#: labels of one side of a scale and of the other
POSITIVE = re.compile(
    r"\b(agree|satisfied|likely|good|excellent|great|favou?r|favou?rable|support|approve|positive|better|improved|"
    r"happy|pleased|easy|trust|like|liberal|increase[ds]?|safe|fair|best|love|right direction|comfortable)\b"
)
NEGATIVE = re.compile(
    r"\b(disagree|dissatisfied|unsatisfied|unlikely|bad|poor|terrible|awful|oppose|unfavou?rable|disapprove|negative|"
    r"worse|worsened|unhappy|displeased|difficult|hard|distrust|dislike|conservative|decrease[ds]?|unsafe|unfair|"
    r"worst|hate|wrong track|uncomfortable)\b"
)
#: labels of the middle
MIDDLE = re.compile(r"\b(neither|nor|neutral|about the same|unchanged|average|in between|undecided)\b")
#: labels in which a positive word is denied: the zero point of a scale that has no other side
DENIED = re.compile(r"\bnot\b|\bno\b|\bnever\b")
AGREEING = re.compile(r"\b(agree|disagree)\b")
#: labels that leave room for what is not listed
OPEN_ENDED = re.compile(
    r"\b(other|others|else|elsewhere|different|any|all|both|neither|none|nowhere|nothing|something|it depends)\b"
)
EITHER = frozenset({"yes", "no", "true", "false", "male", "female", "man", "woman", "selected", "not selected"})
