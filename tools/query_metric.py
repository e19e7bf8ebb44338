"""Tool: measure the shop: revenue, orders, customers and rates, by any dimension, period and condition."""

from dataclasses import replace
from datetime import date

import pandas as pd

from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.contract import Example, Tool
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.findings import (
    Chart,
    ChartKind,
    Finding,
    Quality,
    Verdict,
    View,
)
from marketeer.tools.core.payloads import Segmentation
from marketeer.tools.core.ports import Vocabulary
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.segmentation.names import resolve_segment, segmentation_with
from marketeer.tools.warehouse.conditions import selection_of
from marketeer.tools.warehouse.metric_args import QueryArgs
from marketeer.tools.warehouse.metric_facts import MetricResult
from marketeer.tools.warehouse.metric_forms import column_statistic, concentration, retention
from marketeer.tools.warehouse.metric_scope import scope_facts, scope_notes, total_subject
from marketeer.tools.warehouse.metric_sql import compile_query
from marketeer.tools.warehouse.metrics import Dimension, Measure, MetricQuery
from marketeer.tools.warehouse.numeric import numeric_column
from marketeer.tools.warehouse.periods import GRAINS, Span, named_span, span_between
from marketeer.tools.warehouse.selection import Selection, known_values, products_called, spelt
from marketeer.tools.warehouse.series import Covered, covered_days

_LATELY = "last_90_days"


def query_metric(args: QueryArgs, workspace: Workspace) -> Finding:
    """Measure revenue, orders, customers, average order, items, repeat rate, returns or discounts, exactly.

    Use for "revenue by month", "top 5 countries by revenue", "how many customers bought only once", "average
    order value last quarter compared with the one before", "how many customers mention gifts in their notes",
    "retention by cohort".
    Split with `by`, narrow with conditions and a period, compare periods. It counts everything in one query;
    it does not predict, and does not say why.
    """
    dataset = workspace.dataset
    dataset.need(Table.CUSTOMERS)
    asked = _Asked(args, workspace)
    query = asked.query()
    if Measure.RETENTION in query.measures:
        return retention(args, dataset, query, asked.rows)
    if Measure.CONCENTRATION in query.measures:
        return concentration(args, dataset, query, asked.rows)
    if args.column:
        return column_statistic(args, dataset, query, asked.rows)
    sql = compile_query(dataset, query)
    days = covered_days(dataset) if query.of_orders else Covered()
    return _finding(args, MetricResult(dataset, query, asked.rows(sql), days), sql)


class _Asked:
    """The arguments in the data's own names."""

    def __init__(self, args: QueryArgs, workspace: Workspace) -> None:
        self._args = args
        self._workspace = workspace
        self.dataset = workspace.dataset
        self.frames: dict[str, pd.DataFrame] = {}

    def query(self) -> MetricQuery:
        """Give the question in codes of the data; raises `Retry` for a name the data does not have."""
        args = self._args
        by = Dimension.ATTRIBUTE if args.attribute and args.by is None else args.by
        if by is Dimension.ATTRIBUTE and not args.attribute:
            known = ", ".join(name.removeprefix("attr_") for name in self.dataset.attributes) or "none"
            raise Retry(f"Name the attribute to split by; there are: {known}.", code="attribute_not_named")
        segmentation = self._segmentation(by)
        span, before = self._spans()
        measures = args.measures or self._usual(by)
        selection = self._selection(segmentation)
        countries = selection.countries if self._of_own_country(measures) else ()
        return MetricQuery(
            measures=measures,
            by=by,
            attribute=self.dataset.attribute(args.attribute) if args.attribute else "",
            selection=replace(selection, countries=()) if countries else selection,
            categories=self._values("category", args.category, Table.PRODUCTS, col.CATEGORY),
            products=products_called(self.dataset, args.product) if args.product else (),
            countries=countries,
            channels=self._values("channel", args.channel, Table.ORDERS, col.CHANNEL),
            order_number=args.order_number,
            span=span,
            before=before,
            top=args.top,
            lowest=args.order in {"lowest", "falling"},
            by_change=self._by_change,
            growth=args.compare or "" if self._of_series() else "",
        )

    def _of_own_country(self, measures: tuple[Measure, ...]) -> bool:
        """Whether orders are chosen by the country they name, as they are split by it; guests' have one."""
        if self._args.column:
            own = numeric_column(self.dataset, self._args.column).table is not Table.CUSTOMERS
        else:
            own = not {Measure.ON_FILE, Measure.RETENTION, Measure.CONCENTRATION}.intersection(measures)
        return own and self.dataset.has(Table.ORDERS, col.COUNTRY)

    def rows(self, sql: str) -> pd.DataFrame:
        """Run a query over the data and the frames the arguments named."""
        with self.dataset.connect() as connection:
            for name, frame in self.frames.items():
                connection.register(name, frame)
            return connection.execute(sql).df()

    @property
    def _by_change(self) -> bool:
        return self._args.order in {"rising", "falling"}

    def _of_series(self) -> bool:
        """Whether a comparison is between the stretches of one series rather than with a period before it."""
        args = self._args
        timed = args.period or args.since or args.until or self._by_change
        return not timed and args.by is not None and args.by.value in GRAINS

    def _usual(self, by: Dimension | None) -> tuple[Measure, ...]:
        if not self.dataset.has(Table.ORDERS):
            return (Measure.ON_FILE,)
        if by is Dimension.CUSTOMER:
            return (Measure.NET_REVENUE, Measure.ORDERS, Measure.MEAN_ORDER)
        return (Measure.NET_REVENUE, Measure.ORDERS, Measure.CUSTOMERS, Measure.MEAN_ORDER)

    def _segmentation(self, by: Dimension | None) -> Segmentation | None:
        if by is not Dimension.SEGMENT and not self._args.segment:
            return None
        segmentation = segmentation_with(self._workspace, [self._args.segment], self._args.segmentation)
        if by is Dimension.SEGMENT:
            self.frames["segmentation"] = segmentation.frame[["customer_row", "segment"]]
        return segmentation

    def _selection(self, segmentation: Segmentation | None) -> Selection:
        args = self._args
        if segmentation is not None and args.segment:
            code = resolve_segment(segmentation, args.segment, self._vocabulary)
            self.frames["among"] = pd.DataFrame({"customer_row": segmentation.rows_of(code)})
        return selection_of(args, self.dataset, self._vocabulary, among="among" in self.frames)

    def _values(self, kind: str, text: str | None, table: Table, column: str) -> tuple[str, ...]:
        if not text:
            return ()
        return (spelt(kind, text, known_values(self.dataset, table, column), self._vocabulary),)

    @property
    def _vocabulary(self) -> Vocabulary:
        return self._workspace.ports.vocabulary

    def _spans(self) -> tuple[Span | None, Span | None]:
        """Give the stretch asked about and the one it is compared with, both as far as the data reaches."""
        args, span = self._args, self._span()
        if (args.compare is None and not self._by_change) or self._of_series():
            return span, None
        if span is None or span.since == date.min:
            raise Retry("Say which period to compare, such as period=last_month.", code="no_period")
        before = span.year_before() if args.compare == "previous_year" else span.previous()
        return span, before.as_far_as(span, self.dataset.need_as_of())

    def _span(self) -> Span | None:
        args = self._args
        if args.period or args.since or args.until:
            as_of = self.dataset.need_as_of()
            span = named_span(args.period, as_of) if args.period else Span(date.min, as_of)
            if not (args.since or args.until):
                return span
            since = args.since or span.since
            until = args.until or max(span.until, since)
            if since > until:
                raise Retry(
                    "The period ends before it begins. Swap its days.", code="empty_range", name="period"
                )
            return span_between(since, until)
        if self._by_change:
            return named_span(_LATELY, self.dataset.need_as_of())
        if args.compare == "previous_year" and not self._of_series():
            return named_span("this_year", self.dataset.need_as_of())
        return None


def _finding(args: QueryArgs, result: MetricResult, sql: str) -> Finding:
    query, total = result.query, total_subject(args, result.query)
    whole = tuple(result.total_facts(total))
    said = {(fact.subject, fact.name) for fact in whole}
    groups = tuple(result.group_facts()) if query.by else ()
    views: tuple[View, ...] = ()
    charts: tuple[Chart, ...] = ()
    if query.by:
        subjects = tuple(dict.fromkeys(fact.subject for fact in groups))
        views = (View(f"by_{query.by.value}", subjects, tuple(dict.fromkeys(f.name for f in groups))),)
        kind = ChartKind.LINE if query.by.value in GRAINS else ChartKind.BAR
        charts = (Chart(kind, views[0].code, query.measures[0].value),)
    return Finding(
        title=f"metric_by_{query.by.value}" if query.by else "metric",
        facts=(
            *scope_facts(args, query, total),
            *(result.covered(total) if query.of_orders else ()),
            *whole,
            *(fact for fact in groups if (fact.subject, fact.name) not in said),
        ),
        method="one_query",
        method_params={"measure": query.measures[0].value},
        views=views,
        charts=charts,
        quality=Quality(n=int(result.total.get(Measure.ORDERS.value) or 0) or None),
        verdict=Verdict.OK if result.covered_by_data else Verdict.INSUFFICIENT,
        notes=(*scope_notes(args, query), *result.caveats()),
        currency=result.dataset.currency,
        query=sql,
    )


_EXAMPLES = (
    Example("revenue by month", args={"measures": ["net_revenue"], "by": "month"}),
    Example("what was our revenue last month?", args={"measures": ["net_revenue"], "period": "last_month"}),
    Example("top 5 countries by revenue", args={"measures": ["net_revenue"], "by": "country", "top": 5}),
    Example(
        "How many customers bought only once, and what share of revenue is that?",
        args={"measures": ["customers", "net_revenue"], "max_orders": 1},
    ),
    Example("how many orders did we have per week", args={"measures": ["orders"], "by": "week"}),
    Example("average order value by country", args={"measures": ["mean_order_amount"], "by": "country"}),
    Example("best selling products", args={"measures": ["items", "net_revenue"], "by": "product", "top": 10}),
    Example("what is our repeat purchase rate?", args={"measures": ["repeat_rate"]}),
    Example(
        "how did sales this quarter compare with the quarter before",
        args={"measures": ["net_revenue"], "period": "this_quarter", "compare": "previous_period"},
    ),
    Example(
        "Why is total revenue different from what Shopify shows?",
        args={"measures": ["gross_revenue", "discount_amount", "returned_amount", "net_revenue"]},
    ),
    Example("how much discount per month?", args={"measures": ["discount_amount"], "by": "month"}),
    Example(
        "which products are selling less than they did?",
        args={"measures": ["net_revenue"], "by": "product", "order": "falling"},
    ),
    Example("how much do customers return?", args={"measures": ["return_share", "returned_amount"]}),
    Example(
        "how many customers mention gifts in their notes",
        args={"measures": ["customers_on_file"], "notes_contain": "gifts"},
    ),
    Example("revenue in the last 30 days", args={"measures": ["net_revenue"], "period": "last_30_days"}),
    Example(
        "average order value of first orders only",
        args={"measures": ["mean_order_amount"], "order_number": 1},
    ),
    Example("revenue on 28 November 2025", args={"measures": ["net_revenue"], "period": "28 November 2025"}),
    Example("revenue of second orders", args={"measures": ["net_revenue"], "order_number": 2}),
    Example(
        "monthly revenue growth",
        args={"measures": ["net_revenue"], "by": "month", "compare": "previous_period"},
    ),
    Example(
        "how many customers bought tea but not coffee",
        args={"measures": ["customers"], "bought": "tea", "not_bought": "coffee"},
    ),
    Example(
        "revenue last month against the same month a year earlier",
        args={"measures": ["net_revenue"], "period": "last_month", "compare": "previous_year"},
    ),
    Example(
        "how many customers have not ordered for 90 days?",
        args={"measures": ["customers"], "min_recency_days": 90},
    ),
    Example("revenue by segment", args={"measures": ["net_revenue"], "by": "segment"}),
    Example("how many customers do we have"),
    Example("total revenue", args={"measures": ["net_revenue"]}),
    Example("retention by monthly cohort", args={"measures": ["retention"], "by": "month"}),
    Example(
        "how many new customers come back in the months after their first order?",
        args={"measures": ["retention"]},
    ),
    Example("quarterly cohort retention", args={"measures": ["retention"], "by": "quarter"}),
    Example("median item price by country", args={"column": "median unit_price", "by": "country"}),
    Example("what is the median order value?", args={"column": "median gross_amount"}),
    Example("每个月的销售额是多少？", "zh", {"measures": ["net_revenue"], "by": "month"}),
    Example("销售额前5的国家", "zh", {"measures": ["net_revenue"], "by": "country", "top": 5}),
    Example(
        "只买过一次的客户有多少，占收入多少？",
        "zh",
        {"measures": ["customers", "net_revenue"], "max_orders": 1},
    ),
    Example(
        "有多少客户在备注里提到“送礼”？", "zh", {"measures": ["customers_on_file"], "notes_contain": "送礼"}
    ),
    Example("上个月卖了多少钱？", "zh", {"measures": ["net_revenue"], "period": "last_month"}),
    Example("客单价是多少", "zh", {"measures": ["mean_order_amount"]}),
    Example("复购率是多少？", "zh", {"measures": ["repeat_rate"]}),
    Example("各渠道的订单数", "zh", {"measures": ["orders"], "by": "channel"}),
    Example("哪些商品卖得最好", "zh", {"measures": ["items", "net_revenue"], "by": "product", "top": 10}),
    Example("一共有多少客户", "zh"),
    Example("三个月没下单的客户有多少", "zh", {"measures": ["customers"], "min_recency_days": 90}),
    Example("各国的单价中位数", "zh", {"column": "median unit_price", "by": "country"}),
    Example("最近30天的销售额", "zh", {"measures": ["net_revenue"], "period": "last_30_days"}),
    Example("每个月打了多少折扣？", "zh", {"measures": ["discount_amount"], "by": "month"}),
    Example(
        "哪些商品卖得比以前少了", "zh", {"measures": ["net_revenue"], "by": "product", "order": "falling"}
    ),
    Example("首单的客单价是多少", "zh", {"measures": ["mean_order_amount"], "order_number": 1}),
    Example("第二单的平均金额是多少", "zh", {"measures": ["mean_order_amount"], "order_number": 2}),
    Example("一天中几点下单最多", "zh", {"measures": ["orders"], "by": "hour"}),
    Example("第二单带来多少收入", "zh", {"measures": ["net_revenue"], "order_number": 2}),
    Example(
        "每月销售额环比增长", "zh", {"measures": ["net_revenue"], "by": "month", "compare": "previous_period"}
    ),
    Example(
        "买过茶但没买过咖啡的客户有多少",
        "zh",
        {"measures": ["customers"], "bought": "茶", "not_bought": "咖啡"},
    ),
    Example("各月新客的留存率", "zh", {"measures": ["retention"], "by": "month"}),
    Example("按首单月份做同期群留存分析", "zh", {"measures": ["retention"]}),
)

TOOL = Tool(query_metric, QueryArgs, examples=_EXAMPLES, version=4)
