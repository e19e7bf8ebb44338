import base64
import json
import sqlite3
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pytest

from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import DataError
from marketeer.tools.sources.loading import LoadOptions, load

HEADERS = ["order_id", "customer_id", "date", "product name", "qty", "price"]
ROWS = [
    ["0012", "7", "2025-01-02 10:30:00", "Café au lait", "2", "1234.50"],
    ["0013", "8", "2025-02-13 11:00:00", 'Mug "L", blue', "1", "4.25"],
]


def lines(delimiter: str = ",", end: str = "\n", price: str = "{}") -> str:
    def cell(value: str) -> str:
        return '"' + value.replace('"', '""') + '"' if set(value) & {'"', delimiter} else value

    rows = [HEADERS, *([*row[:5], price.format(row[5])] for row in ROWS)]
    return end.join(delimiter.join(cell(value) for value in row) for row in rows) + end


def written(name: str, content: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return write


def zipped(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "export.zip", "w") as out:
        out.writestr("data/lines.csv", lines())
        out.writestr("__MACOSX/._lines.csv", "x")
    return folder / "export.zip"


def database(folder: Path) -> Path:
    with closing(sqlite3.connect(folder / "shop.db")) as connection:
        connection.execute(
            "CREATE TABLE sales (order_id TEXT, customer_id INT, date TEXT, product_name TEXT, "
            "qty REAL, price)"
        )
        connection.executemany("INSERT INTO sales VALUES (?, ?, ?, ?, ?, ?)", ROWS)
        connection.execute("CREATE TABLE settings (key TEXT)")
        connection.commit()
    return folder / "shop.db"


def workbook(folder: Path, name: str = "shop.xlsx") -> Path:
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    for part in (0, 1):
        sheet = book.create_sheet(f"Year {part}")
        sheet.append(HEADERS)
        order, customer, date, product, quantity, price = ROWS[part]
        sheet.append([order, int(customer), date, product, int(quantity), float(price)])
    book.save(folder / name)
    return folder / name


OLD_WORKBOOK = (
    "c-rk)T}TvB6#nk)|GMgG8fYNHLRKcC`H%#<R+d7oSTAJ+Ho8+R>aI<@5Bid2LN7tkQ_+iHL<Uwb{ZK)@^$-"
    "~K5Cnl11mROq(1SXiduG<uj1)>R<{ReBJ?EZ#zdLj8xp!t>O%zOy+$){J5;VYtIWqw70-K;SkX6E<defA}?A1@F>0n(U;HN-"
    "(J$Rh^(kEjm<2?lhciqoP0w3r+jy|-"
    "elDfKv*u!Jcgd9UXNrCHR$wLW`s*q(D%MC2=u;&w&jcmEZvYvb=#W74oTPy19S$tH9a9ti`zYn<0JGRuI7%${3K6_bMz8>s05?aq"
    "Xt0;4aFbWE2v!2uqsTbphOxdQUs#vV5ouIa~?25%EQA8mh#Wzz0zGid#nd;cr)-FKy?~Coe-"
    "`M>W%BA)ziW?Y&d4f}An5K5ZZKZR&t{H0e3<eM)J!CD@DI=~M9f^1jB~j)~I@QY>wTNqJoqYO?R6Ns_R+Cz<?gCDy`#sW_=+eojy"
    "1HfuO}Cxow^uv)S=BOXkCsSVHMLYzmkY!)r_{*7NTu4@lhK26<KTrRylA1x<pd0oj3b}R1)PRq8sp5ZFRx>rZP5<44D#k;Z9$vmy"
    "~4yf*@7D9ag7VvUMsl8c9!S4*G*h5Wm!ZyLf7)PV!N<^h<z?_Z8`DOGTubDEGTcK^6>Pbhh@VbquZ!F-"
    "aIu>H2yX^f(UJiacVD*AykS=aqX(aqiFUj?B(h`%aUJ~F254C$8OsDY(8cY<YEC!OOsDW%xjAMtSrq%nrmKjljfe+JfwMS9<dCMU"
    ">>jSFPKM$$VE?95Jw?9Cl7pTwCW|7jK)){5zH0j9;Pq)h)1$0%djZy6R=sVSO;wug;{Qojg5`BSu6^(<k&0<vv|3On_hWG4N4*I%"
    "PwiL|A`<RIB?*=fddB)9Q*--UnQ;AXE(nrS})N)`@haCopa7_lK&Qmk)k6_pOgELq^p7cRn4D`@Q7?*Vufw8{|hCK5W9hHbn-"
    "a5S3Q5}<3KFDpA|O@|GgAiE&tqV#`%x=e*k$4`^f"
)


def old_workbook(folder: Path, name: str = "shop.xls") -> Path:
    """A workbook of Excel 97 with the rows above, its dates as days since 1900."""
    (folder / name).write_bytes(zlib.decompress(base64.b85decode(OLD_WORKBOOK)))
    return folder / name


def open_document(folder: Path) -> Path:
    def cell(value: str, kind: str) -> str:
        if kind == "float":
            return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        if kind == "date":
            at = value.replace(" ", "T")
            return f'<table:table-cell office:value-type="date" office:date-value="{at}"/>'
        text = f"<text:p>{escape(value)}</text:p>"
        return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'

    kinds = ("string", "float", "date", "string", "float", "float")
    rows = [[cell(name, "string") for name in HEADERS], *([*map(cell, row, kinds)] for row in ROWS)]
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f"<office:document-content{spaces}><office:body><office:spreadsheet><table:table table:name='Y'>"
        + "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in rows)
        + "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(folder / "shop.ods", "w") as out:
        out.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        out.writestr("META-INF/manifest.xml", "<manifest/>")
        out.writestr("content.xml", content)
    return folder / "shop.ods"


def dressed_workbook(folder: Path) -> Path:
    """A title over the table, an error cell, a note to its right, a hidden sheet, a saved formula."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B2"] = "Sales 2025"
    sheet.merge_cells("B2:G2")
    for y, row in enumerate([HEADERS, *ROWS], start=4):
        for x, value in enumerate(row, start=2):
            sheet.cell(y, x, float(value) if y > 4 and x in {3, 6, 7} else value)
    sheet["I5"] = "checked"
    sheet["C7"], sheet["D7"] = "#N/A", "#REF!"
    sheet["C7"].data_type = sheet["D7"].data_type = "e"
    sheet["G7"], sheet["E7"] = 0, "nothing"
    hidden = book.create_sheet("last year")
    hidden.sheet_state = "hidden"
    hidden.append(HEADERS)
    hidden.append(["0001", 7, "2024-01-01", "Old", 1, 99])
    book.save(folder / "dressed.xlsx")
    return folder / "dressed.xlsx"


JSON_ROWS = [dict(zip(HEADERS, row, strict=True)) | {"extra": {"a": [1]}} for row in ROWS]
KINDS = {
    "comma": written("a.csv", lines().encode()),
    "no ending": written("orders", lines().encode()),
    "semicolon and decimal comma": written(
        "a.csv", lines(";").replace("1234.50", "1.234,50").replace("4.25", "4,25").encode()
    ),
    "tab": written("a.tsv", lines("\t").encode()),
    "pipe": written("a.txt", lines("|").encode()),
    "CRLF": written("a.csv", lines(end="\r\n").encode()),
    "CR": written("a.csv", lines(end="\r").encode()),
    "byte order mark": written("a.csv", lines().encode("utf-8-sig")),
    "UTF-16": written("a.txt", lines("\t").encode("utf-16")),
    "Windows-1252": written("a.csv", (lines() + "0014,9,2025-01-01,Crème brûlée,0,0\n").encode("cp1252")),
    "currency signs": written("a.csv", lines(";", price="€ {}").encode()),
    "thousands": written("a.csv", lines(";").replace("1234.50", "1,234.50").encode()),
    "spaces round headers": written("a.csv", lines().replace("customer_id", " Customer ID ").encode()),
    "zip": zipped,
    "SQLite": database,
    "workbook of two sheets": workbook,
    "workbook called csv": lambda folder: workbook(folder, "export.csv"),
    "old workbook": old_workbook,
    "old workbook called xlsx": lambda folder: old_workbook(folder, "shop.xlsx"),
    "text called xls": written("a.xls", lines("\t").encode("utf-16")),
    "OpenDocument": open_document,
    "a table in a dressed-up sheet": dressed_workbook,
    "JSON lines": written("a.jsonl", "\n".join(map(json.dumps, JSON_ROWS)).encode()),
    "JSON array": written("a.json", json.dumps(JSON_ROWS).encode()),
    "a name that looks like a pattern": written("a[1]*.csv", lines().encode()),
}


def contents(data: Dataset) -> list[tuple[str, str, str, float]]:
    frame = data.frame(
        "SELECT order_id, customer_id, strftime(l.ordered_at, '%Y-%m-%d %H:%M') AS at, product_name, "
        "line_amount FROM order_lines AS l JOIN customers USING (customer_row) "
        "JOIN products USING (product_row) "
        "WHERE line_amount > 0 ORDER BY order_id"
    )
    return [tuple(row) for row in frame.to_numpy().tolist()]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_gives_the_same_shop(kind: str, tmp_path: Path) -> None:
    (tmp_path / "a1x.csv").write_text(
        "order_id,customer_id,date,product name,qty,price\n9,9,2020-01-01,X,1,1\n"
    )
    report = load([KINDS[kind](tmp_path)], tmp_path / "ws[1]")
    assert contents(report.dataset) == [
        ("0012", "7", "2025-01-02 10:30", "Café au lait", 2469.0),
        ("0013", "8", "2025-02-13 11:00", 'Mug "L", blue', 4.25),
    ]


DATES = {
    "2025-03-04": "2025-03-04", "2025/3/4": "2025-03-04", "20250304": "2025-03-04",
    "2025-03-04T10:00:00Z": "2025-03-04", "2025-03-04 23:30:00 +0200": "2025-03-04",
    "2025-03-04T10:00:00.123+02:00": "2025-03-04", "04.03.2025": "2025-03-04",
    "25.03.2025 10:00": "2025-03-25", "3/25/2025": "2025-03-25", "3/25/2025 8:26": "2025-03-25",
    "3/25/25": "2025-03-25", "25/03/2025": "2025-03-25", "25-03-2025": "2025-03-25",
    "4 Mar 2025": "2025-03-04", "Mar 4, 2025": "2025-03-04", "March 4, 2025": "2025-03-04",
    "2025年3月4日": "2025-03-04", "2025年3月4日 10:00": "2025-03-04", "1741082400": "2025-03-04",
    "1741082400000": "2025-03-04", "45720": "2025-03-04", "45720.5": "2025-03-04",
    "3/25/2025 1:05 PM": "2025-03-25",
}  # fmt: skip
TIMES = {
    "Mar 5, 2025, 3:01 PM": "2025-03-05 15:01", "March 5, 2025 3:01:00 PM": "2025-03-05 15:01",
    "Mar 5, 2025, 15:01:00": "2025-03-05 15:01", "Mar  5 2025  3:01PM": "2025-03-05 15:01",
    "Mar-05-25": "2025-03-05 00:00", "Mar-05-2025 15:01": "2025-03-05 15:01",
    "5 Mar 2025 15:01": "2025-03-05 15:01", "05-MAR-25": "2025-03-05 00:00",
    "5-Mar-2025 3:01 pm": "2025-03-05 15:01", "05/Mar/2025 15:01:00": "2025-03-05 15:01",
    "5 Mar 25": "2025-03-05 00:00", "Wed, 05 Mar 2025 15:01:00 +0100": "2025-03-05 15:01",
    "Wednesday, March 5, 2025": "2025-03-05 00:00", "Mar 5, 2025, 3:01\u202fPM": "2025-03-05 15:01",
    "3/25/2025, 3:01:00 PM": "2025-03-25 15:01", "25.03.2025, 15:01:00": "2025-03-25 15:01",
    "2025-03-05 3:01 PM": "2025-03-05 15:01", "2025/3/5 12:01:00 AM": "2025-03-05 00:01",
    "2025-03-05 03:01": "2025-03-05 03:01",
}  # fmt: skip


@pytest.mark.parametrize("written_as", DATES)
def test_dates_are_read_in_every_common_form(written_as: str, tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(f'order_id,customer_id,date,total\n1,7,"{written_as}",10\n2,8,"{written_as}",20\n')
    options = LoadOptions(date_order="dmy") if written_as == "04.03.2025" else None
    assert str(load([file], tmp_path / "ws", options).dataset.as_of) == DATES[written_as]


@pytest.mark.parametrize("written_as", TIMES)
def test_dates_with_names_of_months_and_times_by_noon_are_read_to_the_minute(
    written_as: str, tmp_path: Path
) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(f'order_id,customer_id,date,total\n1,7,"{written_as}",10\n2,8,"{written_as}",20\n')
    found = load([file], tmp_path / "ws").dataset.frame("SELECT ordered_at FROM orders")["ordered_at"]
    assert {f"{moment:%Y-%m-%d %H:%M}" for moment in found} == {TIMES[written_as]}


@pytest.mark.parametrize(
    "written_as", ["2025-03-05 3:01 p.m.", "2025-03-05 3:01 下午", "Mar 35, 2025", "5 Foo 2025"]
)
def test_times_that_are_not_known_are_said_and_never_read_as_others(written_as: str, tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(f'order_id,customer_id,date,total\n1,7,"{written_as}",10\n2,8,"{written_as}",20\n')
    with pytest.raises(DataError, match="cannot be read") as caught:
        load([file], tmp_path / "ws")
    assert caught.value.code == "unreadable_dates"


@pytest.mark.parametrize("written_as", ["1/5/2025, 3:01 PM", "01.05.2025", "1/5/2025 10:00"])
def test_days_that_may_be_months_are_still_asked_about(written_as: str, tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(f'order_id,customer_id,date,total\n1,7,"{written_as}",10\n2,8,"{written_as}",20\n')
    with pytest.raises(DataError) as caught:
        load([file], tmp_path / "ws")
    assert caught.value.code == "needs_answer"


def test_tables_are_told_apart_by_their_columns_in_chinese_too(tmp_path: Path) -> None:
    files = {
        "会员.csv": "会员编号,邮箱,姓名,城市,注册时间,短信订阅,等级\n"
        "u1,a@x.cn,王明,上海,2024-01-05,是,金卡\nu2,,李红,北京,2024-02-01,,普卡\n",
        "商品.csv": "商品编号,商品名称,品类,价格,成本\nT1,红茶,茶叶,35.5,12\nT2,茶杯,器具,20,8\n",
        "订单.csv": "订单号,会员编号,下单时间,实付金额,运费,订单状态\n"
        "1,u1,2025-03-01 10:00:00,71,0,已完成\n2,u2,2025-03-02 11:00:00,20,0,已取消\n",
        "明细.csv": "订单号,商品编号,数量,单价\n1,T1,2,35.5\n2,T2,1,20\n",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).write_bytes(text.encode("gb18030"))
    report = load([tmp_path / name for name in files], tmp_path / "ws")
    assert [file.shape for file in report.files] == ["customers", "products", "orders", "order_lines"]
    data = report.dataset
    assert data.rows == {Table.CUSTOMERS: 2, Table.PRODUCTS: 2, Table.ORDERS: 1, Table.ORDER_LINES: 1}
    people = data.frame("SELECT * FROM customers ORDER BY customer_row")
    assert people["sms_consent"].tolist() == ["granted", "unknown"]
    assert people["attr_等级"].tolist() == ["金卡", "普卡"]
    assert data.frame("SELECT unit_cost FROM products ORDER BY 1")["unit_cost"].tolist() == [8, 12]


def test_a_hidden_sheet_is_not_read_and_that_is_said(tmp_path: Path) -> None:
    report = load([dressed_workbook(tmp_path)], tmp_path / "ws")
    assert "hidden_sheets" in report.manifest.notes
    assert "0001" not in report.dataset.frame("SELECT order_id FROM orders")["order_id"].tolist()
    plain = load([workbook(tmp_path)], tmp_path / "other")
    assert "hidden_sheets" not in plain.manifest.notes


def test_a_table_like_none_of_a_shop_is_left_out_beside_known_ones_of_the_same_file(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    book = openpyxl.load_workbook(path)
    sheet = book.create_sheet("Settings")
    sheet.append(["key", "value"])
    sheet.append(["theme", "dark"])
    book.save(path)
    report = load([path], tmp_path / "ws")
    assert [file.shape for file in report.files] == ["order_lines", "left_out"]
    assert "tables_left_out" in report.manifest.notes
    assert len(contents(report.dataset)) == 2


def test_a_sheet_that_is_nearly_a_table_of_a_shop_is_asked_about(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    book = openpyxl.load_workbook(path)
    sheet = book.create_sheet("Returns")
    sheet.append(["order_id", "sku", "why"])
    sheet.append(["0012", "X", "broken"])
    book.save(path)
    with pytest.raises(DataError) as caught:
        load([path], tmp_path / "ws")
    assert caught.value.code == "unknown_table"
    assert caught.value.params["questions"]
