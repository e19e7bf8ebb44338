"""Tool: what to offer whom: products for a customer, a segment, a basket, or beside another product."""

from dataclasses import replace

from marketeer.tools.core.columns import Table
from marketeer.tools.core.contract import Example, Outcome, Tool
from marketeer.tools.core.errors import Retry
from marketeer.tools.core.payloads import Recommendations, Segmentation
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.recommendation.beside import beside_product, bundles
from marketeer.tools.recommendation.offers import offers_to_customer, offers_to_everyone, offers_to_segments
from marketeer.tools.recommendation.requests import Level, RecommendArgs
from marketeer.tools.recommendation.takers import like_customer, like_segment, takers_of_product
from marketeer.tools.segmentation.names import resolve_segment, segmentation_with
from marketeer.tools.warehouse.names import customer_key


def recommend_products(args: RecommendArgs, workspace: Workspace) -> Outcome:
    """Rank products to offer to segments, to one customer or to everyone, or find what is bought together.

    Use for "what should we offer whom", "top products they haven't bought yet", "what goes with the teapot",
    "which products are bought together", "what sells together with tea" (level bundle), "customers with
    similar taste", "what will they buy again" (task basket). A blend of neighbourhoods, an item model,
    product text and recent sales, measured against best-sellers. Discontinued products are left out.
    """
    workspace.dataset.need(Table.ORDER_LINES)
    outcome = _LEVELS[args.level if args.level != "auto" else _level(args)](args, workspace)
    return replace(outcome, finding=replace(outcome.finding, currency=workspace.dataset.currency))


def _level(args: RecommendArgs) -> Level:
    if args.product is not None:
        return "product"
    return "customer" if args.customer is not None else "segment"


def _to_segments(args: RecommendArgs, workspace: Workspace) -> Outcome:
    segmentation, asked = _segmentation(args, workspace)
    return offers_to_segments(args, workspace, segmentation, asked)


def _alike(args: RecommendArgs, workspace: Workspace) -> Outcome:
    if args.product is not None:
        return takers_of_product(args, workspace)
    if args.customer is not None:
        return like_customer(args, workspace)
    if args.segment is None:
        raise Retry("Like whom? Name a customer, a segment or a product for level alike.", code="alike_whom")
    segmentation, (code,) = _segmentation(args, workspace)
    return like_segment(args, workspace, segmentation, code)


def _segmentation(args: RecommendArgs, workspace: Workspace) -> tuple[Segmentation, tuple[str, ...]]:
    """Give the segmentation to recommend by, and the segments of it that were asked for."""
    segmentation = segmentation_with(workspace, [args.segment], args.segmentation)
    if args.segment is None:
        return segmentation, segmentation.segments
    return segmentation, (resolve_segment(segmentation, args.segment, workspace.ports.vocabulary),)


_LEVELS = {
    "segment": _to_segments,
    "customer": offers_to_customer,
    "everyone": offers_to_everyone,
    "product": beside_product,
    "bundle": bundles,
    "alike": _alike,
}


def _keyed(args: RecommendArgs, workspace: Workspace) -> RecommendArgs:
    if args.customer is None:
        return args
    return args.model_copy(update={"customer": customer_key(workspace.dataset, args.customer)})


TOOL = Tool(
    recommend_products,
    RecommendArgs,
    (
        Example("recommend 4 products for each segment", args={"limit": 4}),
        Example("recommend products for C10005", args={"customer": "C10005"}),
        Example("what should we offer each segment?"),
        Example("top 3 products for each segment that they haven't bought yet", args={"limit": 3}),
        Example("recommend something for customer 17850", args={"customer": "17850"}),
        Example("what should I offer ana.10001@example.com", args={"customer": "ana.10001@example.com"}),
        Example("what do people buy with the teapot?", args={"product": "teapot"}),
        Example(
            "a list of 3 recommended products for every customer", args={"level": "everyone", "limit": 3}
        ),
        Example("personal recommendations for all customers", args={"level": "everyone"}),
        Example("who would want the teapot?", args={"level": "alike", "product": "teapot"}),
        Example(
            "which customers should we tell about the new teapot",
            args={"level": "alike", "product": "teapot"},
        ),
        Example(
            "who buys like our champions but is not one", args={"level": "alike", "segment": "champions"}
        ),
        Example(
            "who would want the red retrospot cake stand?",
            args={"level": "alike", "product": "red retrospot cake stand"},
        ),
        Example(
            "who should get the new garden lantern", args={"level": "alike", "product": "garden lantern"}
        ),
        Example(
            "who would want the vintage sewing kit?", args={"level": "alike", "product": "vintage sewing kit"}
        ),
        Example("who would buy the teapot?", args={"level": "alike", "product": "teapot"}),
        Example("what goes with candles", args={"product": "candles"}),
        Example("which products are bought together?", args={"level": "bundle"}),
        Example("what sells together with tea?", args={"level": "bundle", "product": "tea"}),
        Example("suggest bundles", args={"level": "bundle"}),
        Example("what will they buy again next month?", args={"task": "basket"}),
        Example("which products should champions get next?", args={"segment": "champions"}),
        Example("recommend products ranked by margin", args={"rank_by": "margin"}),
        Example("给每个人群推荐3个没买过的商品", "zh", {"limit": 3}),
        Example("给客户17850推荐商品", "zh", {"customer": "17850"}),
        Example("买茶壶的人还会买什么？", "zh", {"product": "茶壶"}),
        Example("给每位客户生成推荐清单，每人5个", "zh", {"level": "everyone", "limit": 5}),
        Example("which customers might like the candle", args={"level": "alike", "product": "candle"}),
        Example("谁会想买茶壶？", "zh", {"level": "alike", "product": "茶壶"}),
        Example("哪些客户和冠军客户买得相似？", "zh", {"level": "alike", "segment": "冠军客户"}),
        Example("谁会对蛋糕架感兴趣？", "zh", {"level": "alike", "product": "蛋糕架"}),
        Example("哪些客户会想要红色圆点蛋糕架？", "zh", {"level": "alike", "product": "红色圆点蛋糕架"}),
        Example("谁会想要复古旅行针线包？", "zh", {"level": "alike", "product": "复古旅行针线包"}),
        Example("哪些商品经常一起买？", "zh", {"level": "bundle"}),
        Example("哪些商品常和茶一起卖？", "zh", {"level": "bundle", "product": "茶"}),
        Example("和蜡烛一起卖得好的是什么？", "zh", {"level": "bundle", "product": "蜡烛"}),
        Example("茶和什么一起卖？", "zh", {"level": "bundle", "product": "茶"}),
        Example("跟茶叶搭配卖的有哪些？", "zh", {"level": "bundle", "product": "茶叶"}),
        Example("推荐几个组合套装", "zh", {"level": "bundle"}),
        Example("每个分层该推什么产品？", "zh"),
        Example("他们下个月会复购什么？", "zh", {"task": "basket"}),
    ),
    produces=Recommendations,
    uses=("index",),
    keyed=_keyed,
    version=3,
)
