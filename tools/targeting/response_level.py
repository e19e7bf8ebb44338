"""Level B: a campaign without a fair control shows who responded, which is not what it did."""

from marketeer.tools.core.columns import CONTROL_ARM
from marketeer.tools.core.findings import DataLevel, Fact, Note, Quality, Unit, Verdict
from marketeer.tools.targeting import ranking_facts as say
from marketeer.tools.targeting.effects import Proportion
from marketeer.tools.targeting.evidence import need_outcome
from marketeer.tools.targeting.question import OUTCOME, Part, Question, campaign_facts
from marketeer.tools.targeting.trials import GROUP, PEOPLE, Campaign, tally


def by_response(question: Question, campaign: Campaign) -> Part:
    """Answer from a campaign without a fair control (level B): who responded, which is not what it did."""
    counted = "orders" if question.objective == "revenue" else question.objective
    dataset, column = question.dataset, OUTCOME[counted]
    need_outcome(dataset, campaign, column)
    then = question.then(campaign.sent_on) if campaign.sent_on else question.today
    counts = tally(dataset, campaign, then.frame)
    counts = counts[counts["arm"] != CONTROL_ARM]
    days = campaign.outcome_days or question.horizon_days
    facts: list[Fact] = [*campaign_facts(campaign), Fact("readout_days", days, Unit.DAYS)]
    subjects = []
    for group in then.groups:
        part = counts[counts[GROUP] == group]
        response = Proportion(int(part[column].sum()), int(part[PEOPLE].sum()))
        if response.people:
            subject = question.subject(group)
            subjects.append(subject)
            facts += [*say.size_facts(question.sizes.get(group, (0, 0)), subject)]
            facts += [say.rate("response_treated", response, subject)]
    return Part(
        title="offer_targets_response",
        facts=tuple(facts),
        views=(say.group_view("responses", subjects, ("customers", "reachable", "response_treated")),),
        quality=Quality(n=int(counts[PEOPLE].sum()), level=DataLevel.B),
        verdict=Verdict.INSUFFICIENT,
        notes=(
            Note("response_is_not_effect"),
            Note("no_winner"),
            *(Note("limits_need_effect") for _ in [0] if question.limits.binding),
        ),
    )
