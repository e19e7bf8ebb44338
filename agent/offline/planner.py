"""Understands a question and says what to do about it: which tools to call, or what to answer.

A pure function of the messages: the same conversation always leads to the same next step.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from marketeer.agent.offline import pages
from marketeer.agent.offline.conversation import Call, Turn, last_calls, segment_names
from marketeer.agent.offline.coverage import passed_over
from marketeer.agent.offline.hearing import Heard
from marketeer.agent.offline.intents import Likeness, Phrase
from marketeer.agent.offline.learning import Knowledge
from marketeer.agent.offline.lexicon import lexicon
from marketeer.agent.offline.mentions import find_mentions
from marketeer.agent.offline.templates import fitting
from marketeer.agent.offline.text import fold, language_of, normalise
from marketeer.tools.core.contract import Tool
from marketeer.tools.core.copy import Language

_NOT_UNDERSTOOD = "not_understood"
_STEP = "step"
_ALIKE = 0.85
_OUT_OF_FIELD = 0.50
_SURE = 0.42
_PLAIN = 0.25
_LIKELY = 0.20
_MARGIN = 0.07
_CONCEIVABLE = 0.12
_RIVALS, _CLOSE = 3, 0.15
_SQL = re.compile(
    r"\s*(select\s.*\bfrom\s+\(?\s*(select|customers|orders|order_lines|products|campaigns|sends)\b"
    r"|with\s+\w+\s+as\s*\()",
    re.IGNORECASE | re.DOTALL,
)
_FIGURE = re.compile(r"\d|[二两三四五六七八九十百千万](?=[个天月年周位名种件条折成])")


@dataclass(frozen=True, slots=True)
class Step:
    """One tool to call."""

    tool: str
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do about a question.

    Attributes:
        language: The language to answer in.
        steps: Tools to call, in order; empty when a page answers.
        page: The answer page, empty when tools do.
        values: What the page speaks of.
    """

    language: Language
    steps: tuple[Step, ...] = ()
    page: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


class Planner:
    """Plans with the tools it is given.

    Args:
        tools: The tools; their example phrases are what it understands.
    """

    def __init__(self, tools: Sequence[Tool]) -> None:
        self.tools = tuple(tools)
        self._knows = Knowledge(tools)

    def plan(self, turns: Sequence[Turn]) -> Plan:
        """Plan the last turn of a conversation."""
        question, before = turns[-1].question, turns[:-1]
        language = self._language(question, before)
        if _SQL.match(question) and "query_sql" in self._knows.tools:
            return Plan(language, steps=(Step("query_sql", {"sql": question}),))
        heard = self._heard(question, before, language)
        plan = self._plan(heard.text, before, language)
        if plan.page == _NOT_UNDERSTOOD:
            plan = self._with_familiar_names(heard.text, before, language) or plan
        return replace(plan, steps=tuple(self._as_written(step, heard) for step in plan.steps))

    def _with_familiar_names(self, question: str, before: Sequence[Turn], language: Language) -> Plan | None:
        """Plan with familiar names where strange ones stand, if a call has a place for all of them."""
        named = self._knows.names[language].familiar(question)
        ours = bool(lexicon(language).field.search(fold(normalise(question))))
        goods = all(map(self._knows.names[language].has_goods, named.written.values()))
        if not named.written or not (ours or goods):
            return None
        best = self._borne_out(named, before, language)
        plan = self._act(best, named.text, before, language) if best else None
        if plan is None or not plan.steps or self._passes_over(plan, named.text, before):
            return None
        steps = tuple(self._as_written(step, named) for step in plan.steps)
        said = str([step.args for step in steps])
        return replace(plan, steps=steps) if all(name in said for name in named.written.values()) else None

    def _borne_out(self, named: Heard, before: Sequence[Turn], language: Language) -> Likeness | None:
        """Give the likeliest intent with the names and without them: a name alone asks for nothing."""
        bare = {one.intent: one.score for one in self._rank(named.without(), before, language)}
        ranked = [
            replace(one, score=(one.score + bare[one.intent]) / 2)
            for one in self._rank(named.text, before, language)
        ]
        best = max(ranked, key=lambda one: (one.score, one.intent))
        enough = best.score >= _PLAIN and bare[best.intent] >= _CONCEIVABLE
        return best if enough and best.intent in self._knows.tools else None

    def _plan(self, question: str, before: Sequence[Turn], language: Language) -> Plan:
        accepted = self._accepted(question, before, language)
        if accepted:
            return accepted
        page = pages.fitting(question, language)
        if page and not (pages.only_at_start(page, language) and last_calls(before)):
            return Plan(language, page=page)
        followed = self._follow(question, before, language)
        if followed:
            return followed
        steps = self._steps(question, before, language)
        return steps or self._unsure(question, before, language)

    def _heard(self, question: str, before: Sequence[Turn], language: Language) -> Heard:
        """Put slips right where the question is then more like something that is understood."""
        heard = self._knows.hearing[language].hear(question)
        if not heard.guessed:
            return heard
        as_it_was, put_right = (
            self._rank(text, before, language)[0].score for text in (question, heard.text)
        )
        return heard if put_right > as_it_was else Heard(question)

    def _as_written(self, step: Step, heard: Heard) -> Step:
        """Give names back as the person spelt them."""
        free = self._knows.arguments[step.tool].free
        named = {name: heard.as_written(value) for name, value in step.args.items() if name in free}
        return Step(step.tool, {**step.args, **named})

    @staticmethod
    def _language(question: str, before: Sequence[Turn]) -> Language:
        if any(char.isalpha() for char in question):
            return language_of(question)
        return language_of(before[-1].question) if before else "en"

    def _rank(self, question: str, before: Sequence[Turn], language: Language) -> list[Likeness]:
        return self._knows.intents[language].rank(question, segment_names(before))

    def _steps(self, question: str, before: Sequence[Turn], language: Language) -> Plan | None:
        ranked = self._rank(question, before, language)
        if ranked[0].near[0][1] < _ALIKE:
            parts = _clauses(question, language)
            read = [(end, self._read(part, before, language, sure=True)) for part, end in parts]
            steps = [(step, question[:end]) for end, plan in read if plan for step in plan.steps]
            names = [step.tool for step, _ in steps]
            if len(steps) > 1 and len(set(names)) == len(names) and ranked[0].intent in names:
                enriched = (self._enriched(step, so_far, before, language) for step, so_far in steps)
                return Plan(language, tuple(enriched))
        return self._read(question, before, language)

    def _enriched(self, step: Step, so_far: str, before: Sequence[Turn], language: Language) -> Step:
        said = self._said(Likeness(step.tool, 0, ()), so_far, before, language)
        return Step(step.tool, {**said, **step.args})

    def _read(
        self, text: str, before: Sequence[Turn], language: Language, *, sure: bool = False
    ) -> Plan | None:
        ranked = self._rank(text, before, language)
        ours = bool(lexicon(language).field.search(fold(normalise(text))))
        if ours:
            ranked = _of_the_field(ranked)
        if not _clear(ranked, ours=ours) or (sure and ranked[0].score < _SURE):
            return self._with_another_name(text, language)
        best = ranked[0]
        if best.intent.startswith(pages.PREFIX):
            return Plan(language, page=best.intent)
        if self._lacks_its_condition(best, text, before, language):
            return None
        rivals = [one for one in ranked[1:_RIVALS] if one.score >= max(_LIKELY, best.score - _CLOSE)]
        likely = [best, *(one for one in rivals if one.intent in self._knows.tools)]
        if best.near[0][1] >= _ALIKE and best.near[0][0].args is not None:
            return self._act(best, text, before, language)
        plans = (self._act(one, text, before, language) for one in likely)
        return next((plan for plan in plans if not self._passes_over(plan, text, before)), None)

    def _passes_over(self, plan: Plan, text: str, before: Sequence[Turn]) -> list[str]:
        """Give what the text names and a plan leaves out."""
        if not plan.steps:
            return []
        plain, (step,) = normalise(text), plan.steps
        mentions = find_mentions(plain, plan.language, segment_names(before))
        names = self._knows.names[plan.language].sure(plain, mentions)
        fields = self._knows.arguments[step.tool].fields
        return passed_over(plain, mentions, names, step.args, fields, plan.language)

    def _lacks_its_condition(
        self, best: Likeness, text: str, before: Sequence[Turn], language: Language
    ) -> bool:
        """Tell whether the nearest phrase states something, such as whom to leave out, and this does not."""
        said = self._said(best, text, before, language)
        if said.keys() == {_STEP}:
            return True
        states = self._knows.arguments[best.intent].says_something(best.near[0][0])
        return best.score < _SURE and states and not said

    def _with_another_name(self, text: str, language: Language) -> Plan | None:
        found = fitting(self._knows.templates[language], text)
        if found is None:
            return None
        tool, args = found
        return Plan(language, (Step(tool, self._knows.arguments[tool].spoken(args, language)),))

    def _act(self, best: Likeness, text: str, before: Sequence[Turn], language: Language) -> Plan:
        args = self._knows.arguments[best.intent].spoken(self._filled(best, text, before, language), language)
        lacking = self._knows.arguments[best.intent].missing(args)
        if not lacking:
            return Plan(language, (Step(best.intent, args),))
        labelled = [pair for pair in best.near if pair[0].args]
        values = {
            "fields": [one.name for one in lacking],
            "tool": best.intent,
            "example": self._example(best.intent, language, labelled),
        }
        return Plan(language, page="missing_argument", values=values)

    def _said(
        self, intent: Likeness, text: str, before: Sequence[Turn], language: Language
    ) -> dict[str, Any]:
        mentions = find_mentions(normalise(text), language, segment_names(before))
        return self._knows.arguments[intent.intent].said(text, mentions, language, intent.near)

    def _filled(
        self, best: Likeness, text: str, before: Sequence[Turn], language: Language
    ) -> dict[str, Any]:
        nearest = best.near[0][0]
        if nearest.args is not None and _bare_words(nearest.text) == _bare_words(text):
            return dict(nearest.args)
        mentions = find_mentions(normalise(text), language, segment_names(before))
        said = self._said(best, text, before, language)
        return self._knows.arguments[best.intent].meant(said, mentions, best.near)

    def _follow(self, question: str, before: Sequence[Turn], language: Language) -> Plan | None:
        last = [call for call in last_calls(before) if call.tool in self._knows.tools]
        listens, folded = lexicon(language).follow_up, fold(normalise(question))
        why = bool(listens["why"].search(folded))
        if not last or not (why or listens["change"].search(folded) or listens["refers"].search(folded)):
            return None
        ranked = self._rank(question, before, language)
        call = next((one for one in reversed(last) if one.tool == ranked[0].intent), last[-1])
        if why and (call.tool != ranked[0].intent or ranked[0].score < _LIKELY):
            return Plan(language, page="why")
        other = call.tool != ranked[0].intent and ranked[0].score >= _SURE
        if other and not listens["insists"].search(folded):
            return None
        return self._again(call, question, before, language, ranked)

    def _again(
        self,
        call: Call,
        question: str,
        before: Sequence[Turn],
        language: Language,
        ranked: Sequence[Likeness],
    ) -> Plan | None:
        said = self._said(Likeness(call.tool, 0, ()), question, before, language)
        same = next((one for one in ranked if one.intent == call.tool), None)
        meant = self._filled(same, question, before, language) if same and same.score >= _LIKELY else {}
        if not said and not meant:
            return None
        if _continues_itself(self._knows.tools[call.tool]):
            return Plan(language, (Step(call.tool, {**meant, **said}),))
        meant = {name: value for name, value in meant.items() if name != "language"}
        return Plan(language, (Step(call.tool, {**meant, **call.args, **said}),))

    def _unsure(self, question: str, before: Sequence[Turn], language: Language) -> Plan:
        near = self._offered(question, before, language)
        meant = self._act(near[0], question, before, language) if near else Plan(language)
        values = {
            "near": [self._example(one.intent, language, one.near) for one in near],
            "offers": self.offers(language),
            "lost": self._passes_over(meant, question, before),
        }
        return Plan(language, page=_NOT_UNDERSTOOD, values=values)

    def _offered(self, question: str, before: Sequence[Turn], language: Language) -> list[Likeness]:
        """Give what a question that was not understood may have meant, the likeliest first."""
        if not lexicon(language).field.search(fold(normalise(question))):
            return []
        ranked = [one for one in self._rank(question, before, language) if one.intent in self._knows.tools]
        return [one for one in ranked if one.score >= _CONCEIVABLE][:3]

    def _accepted(self, question: str, before: Sequence[Turn], language: Language) -> Plan | None:
        """Plan what was offered in place of a question that was not understood, if one of it is picked."""
        folded = fold(normalise(question)).strip()
        picked = next((n for n, one in enumerate(lexicon(language).accept) if one.search(folded)), None)
        if picked is None or not before or before[-1].calls or self.plan(before).page != _NOT_UNDERSTOOD:
            return None
        earlier = before[-1].question
        spoken = self._language(earlier, before[:-1])
        offered = self._offered(earlier, before[:-1], spoken)
        return self._act(offered[picked], earlier, before[:-1], spoken) if picked < len(offered) else None

    def _example(self, tool: str, language: Language, near: Sequence[tuple[Phrase, float]] = ()) -> str:
        """Give a phrase that asks for a tool, the nearest first, and without figures if there is one.

        A figure in an answer must rest on a fact.
        """
        own = [one.text for one in self._knows.tools[tool].examples if one.language == language]
        texts = [*(phrase.text for phrase, _ in near), *own]
        return next((text for text in texts if _bare(text)), texts[0] if texts else tool)

    def offers(self, language: Language) -> list[str]:
        """Give one example phrase per tool."""
        return [text for name in self._knows.tools if _bare(text := self._example(name, language))]


def _continues_itself(tool: Tool) -> bool:
    """Tell whether a tool works on what it left before, so that earlier arguments must not be said again."""
    return tool.produces is not None and tool.produces.kind in tool.args.model_fields


def _bare_words(text: str) -> str:
    return fold(normalise(text)).strip(" .?!。")


def _bare(text: str) -> bool:
    return not _FIGURE.search(text)


def _clear(ranked: Sequence[Likeness], *, ours: bool) -> bool:
    """Tell whether the best intent can be acted on; a question without a word of the field needs more."""
    best, second = ranked[0].score, ranked[1].score if len(ranked) > 1 else 0.0
    talk = ranked[0].intent.startswith(pages.PREFIX)
    if ours == talk:
        return best >= _OUT_OF_FIELD
    return best >= _PLAIN or (not talk and best >= _LIKELY and best - second >= _MARGIN)


def _of_the_field(ranked: list[Likeness]) -> list[Likeness]:
    """Leave out small talk where a tool is likely: a "thank-you e-mail" is no thanks."""
    tools = [one for one in ranked if not one.intent.startswith(pages.PREFIX)]
    return tools if tools and tools[0].score >= _PLAIN else ranked


def _clauses(question: str, language: Language) -> list[tuple[str, int]]:
    """Give the requests in a question with where each ends; what says more about one is no other."""
    listens, plain = lexicon(language), normalise(question)
    cuts = [(match.start(), match.end()) for match in listens.split.finditer(plain)]
    starts, ends = [0, *(end for _, end in cuts)], [*(start for start, _ in cuts), len(plain)]
    parts = [(question[start:end].strip(), end) for start, end in zip(starts, ends, strict=True)]
    return [(part, end) for part, end in parts if part and not listens.anaphora.search(fold(normalise(part)))]
