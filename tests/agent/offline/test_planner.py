import pytest

from marketeer.agent.offline.conversation import Turn
from marketeer.agent.offline.planner import Planner, Step
from tests.agent.offline.conftest import Ask, conversation


def test_a_new_tool_is_understood_by_its_examples_alone(shepherd: Planner) -> None:
    plan = shepherd.plan([Turn("how many black sheep do we have?")])
    assert plan.steps == (Step("count_sheep", {"colour": "black"}),)


def test_a_number_goes_where_the_examples_have_theirs(shepherd: Planner) -> None:
    plan = shepherd.plan([Turn("count the sheep older than 7 years")])
    assert plan.steps == (Step("count_sheep", {"older_than": 7}),)


def test_a_name_is_passed_as_it_was_written(shepherd: Planner) -> None:
    plan = shepherd.plan([Turn("count the sheep of shepherd O'Brien")])
    assert plan.steps == (Step("count_sheep", {"shepherd": "O'Brien"}),)


def test_what_an_example_means_without_saying_it_is_meant_here_too(shepherd: Planner) -> None:
    plan = shepherd.plan([Turn("count the flock while everyone sleeps")])
    assert plan.steps == (Step("count_sheep", {"nights": True}),)


def test_a_new_tool_is_understood_in_chinese(shepherd: Planner) -> None:
    plan = shepherd.plan([Turn("数一数有多少只黑羊")])
    assert plan.steps == (Step("count_sheep", {"colour": "black"}),)


def test_a_missing_necessary_argument_is_asked_for(shepherd: Planner) -> None:
    plan = shepherd.plan([Turn("shear the sheep")])
    assert plan.page == "missing_argument"
    assert plan.values["fields"] == ["shears"]


def test_new_tools_take_nothing_away_from_the_old_ones(planner: Planner, shepherd: Planner) -> None:
    question = [Turn("which segment should get a 15% spring offer? our margin is 40%")]
    assert shepherd.plan(question).steps == planner.plan(question).steps


def test_the_figures_of_an_offer_go_into_its_arguments(ask: Ask) -> None:
    (step,) = ask("who gets most out of a 12% coupon with a 55% margin?").steps
    assert step.tool == "rank_offer_targets"
    assert (step.args["discount_percent"], step.args["margin_percent"]) == (12, 55)


def test_zhe_is_a_discount(ask: Ask) -> None:
    (step,) = ask("毛利55%，打7折，优惠应该发给哪个人群？").steps
    assert (step.args["discount_percent"], step.args["margin_percent"]) == (30, 55)


@pytest.mark.parametrize("segment", ["Galactic", "VVIP"])
def test_an_unknown_segment_is_passed_on_so_that_the_tool_can_name_the_nearest(
    ask: Ask, segment: str
) -> None:
    (step,) = ask(f"describe the {segment} segment").steps
    assert step.args == {"segment": segment}


def test_several_requests_become_several_steps(ask: Ask) -> None:
    plan = ask("Segment my customers. Then write an e-mail for each segment.")
    assert [step.tool for step in plan.steps] == ["segment_customers", "draft_campaign"]


def test_a_question_about_something_else_is_not_guessed_at(ask: Ask) -> None:
    plan = ask("what is the weather like in Paris?")
    assert (plan.steps, plan.page) == ((), "not_understood")
    assert plan.values["offers"]


def test_a_changed_figure_changes_only_that_figure(ask: Ask) -> None:
    (step,) = ask("which segment should get a 15% offer? our margin is 40%", "use 25% margin instead").steps
    assert (step.args["discount_percent"], step.args["margin_percent"]) == (15, 25)


def test_a_change_is_made_to_what_was_asked_last(ask: Ask) -> None:
    economics = "margin 40%, 20% off, base conversion 6%: what lift do we need to break even?"
    (step,) = ask(economics, "Use 30% margin instead.").steps
    assert step.tool == "offer_economics"
    assert (step.args["margin_percent"], step.args["base_rate_percent"]) == (30, 6)


def test_changes_add_up_over_the_conversation(ask: Ask) -> None:
    (step,) = ask(
        "Write an email for the At Risk segment with 15% off", "now as an SMS", "make it 20% off"
    ).steps
    assert (step.args["channel"], step.args["discount_percent"]) == ("sms", 20)
    assert step.args["segments"] == ["At Risk"]


def test_a_new_question_after_another_is_a_new_question(ask: Ask) -> None:
    (step,) = ask("which segment should get a 15% offer?", "revenue by month").steps
    assert (step.tool, step.args["by"]) == ("query_metric", "month")


def test_why_is_answered_from_what_was_found(ask: Ask) -> None:
    assert ask("revenue by segment", "why that one and not the others?").page == "why"


def test_a_follow_up_in_the_other_language_is_understood(ask: Ask) -> None:
    plan = ask("which segment should get a 15% offer? our margin is 40%", "换成30%毛利呢？")
    assert plan.language == "zh"
    assert plan.steps[0].args["margin_percent"] == 30


def test_the_plan_depends_on_nothing_but_the_conversation(planner: Planner) -> None:
    questions = ["which segment should get a 15% offer?", "and with 10%?"]
    one, other = (planner.plan(conversation(planner, questions)) for _ in range(2))
    assert one == other
    assert Planner(list(planner.tools)).plan(conversation(planner, questions)) == one


def test_offers_hold_no_figures(planner: Planner) -> None:
    for language in ("en", "zh"):
        offers = planner.offers(language)
        assert len(offers) >= 10
        assert not any(char.isdigit() for offer in offers for char in offer)


def test_what_was_offered_can_be_accepted(ask: Ask) -> None:
    vague = "do vouchers and mails matter to them"
    offered = ask(vague)
    assert offered.page == "not_understood"
    assert len(offered.values["near"]) >= 2
    plans = [ask(vague, pick) for pick in ("yes", "the second one")]
    assert all(plan.steps for plan in plans)
    assert plans[0].steps[0].tool != plans[1].steps[0].tool


def test_yes_to_nothing_is_asked_about(ask: Ask) -> None:
    assert ask("yes").page == "asks_referent"
    assert not ask("what is the capital of France?", "yes").steps
