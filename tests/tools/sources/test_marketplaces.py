"""The orders of marketplaces and further shop systems, each as it writes them."""

# ruff: noqa: E501 -- lines are as long as the exports write them

from pathlib import Path

from tests.tools.sources.test_messy_exports import sums
from tests.tools.sources.test_shop_exports import dropped, loaded, reconciles, table

AMAZON = (
    "amazon-order-id\tmerchant-order-id\tpurchase-date\tlast-updated-date\torder-status\tfulfillment-channel\t"
    "sales-channel\torder-channel\tship-service-level\tproduct-name\tsku\tasin\titem-status\tquantity\tcurrency\t"
    "item-price\titem-tax\tshipping-price\tshipping-tax\tgift-wrap-price\tgift-wrap-tax\titem-promotion-discount\t"
    "ship-promotion-discount\tship-city\tship-state\tship-postal-code\tship-country\tpromotion-ids\tbuyer-email\n"
    "028-1-1\t\t2026-01-05T10:00:00+00:00\t\tShipped\tAmazon\tAmazon.de\t\tStandard\tTea\tTEA\tB001\tShipped\t2\tEUR\t20.00\t3.20\t3.00\t0.5\t\t\t2.00\t\tBerlin\t\t10115\tDE\t\tabc@marketplace.amazon.de\n"
    "028-1-1\t\t2026-01-05T10:00:00+00:00\t\tShipped\tAmazon\tAmazon.de\t\tStandard\tPot\tPOT\tB002\tShipped\t1\tEUR\t15.00\t2.4\t\t\t\t\t\t\tBerlin\t\t10115\tDE\t\tabc@marketplace.amazon.de\n"
    "028-1-2\t\t2026-01-06T10:00:00+00:00\t\tCancelled\tAmazon\tAmazon.de\t\tStandard\tTea\tTEA\tB001\tCancelled\t0\tEUR\t\t\t\t\t\t\t\t\tBerlin\t\t10115\tDE\t\tabd@marketplace.amazon.de\n"
    "028-1-3\t\t2026-02-06T10:00:00+00:00\t\tPending\tAmazon\tAmazon.fr\t\tStandard\tPot\tPOT\tB002\tUnshipped\t1\tEUR\t15.00\t2.4\t\t\t\t\t\t\tParis\t\t75001\tFR\t\t\n"
)
EBAY = (
    '\r\n"Sales Record Number","Order Number","Buyer Username","Buyer Name","Buyer Email","Item Number","Item Title","Custom Label","Quantity","Sold For","Shipping And Handling","Seller Collected Tax","Total Price","Payment Method","Sale Date","Paid On Date"\r\n\r\n'
    '"101","12-1","ann","Ann A","a@members.ebay.com","","","","2","$25.00","$3.00","$0.00","$28.00","PayPal","Jan-05-26","Jan-05-26"\r\n'
    '"101","12-1","ann","Ann A","a@members.ebay.com","3001","Tea","TEA","2","$10.00","$0.00","$0.00","","PayPal","Jan-05-26","Jan-05-26"\r\n'
    '"101","12-1","ann","Ann A","a@members.ebay.com","3003","Mug","","1","$5.00","$0.00","$0.00","","PayPal","Jan-05-26","Jan-05-26"\r\n'
    '"102","12-2","bob","Bob B","b@members.ebay.com","3002","Pot","POT","1","$1,015.00","$0.00","$0.00","$1,015.00","PayPal","Feb-16-26","Feb-16-26"\r\n\r\n'
    '2,"record(s) downloaded,","from ,Jan-01-26 00:00:00, to ,Mar-01-26 23:59:59"\r\n"Seller ID :","shop"\r\n'
)
MAGENTO = (
    "ID,Purchase Point,Purchase Date,Bill-to Name,Ship-to Name,Grand Total (Base),Grand Total (Purchased),Status,Billing Address,Shipping Address,Shipping Information,Customer Email,Customer Group,Subtotal,Shipping and Handling,Customer Name,Payment Method,Total Refunded,Allocated sources\n"
    '000000001,"Main Website\n    Main Store","Jan 5, 2026, 10:01:02 AM",Ann A,Ann A,28.00,28.00,complete,"Street 1,Berlin","Street 1,Berlin",Flat Rate,a@x.com,General,20.00,8.00,Ann A,checkmo,,Default\n'
    '000000002,"Main Website\n    Main Store","Feb 16, 2026, 3:01:02 PM",Bob B,Bob B,12.00,12.00,closed,"Street 2,Berlin","Street 2,Berlin",Flat Rate,b@x.com,General,10.00,2.00,Bob B,checkmo,12.00,Default\n'
    '000000003,"Main Website\n    Main Store","Feb 17, 2026, 3:01:02 PM",Bob B,Bob B,12.00,12.00,canceled,"Street 2,Berlin","Street 2,Berlin",Flat Rate,b@x.com,General,10.00,2.00,Bob B,checkmo,,Default\n'
    '000000004,"Main Website\n    Main Store","Feb 18, 2026, 3:01:02 PM",Bob B,Bob B,12.00,12.00,pending,"Street 2,Berlin","Street 2,Berlin",Flat Rate,b@x.com,General,10.00,2.00,Bob B,checkmo,,Default\n'
)
SQUARESPACE = (
    "Order ID,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Currency,Subtotal,Shipping,Taxes,Amount Refunded,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Lineitem variant,Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,Billing Name,Billing Country,Shipping Country\n"
    "00011,a@x.de,PAID,2026-01-05 10:00:00 +0100,FULFILLED,,EUR,18.00,4.00,0.00,0.00,22.00,TEN,2.00,Std,2026-01-05 10:00:00 +0100,2,Tea,5.00,TEA,,true,true,,Ann A,DE,DE\n"
    "00011,a@x.de,,,,,,,,,,,,,,,1,Pot,10.00,POT,,true,true,,,,\n"
    "00012,b@x.de,PAID,2026-02-05 10:00:00 +0100,FULFILLED,,EUR,10.00,4.00,0.00,14.00,14.00,,0.00,Std,2026-02-05 10:00:00 +0100,1,Pot,10.00,POT,,true,true,,Bob B,FR,FR\n"
)


def test_amazon_items_cost_together_what_their_price_says(tmp_path: Path) -> None:
    report = loaded(tmp_path, {"orders.txt": AMAZON})
    assert (report.files[0].source, report.manifest.currency) == ("amazon", "EUR")
    assert sums(report) == dict(orders=2, customers=1, gross=50, discount=2, returned=0, net=48)
    orders = table(report.dataset, "orders", "order_id")
    assert orders.loc["028-1-1", ["shipping_amount", "channel", "country"]].tolist() == [3, "Amazon.de", "DE"]
    lines = report.dataset.frame(
        "SELECT quantity, unit_price FROM order_lines ORDER BY order_id, line_number"
    )
    assert lines.to_numpy().tolist() == [[2, 10], [1, 15], [1, 15]]
    assert dropped(report) == {("order_lines", "cancelled_order"): (1, 0)}
    assert reconciles(report)


def test_ebay_orders_of_several_items_count_their_items_and_remarks_are_no_rows(tmp_path: Path) -> None:
    report = loaded(tmp_path, {"eBay-OrdersReport.csv": EBAY})
    assert report.files[0].source == "ebay"
    assert sums(report) == dict(orders=2, customers=2, gross=1040, discount=0, returned=0, net=1040)
    assert str(report.dataset.as_of) == "2026-02-16"
    people = table(report.dataset, "customers", "customer_id")
    assert people.loc["ann", ["email", "last_name"]].tolist() == ["a@members.ebay.com", "Ann A"]
    assert table(report.dataset, "products", "product_id").index.tolist() == ["3003", "POT", "TEA"]
    assert "frame_left_out" in report.manifest.notes


def test_magento_orders_keep_their_time_and_give_back_no_more_than_their_goods(tmp_path: Path) -> None:
    report = loaded(tmp_path, {"export.csv": MAGENTO})
    assert report.files[0].source == "magento"
    assert sums(report) == dict(orders=2, customers=2, gross=30, discount=0, returned=10, net=20)
    orders = table(report.dataset, "orders", "order_id")
    assert str(orders.loc["000000002", "ordered_at"]) == "2026-02-16 15:01:02"
    assert orders.loc["000000001", "channel"] == "Main Website Main Store"
    assert dropped(report) == {("orders", "cancelled_order"): (1, 10), ("orders", "unpaid_order"): (1, 10)}


def test_squarespace_orders_are_shopifys_under_other_names(tmp_path: Path) -> None:
    report = loaded(tmp_path, {"orders.csv": SQUARESPACE})
    assert (report.files[0].source, report.manifest.currency) == ("squarespace", "EUR")
    assert sums(report) == dict(orders=2, customers=2, gross=30, discount=2, returned=10, net=18)
    assert reconciles(report)


def test_a_refund_gives_back_no_more_than_the_goods_and_a_blank_one_nothing(tmp_path: Path) -> None:
    woocommerce = (
        "Order Number,Order Status,Order Date,Email (Billing),SKU,Item Name,Quantity,Item Cost,Discount Amount,Order Subtotal Amount,Order Shipping Amount,Order Refund Amount,Order Total Amount\n"
        "11,Refunded,2026-03-01 10:15,ana@x.de,A,Tea,2,5.00,2.00,10.00,3.00,11.00,11.00\n12,Completed,2026-03-02 10:15,ana@x.de,A,Tea,2,5.00,0,10.00,3.00,,13.00\n"
        "13,Completed,2026-03-02 10:15,bo@x.de,A,Tea,2,5.00,0,10.00,3.00,-4.00,13.00\n"
    )
    assert sums(loaded(tmp_path, {"woo.csv": woocommerce})) == dict(
        orders=3, customers=2, gross=30, discount=2, returned=12, net=16
    )
    plain = (
        "Order ID,Order Date,Customer Email,Order Total,Shipping,Discount Amount,Refund Amount\n"
        "1,2026-01-05,a@x.de,23.00,3.00,2.00,23.00\n2,2026-01-06,a@x.de,13.00,3.00,0,\n3,2026-01-07,b@x.de,13.00,3.00,0,4.00\n"
    )
    assert sums(loaded(tmp_path, {"plain.csv": plain})) == dict(
        orders=3, customers=2, gross=42, discount=2, returned=24, net=16
    )
