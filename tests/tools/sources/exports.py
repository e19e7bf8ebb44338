"""Small exports in the exact shape each shop system writes, with every trap in them."""

# ruff: noqa: E501, SIM905 -- lines are as long as the exports write them

import csv
import io

SHOPIFY_ORDER_HEADERS = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,"
    "Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,"
    "Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem requires shipping,"
    "Lineitem taxable,Lineitem fulfillment status,Billing Name,Billing Street,Billing Address1,Billing Address2,"
    "Billing Company,Billing City,Billing Zip,Billing Province,Billing Country,Billing Phone,Shipping Name,"
    "Shipping Street,Shipping Address1,Shipping Address2,Shipping Company,Shipping City,Shipping Zip,"
    "Shipping Province,Shipping Country,Shipping Phone,Notes,Note Attributes,Cancelled at,Payment Method,"
    "Payment Reference,Refunded Amount,Vendor,Outstanding Balance,Employee,Location,Device ID,Id,Tags,"
    "Risk Level,Source,Lineitem discount,Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value,Tax 3 Name,Tax 3 Value,"
    "Tax 4 Name,Tax 4 Value,Tax 5 Name,Tax 5 Value"
).split(",")


def rows_of(headers: list[str], rows: list[dict[str, str]], **style: str) -> str:
    """Write rows under given headers, blank where a row says nothing."""
    out = io.StringIO()
    writer = csv.DictWriter(out, headers, restval="", lineterminator="\r\n", **style)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _order(name: str, email: str, status: str, subtotal: str, **more: str) -> dict[str, str]:
    return {
        "Name": name, "Email": email, "Financial Status": status, "Currency": "EUR", "Subtotal": subtotal,
        "Shipping": "4.90", "Taxes": "3.00", "Total": subtotal, "Discount Amount": "0.00",
        "Refunded Amount": "0.00", "Created at": "2026-05-01 23:30:00 +0200", "Shipping Country": "DE",
        "Shipping Zip": "'10115", "Source": "web", "Payment Method": "Shopify Payments",
    } | {key.replace("_", " "): value for key, value in more.items()}  # fmt: skip


def _item(sku: str, name: str, quantity: int, price: str) -> dict[str, str]:
    return {
        "Lineitem sku": sku, "Lineitem name": name, "Lineitem quantity": str(quantity), "Lineitem price": price
    }  # fmt: skip


def shopify_orders() -> str:
    """Two lines in one order, a discount, a partial refund, a refund, voided, pending, test, POS, gift card."""
    next_line = {"Name": "#1001", "Email": "ana@x.de", "Created at": "2026-05-01 23:30:00 +0200"}
    rows = [
        _order("#1001", "ana@x.de", "paid", "90.00", Discount_Amount="10.00", Notes="送礼, gift wrap please")
        | _item("TEE-M", "Tee - M", 2, "25.00"),
        next_line | _item("MUG", "Mug", 5, "10.00"),
        _order("#1002", "Ana@X.de", "partially_refunded", "40.00", Refunded_Amount="15.00")
        | _item("MUG", "Mug", 4, "10.00"),
        _order("#1003", "bo@x.de", "refunded", "25.00", Refunded_Amount="29.90")
        | _item("TEE-M", "Tee - M", 1, "25.00"),
        _order("#1004", "bo@x.de", "voided", "10.00") | _item("MUG", "Mug", 1, "10.00"),
        _order("#1005", "bo@x.de", "pending", "10.00") | _item("MUG", "Mug", 1, "10.00"),
        _order("#1006", "test@shop.de", "paid", "10.00", Payment_Method="bogus")
        | _item("MUG", "Mug", 1, "10.00"),
        _order("#1007", "", "paid", "10.00", Source="pos") | _item("", "Sticker", 1, "10.00"),
        _order("#1008", "cy@x.de", "paid", "50.00") | _item("GC", "Gift Card - 50", 1, "50.00"),
        _order("#1009", "cy@x.de", "paid", "10.00", Cancelled_at="2026-05-02 10:00:00 +0200")
        | _item("MUG", "Mug", 1, "10.00"),
    ]
    return rows_of(SHOPIFY_ORDER_HEADERS, rows)


SHOPIFY_CUSTOMERS = (
    "\ufeffCustomer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,"
    "Default Address Address1,Default Address Address2,Default Address City,Default Address Province Code,"
    "Default Address Country Code,Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,"
    "Total Spent,Total Orders,Note,Tax Exempt,Tags,Customer shoe_size\r\n"
    "'6001,Ana,Alba,ana@x.de,yes,,Weg 1,,Berlin,BE,DE,'10115,,'+49301234,no,130.00,2,VIP,no,\"vip, gift\",38\r\n"
    "'6002,Bo,Berg,bo@x.de,no,,,,Paris,,FR,'75001,,,,25.00,1,,no,,41\r\n"
    "'6003,Di,Dahl,di@x.de,,,,,Oslo,,NO,,,,,0.00,0,,no,,\r\n"
)
SHOPIFY_PRODUCTS = (
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,"
    "Variant SKU,Variant Grams,Variant Inventory Qty,Variant Price,Variant Compare At Price,Image Src,"
    "Cost per item,Status\r\n"
    'tee,Cotton Tee,"<p>Soft&nbsp;<b>cotton</b></p>",Us,Apparel,Shirts,,true,Size,M,TEE-M,200,5,25.00,,,9.50,active\r\n'
    "tee,,,,,,,,,L,TEE-L,200,5,26.00,,,9.75,\r\n"
    "tee,,,,,,,,,,,,,,,https://x/y.png,,\r\n"
    "mug,Mug,,Us,Home,Mugs,,true,,,MUG,300,0,10.00,,,3.10,draft\r\n"
)
WOOCOMMERCE = (
    "Order Number,Order Status,Order Date,Customer Note,First Name (Billing),Last Name (Billing),"
    "Email (Billing),Phone (Billing),City (Billing),Country Code (Billing),Item #,SKU,Item Name,Quantity,"
    "Quantity (- Refund),Item Cost,Order Line Total,Coupon Code,Discount Amount,Order Subtotal Amount,"
    "Order Shipping Amount,Order Refund Amount,Order Total Amount\r\n"
    "11,Completed,2026-03-01 10:15,Leave at door,Ana,Alba,ana@x.de,123,Berlin,DE,1,A,Tea,2,2,5.00,10.00,,2.00,18.00,3.00,0.00,19.00\r\n"
    "11,Completed,2026-03-01 10:15,Leave at door,Ana,Alba,ana@x.de,123,Berlin,DE,2,B,Pot,1,1,8.00,8.00,,2.00,18.00,3.00,0.00,19.00\r\n"
    "12,Refunded,2026-03-02 11:00,,Bo,Berg,bo@x.de,,Paris,FR,1,A,Tea,1,0,5.00,5.00,,0,5.00,0.00,5.00,5.00\r\n"
    "13,Cancelled,2026-03-03 11:00,,Bo,Berg,bo@x.de,,Paris,FR,1,A,Tea,9,9,5.00,45.00,,0,45.00,0.00,0.00,45.00\r\n"
    "14,Pending payment,2026-03-03 12:00,,Cy,Cole,cy@x.de,,Paris,FR,1,B,Pot,1,1,8.00,8.00,,0,8.00,0.00,0.00,8.00\r\n"
)
STRIPE = (
    "id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Converted Amount,Converted Amount Refunded,"
    "Converted Currency,Decline Reason,Description,Fee,Refunded date (UTC),Statement Descriptor,Status,"
    "Seller Message,Taxes On Fee,Card ID,Customer ID,Customer Description,Customer Email,Invoice ID,Transfer\r\n"
    "ch_1,2026-01-05 08:00:00,120.00,0.00,usd,true,110.00,0.00,eur,,,3.1,,SHOP,Paid,,0,card_1,cus_A,,a@x.de,,\r\n"
    "ch_2,2026-01-06 09:00:00,50.00,50.00,eur,true,50.00,50.00,eur,,,1.2,2026-01-08 10:00:00,SHOP,Refunded,,0,card_1,cus_A,,a@x.de,,\r\n"
    "ch_3,2026-01-07 09:30:00,70.00,0.00,eur,false,70.00,0.00,eur,,,0,,SHOP,Paid,,0,card_2,cus_B,,b@x.de,,\r\n"
    "ch_4,2026-01-07 09:40:00,70.00,0.00,eur,true,70.00,0.00,eur,insufficient_funds,,0,,SHOP,Failed,,0,card_2,cus_B,,b@x.de,,\r\n"
    "ch_5,2026-02-01 10:00:00,30.00,10.00,eur,true,30.00,10.00,eur,,,1,,SHOP,Paid,,0,card_3,,,c@x.de,,\r\n"
)
KLAVIYO = (
    "Email,Klaviyo ID,First Name,Last Name,Organization,Title,Phone Number,Address,Address 2,City,Region,Zip Code,"
    "Country,Source,Email Marketing Consent,Email Marketing Consent Timestamp,SMS Marketing Consent,"
    "Historic Customer Lifetime Value,Historic Number Of Orders,Profile Created On,Last Open,Email Suppressions,"
    "Favourite Colour\r\n"
    "Ana@x.de,01A,Ana,Alba,,,'+491,Weg 1,,Berlin,,10115,Germany,form,SUBSCRIBED,2025-01-01 10:00:00,SUBSCRIBED,"
    "100.5,2,2024-12-01 09:00:00,2026-01-01 09:00:00,[],red\r\n"
    "bo@x.de,01B,Bo,Berg,,,,,,Paris,,,France,import,UNSUBSCRIBED,,NEVER_SUBSCRIBED,0,0,2025-02-01 09:00:00,,"
    "\"['UNSUBSCRIBE']\",blue\r\n"
    "cy@x.de,01C,Cy,,,,,,,,,,,,NEVER_SUBSCRIBED,,,,,2025-03-01 09:00:00,,[],\r\n"
)
_MAILCHIMP = (
    "Email Address,First Name,Last Name,Phone Number,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,"
    "LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES{extra},TAGS\r\n"
)
MAILCHIMP = {
    "subscribed_members.csv": _MAILCHIMP.format(extra="")
    + "ana@x.de,Ana,Alba,,4,2025-01-01 10:00:00,1.2.3.4,2025-01-01 10:00:00,1.2.3.4,52.5,13.4,1,2,"
    "Europe/Berlin,de,be,2025-06-01 10:00:00,1,aa,likes tea,\"vip\"\r\n",
    "unsubscribed_members.csv": _MAILCHIMP.format(
        extra=",UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER"
    )
    + "bo@x.de,Bo,Berg,,2,2025-01-02 10:00:00,,2025-01-02 10:00:00,,,,,,,fr,,2025-06-01 10:00:00,2,bb,,"
    "2025-05-01 08:00:00,Spring,c1,too_many,,\r\n",
    "cleaned_members.csv": _MAILCHIMP.format(extra=",CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID")
    + "cy@x.de,Cy,Cole,,1,2025-01-03 10:00:00,,2025-01-03 10:00:00,,,,,,,us,,2025-06-01 10:00:00,3,cc,,"
    "2025-05-02 08:00:00,Spring,c1,\r\n",
}  # fmt: skip
OLIST = {
    "olist_orders_dataset.csv": (
        "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"
        "order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date\n"
        "o1,rec1,delivered,2017-10-02 10:56:33,2017-10-02 11:07:15,,,2017-10-18 00:00:00\n"
        "o2,rec2,delivered,2018-07-24 20:41:37,2018-07-26 03:24:27,,,2018-08-13 00:00:00\n"
        "o3,rec3,canceled,2018-08-08 08:38:49,,,,2018-09-04 00:00:00\n"
    ),
    "olist_order_items_dataset.csv": (
        "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value\n"
        "o1,1,p1,s1,2017-10-06 11:07:15,29.99,8.72\no1,2,p1,s1,2017-10-06 11:07:15,29.99,8.72\n"
        "o2,1,p2,s1,2018-07-30 03:24:27,118.70,22.76\no3,1,p2,s1,2018-08-13 08:55:23,159.90,19.22\n"
    ),
    "olist_customers_dataset.csv": (
        "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state\n"
        "rec1,person_a,14409,franca,SP\nrec2,person_a,14409,franca,SP\nrec3,person_b,09790,santos,SP\n"
    ),
    "olist_products_dataset.csv": (
        "product_id,product_category_name,product_name_lenght,product_description_lenght,product_photos_qty,"
        "product_weight_g,product_length_cm,product_height_cm,product_width_cm\n"
        "p1,utilidades_domesticas,40,268,4,500,19,8,13\np2,perfumaria,29,178,1,400,19,13,19\n"
    ),
    "olist_order_payments_dataset.csv": (
        "order_id,payment_sequential,payment_type,payment_installments,payment_value\no1,1,credit_card,1,77.42\n"
    ),
}
TAOBAO = (
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,"
    "买家实际支付积分,订单状态,买家留言,收货人姓名,收货地址 ,运送方式,联系电话 ,联系手机,订单创建时间,订单付款时间 ,"
    "宝贝标题 ,宝贝种类 ,物流单号 ,物流公司,订单备注,宝贝总数量\r\n"
    '="1230000000000000001",小明,a@b.cn,100.00,10.00,0,110.00,0,95.00,0,交易成功,请包装好，送礼用,王小明,'
    '浙江省杭州市某路1号,快递,,\'13800000001,2025-11-11 00:05:10,2025-11-11 00:06:00,龙井茶250g,1,="SF1",顺丰,,2\r\n'
    '="1230000000000000002",t**,,50.00,0.00,0,50.00,0,50.00,0,卖家已发货，等待买家确认,,t**,**,快递,,'
    '138****0002,2025-11-12 10:00:00,2025-11-12 10:01:00,"红茶，绿茶",2,,,,3\r\n'
    '="1230000000000000003",小明,,80.00,0.00,0,80.00,0,0.00,0,交易关闭,,王小明,某路1号,快递,,\'13800000001,'
    "2025-11-13 10:00:00,,龙井茶250g,1,,,,1\r\n"
    '="1230000000000000004",小红,,30.00,6.00,0,36.00,0,0.00,0,等待买家付款,,李红,某路2号,快递,,\'13800000003,'
    "2025-11-14 10:00:00,,茶杯,1,,,,1\r\n"
)
