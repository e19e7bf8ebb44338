# ruff: noqa: E501 -- SQL reads better unbroken
"""Loading, features and metrics on a generated shop of many order lines, beside bare DuckDB, Polars and pandas.

Run: python benchmarks/warehouse.py [--lines 1000000 3000000 10000000]

Every cell runs in a process of its own, so that its peak memory is its own. The bare libraries only read the file,
and copy it to Parquet or add up revenue per customer; Marketeer's load applies every cleaning rule, reconciles
revenue and writes a sorted snapshot. `of bare` divides by the first step of its section at the largest size, wall
clock and processor seconds apart (on a busy machine only the latter compare), and `growth` is how much more one
line costs at the largest size than at the smallest: 1 is linear.
"""

import argparse
import importlib
import importlib.util
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

GENERATE = """
COPY (
    SELECT CASE WHEN hash(i // 20) % 50 = 0 THEN 'C' ELSE '' END || (500000 + i // 20) AS InvoiceNo,
           CASE WHEN hash(i, 1) % 200 = 0 THEN 'POST' ELSE (10000 + hash(i, 2) % 4000)::VARCHAR END AS StockCode,
           'PRODUCT ' || (hash(i, 2) % 4000) AS Description,
           (CASE WHEN hash(i // 20) % 50 = 0 THEN -1 ELSE 1 END * (1 + hash(i, 3) % 12))::INTEGER AS Quantity,
           strftime(TIMESTAMP '2023-01-02' + to_minutes(((i // 20) * 1400000 / {lines} * 20 * 0.75)::BIGINT),
                    '%-m/%-d/%Y %-H:%M') AS InvoiceDate,
           CASE WHEN hash(i, 4) % 300 = 0 THEN 0 ELSE round(0.5 + (hash(i, 2) % 3000) / 100, 2) END AS UnitPrice,
           CASE WHEN hash(i // 20, 5) % 5 > 0 THEN (10000 + hash(i // 20, 6) % {customers})::VARCHAR END AS CustomerID,
           CASE hash(i // 20, 6) % 4 WHEN 0 THEN 'Germany' WHEN 1 THEN 'France' ELSE 'United Kingdom' END AS Country
    FROM range({lines}) AS t(i)
    UNION ALL SELECT * FROM (VALUES ('536365', '85123', 'PRODUCT X', 6, '12/1/2023 8:26', 2.55, '17850', 'France'),
                                    ('536365', '85123', 'PRODUCT X', 6, '12/1/2023 8:26', 2.55, '17850', 'France'))
) TO '{path}' ({options})
"""


def generate(lines: int, path: Path) -> None:
    import duckdb

    options = "FORMAT parquet" if path.suffix == ".parquet" else "FORMAT csv, HEADER"
    duckdb.execute(GENERATE.format(lines=lines, customers=max(lines // 25, 100), path=path, options=options))


def duckdb_copy(file: Path, folder: Path) -> object:
    import duckdb

    duckdb.execute("SET memory_limit = '1500MB'; SET threads = 2")
    duckdb.execute(f"COPY (FROM '{file}') TO '{folder / 'copy.parquet'}' (COMPRESSION zstd)")
    return ""


def duckdb_group(file: Path, folder: Path) -> object:
    import duckdb

    duckdb.execute("SET memory_limit = '1500MB'; SET threads = 2")
    sums = "count(DISTINCT InvoiceNo), sum(Quantity * UnitPrice)"
    return len(duckdb.execute(f"SELECT CustomerID, {sums} FROM '{file}' GROUP BY 1").df())


def polars_group(file: Path, folder: Path) -> object:
    import polars as pl

    text = {"InvoiceNo": pl.String, "StockCode": pl.String, "CustomerID": pl.String}
    scan = pl.scan_parquet(file) if file.suffix == ".parquet" else pl.scan_csv(file, schema_overrides=text)
    revenue = (pl.col("Quantity") * pl.col("UnitPrice")).sum()
    grouped = scan.group_by("CustomerID").agg(pl.col("InvoiceNo").n_unique(), revenue.alias("revenue"))
    return len(grouped.collect(engine="streaming"))


def pandas_group(file: Path, folder: Path) -> object:
    import pandas as pd

    used = ["InvoiceNo", "Quantity", "UnitPrice", "CustomerID"]
    frame = (
        pd.read_parquet(file, columns=used)
        if file.suffix == ".parquet"
        else pd.read_csv(file, usecols=used, dtype={"InvoiceNo": "str", "CustomerID": "str"})
    )
    frame["revenue"] = frame["Quantity"] * frame["UnitPrice"]
    grouped = frame.groupby("CustomerID", dropna=False)
    return len(grouped.agg(orders=("InvoiceNo", "nunique"), revenue=("revenue", "sum")))


def marketeer_load(file: Path, folder: Path) -> object:
    from marketeer.tools.sources.loading import load

    manifest = load([file], folder / f"ws-{file.suffix[1:]}").manifest
    return f"{manifest.kept_rows:,} of {manifest.raw_rows:,} rows kept"


def duckdb_features(file: Path, folder: Path) -> object:
    """The same kind of aggregates from the same snapshot's order lines and orders, in one bare query each."""
    import duckdb

    at = next((folder / "ws-csv" / "snapshots").glob("[0-9a-f]*"))
    duckdb.execute("SET memory_limit = '1500MB'; SET threads = 2")
    orders = duckdb.execute(
        "SELECT customer_row, count(*), count(DISTINCT ordered_at::DATE), min(ordered_at), max(ordered_at), "
        f"sum(gross_amount), sum(net_amount) FROM read_parquet('{at}/orders.parquet') GROUP BY 1"
    ).df()
    duckdb.execute(
        "SELECT customer_row, sum(quantity), count(DISTINCT product_row) "
        f"FROM read_parquet('{at}/order_lines.parquet') GROUP BY 1"
    ).df()
    return len(orders)


def marketeer_features(file: Path, folder: Path) -> object:
    from marketeer.tools.warehouse.features import customer_features
    from marketeer.tools.warehouse.snapshots import open_dataset

    return len(customer_features(open_dataset(folder / "ws-csv")))


def marketeer_habits(file: Path, folder: Path) -> object:
    from marketeer.tools.warehouse.features import customer_features
    from marketeer.tools.warehouse.habits import Habit
    from marketeer.tools.warehouse.snapshots import open_dataset

    return len(customer_features(open_dataset(folder / "ws-csv"), None, tuple(Habit)))


def metric(folder: Path, **args: object) -> object:
    from marketeer.tools.core.ledger import Ledger
    from marketeer.tools.core.workspace import Workspace
    from marketeer.tools.query_metric import QueryArgs, query_metric
    from marketeer.tools.warehouse.snapshots import open_dataset

    workspace = Workspace(folder, open_dataset(folder / "ws-csv"), Ledger(folder / "ledger.sqlite"))
    return f"{len(query_metric(QueryArgs(**args), workspace).facts)} facts"


def revenue_by_month(file: Path, folder: Path) -> object:
    return metric(folder, measures=("net_revenue", "orders", "customers"), by="month")


def top_products(file: Path, folder: Path) -> object:
    return metric(folder, measures=("items", "net_revenue"), by="product", top=10)


def one_time_buyers(file: Path, folder: Path) -> object:
    return metric(folder, measures=("customers", "net_revenue"), max_orders=1)


@dataclass(frozen=True)
class Step:
    """One row of the table: the section it is in, what it does, and what is imported before the clock starts."""

    section: str
    name: str
    work: Callable[[Path, Path], object]
    imports: tuple[str, ...] = ("duckdb", "pandas")


LOADING = ("marketeer.tools.sources.loading", "pandas")
ASKING = ("marketeer.tools.query_metric", "marketeer.tools.warehouse.features")
READING = (
    ("bare DuckDB: copy to Parquet", duckdb_copy, ("duckdb", "pandas")),
    ("bare DuckDB: read, group by customer", duckdb_group, ("duckdb", "pandas")),
    ("Polars: read, group by customer", polars_group, ("polars",)),
    ("pandas: read, group by customer", pandas_group, ("pandas", "pyarrow.parquet")),
    ("Marketeer: load, every rule", marketeer_load, LOADING),
)
STEPS = (
    *(Step(section, *row) for section in ("csv", "parquet") for row in READING),
    Step("snapshot", "bare DuckDB: same aggregates", duckdb_features),
    Step("snapshot", "Marketeer: customer features", marketeer_features, ASKING),
    Step("snapshot", "Marketeer: with every further group", marketeer_habits, ASKING),
    Step("snapshot", "Marketeer: revenue by month", revenue_by_month, ASKING),
    Step("snapshot", "Marketeer: top products", top_products, ASKING),
    Step("snapshot", "Marketeer: bought only once", one_time_buyers, ASKING),
)


@dataclass(frozen=True)
class Cell:
    """What a step took at one size; not a number where it could not run."""

    seconds: float = float("nan")
    cpu: float = float("nan")
    peak_mb: float = float("nan")
    said: str = ""


def run_step(step: Step, file: Path, folder: Path) -> None:
    """Run one step in this process and print what it took."""
    for module in step.imports:
        importlib.import_module(module)
    used = resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    said = step.work(file, folder)
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": after.ru_maxrss / 1024, "said": str(said)}))


def measured(number: int, file: Path, folder: Path) -> Cell:
    """Run one step in a process of its own."""
    if not all(importlib.util.find_spec(module.split(".")[0]) for module in STEPS[number].imports):
        return Cell(said="not installed")
    command = [sys.executable, __file__, "--step", str(number), "--file", str(file), "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return Cell(said=(done.stderr.strip().splitlines() or ["killed"])[-1][:60])
    return Cell(**json.loads(done.stdout.splitlines()[0]))


def measure_all(lines: int, folder: Path) -> list[Cell]:
    """Run every step at one size."""
    files = {suffix: folder / f"lines-{lines}.{suffix}" for suffix in ("csv", "parquet")}
    for file in files.values():
        generate(lines, file)
    work = Path(tempfile.mkdtemp(dir=folder))
    cells = []
    for number, step in enumerate(STEPS):
        cells.append(measured(number, files.get(step.section, files["csv"]), work))
        print(f"{lines:>12,} {step.section:8} {step.name:37} {cells[-1].seconds:7.2f} s", file=sys.stderr)
    for file in files.values():
        file.unlink()
    return cells


def print_table(sizes: list[int], columns: list[list[Cell]]) -> None:
    """Print all sizes side by side."""
    print(f"{'order lines':46}" + "".join(f"{size:>22,}" for size in sizes))
    units = f"{'s':>8}{'cpu s':>7}{'MB':>7}"
    print(f"{'':46}{units * len(sizes)}{'of bare: s':>12}{'cpu':>6}{'growth':>8}")
    section, base = "", Cell()
    for number, step in enumerate(STEPS):
        row = [column[number] for column in columns]
        if step.section != section:
            section, base = step.section, row[-1]
        figures = "".join(f"{cell.seconds:8.2f}{cell.cpu:7.2f}{cell.peak_mb:7,.0f}" for cell in row)
        growth = row[-1].cpu / row[0].cpu / (sizes[-1] / sizes[0])
        ratios = f"{row[-1].seconds / base.seconds:12.2f}{row[-1].cpu / base.cpu:6.2f}{growth:8.2f}"
        print(f"{section:9}{step.name:37}{figures}{ratios}  {row[-1].said}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, nargs="*", default=[1_000_000, 3_000_000, 10_000_000])
    parser.add_argument("--step", type=int)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    if args.step is not None:
        run_step(STEPS[args.step], args.file, args.folder)
        return
    sizes = sorted(args.lines)
    with tempfile.TemporaryDirectory() as folder:
        print_table(sizes, [measure_all(lines, Path(folder)) for lines in sizes])


if __name__ == "__main__":
    main()
