"""Level C: orders alone show how often people buy anyway: a hurdle for an offer, never a winner."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from marketeer.tools.core.findings import (
    SHOP,
    Chart,
    ChartKind,
    DataLevel,
    Fact,
    FactKind,
    Note,
    Quality,
    Subject,
    Unit,
    Verdict,
    View,
)
from marketeer.tools.targeting import ranking_facts as say
from marketeer.tools.targeting.economics import Economics
from marketeer.tools.targeting.effects import Proportion
from marketeer.tools.targeting.evidence import values_by_group
from marketeer.tools.targeting.question import Part, Question
from marketeer.tools.targeting.terms import base_rates
from marketeer.tools.targeting.what_if import limits_if

_SCENARIOS = (20, 50)


def by_propensity(question: Question) -> Part:
    """Answer from orders alone (level C): base rates, subsidy, break-even, scenarios, and the test to run.

    Raises:
        Insufficient: There are no dated orders.
    """
    dataset = question.dataset
    cut_off = dataset.need_as_of() - timedelta(days=question.horizon_days)
    then = question.then(cut_off)
    rates = base_rates(dataset, then.frame, cut_off, question.horizon_days)
    money = replace(question, objective="profit").money(lambda: values_by_group(dataset, question.today))
    total = Proportion(
        sum(one.successes for one in rates.values()), sum(one.people for one in rates.values())
    )
    facts = [
        Fact("base_rate_from", cut_off, Unit.DATE),
        Fact("horizon_days", question.horizon_days, Unit.DAYS),
        *_propensity_facts(total, money[""], question.everybody, SHOP),
    ]
    subjects = []
    for group in question.today.groups:
        if group in rates:
            subjects.append(question.subject(group))
            facts += _propensity_facts(rates[group], money[group], question.sizes[group], subjects[-1])
    notes = [Note("no_effect_known"), Note("scenarios_not_forecasts"), Note("no_winner")]
    notes += _test_notes(facts, question)
    if_facts, if_views, if_notes = limits_if(question, rates, money, _SCENARIOS)
    return Part(
        title="offer_targets_propensity",
        facts=(*facts, *if_facts),
        views=(*_propensity_views(subjects), *if_views),
        charts=(Chart(ChartKind.BAR, "propensity", "break_even_lift"),),
        quality=Quality(n=round(total.people), level=DataLevel.C),
        verdict=Verdict.INSUFFICIENT,
        notes=(*if_notes, *notes),
    )


def _test_notes(facts: Sequence[Fact], question: Question) -> Iterator[Note]:
    needed = next((fact for fact in facts if fact.name == "test_per_arm" and fact.subject == SHOP), None)
    if needed is None or not isinstance(needed.value, int):
        yield Note("no_lift_would_pay")
    elif 2 * needed.value <= question.everybody[1]:
        yield Note("test_possible")
    else:
        yield Note("test_too_small")


def _propensity_facts(
    base: Proportion, money: Economics, size: tuple[int, int], subject: Subject
) -> Iterator[Fact]:
    lift = money.break_even_lift(base.rate)
    yield from say.size_facts(size, subject)
    yield say.rate("base_rate", base, subject)
    yield Fact("margin_per_order", money.margin, Unit.MONEY, subject, kind=FactKind.ESTIMATED)
    yield from say.subsidy(money, base.rate, subject)
    yield from say.break_even(lift, base.rate, subject)
    yield from say.scenario_facts(money, base.rate, _SCENARIOS, subject)
    yield from say.test_facts(base.rate, lift, size[1], subject)


def _propensity_views(subjects: list[Subject]) -> Iterator[View]:
    columns = ("reachable", "base_rate", "subsidy_per_contact", "break_even_lift", "break_even_increase")
    yield say.group_view("propensity", subjects, columns)
    scenarios = tuple(f"profit_per_contact_if_plus_{increase}" for increase in _SCENARIOS)
    yield say.group_view("scenarios", subjects, scenarios)
    yield say.group_view("tests", subjects, ("reachable", "test_per_arm", "detectable_lift"))
