"""Limits where no effect is known: how they would be shared out if an offer moved all groups alike."""

from collections.abc import Iterator, Mapping

from marketeer.tools.core.findings import Fact, FactKind, Note, Subject, Unit, View
from marketeer.tools.targeting.allocation import share_out
from marketeer.tools.targeting.economics import Economics
from marketeer.tools.targeting.effects import Proportion
from marketeer.tools.targeting.question import Question, limit_facts
from marketeer.tools.targeting.ranking_facts import group_view

What = tuple[tuple[Fact, ...], tuple[View, ...], tuple[Note, ...]]


def limits_if(
    question: Question,
    rates: Mapping[str, Proportion],
    money: Mapping[str, Economics],
    increases: tuple[int, ...],
) -> What:
    """Share a limit out under the smallest relative rise in orders at which any group would pay.

    Args:
        question: The question.
        rates: Group -> its base rate.
        money: Group -> the money in its orders.
        increases: The rises to try, percent, ascending.

    Returns:
        Facts (all of them scenarios), views and notes; nothing where there is no limit.
    """
    if not question.limits.binding:
        return (), (), ()
    given = tuple(limit_facts(question.limits))
    for increase in increases:
        counts = _contacts(question, rates, money, increase)
        if counts:
            facts = (*given, *_facts(question, rates, money, increase, counts))
            subjects = [question.subject(group) for group in counts]
            view = group_view(
                "allocation_if", subjects, ("reachable", "contacts_if", "profit_per_contact_if")
            )
            return facts, (view,), (Note("limits_if"),)
    return given, (), (Note("limits_no_use"),)


def _contacts(
    question: Question, rates: Mapping[str, Proportion], money: Mapping[str, Economics], increase: int
) -> dict[str, int]:
    groups = [group for group in question.today.groups if group in rates]
    earned = {group: _profit(money[group], rates[group].rate, increase) for group in groups}
    paying = [group for group in groups if earned[group] > 0]
    counts = share_out(
        [earned[group] for group in paying],
        [_cost(money[group], rates[group].rate, increase) for group in paying],
        [round(question.sizes[group][1] * (1 - question.holdout)) for group in paying],
        question.limits,
    )
    return {group: count for group, count in zip(paying, counts, strict=True) if count}


def _facts(
    question: Question,
    rates: Mapping[str, Proportion],
    money: Mapping[str, Economics],
    increase: int,
    counts: Mapping[str, int],
) -> Iterator[Fact]:
    kind = FactKind.SCENARIO
    earned = {group: _profit(money[group], rates[group].rate, increase) for group in counts}
    cost = sum(_cost(money[group], rates[group].rate, increase) * n for group, n in counts.items())
    yield Fact("increase_if", increase, Unit.PERCENT, kind=kind)
    yield Fact("all_contacts_if", sum(counts.values()), Unit.CONTACTS, kind=kind)
    yield Fact("cost_if", cost, Unit.MONEY, kind=kind)
    yield Fact("profit_if", sum(earned[group] * n for group, n in counts.items()), Unit.MONEY, kind=kind)
    for group, count in counts.items():
        subject: Subject = question.subject(group)
        yield Fact("contacts_if", count, Unit.CONTACTS, subject, kind=kind)
        yield Fact("profit_per_contact_if", earned[group], Unit.MONEY, subject, kind=kind, decimals=3)


def _profit(money: Economics, base: float, increase: int) -> float:
    return money.profit_per_contact(base, _treated(base, increase))


def _cost(money: Economics, base: float, increase: int) -> float:
    return money.contact_cost + _treated(base, increase) * money.given_away


def _treated(base: float, increase: int) -> float:
    return min(base * (1 + increase / 100), 1.0)
