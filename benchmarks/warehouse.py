# ruff: noqa: E501 -- SQL reads better unbroken
"""Loading, features and metrics on a generated shop of many order lines, beside bare DuckDB, Polars and pandas.

Run: python benchmarks/warehouse.py [--millions 1 3 10]

Every step runs in a process of its own, so that its peak memory is its own. The bare libraries only read the file
and copy or group it; Marketeer's load applies every cleaning rule, reconciles revenue and writes a sorted snapshot.
On a busy machine compare the processor seconds, not the wall clock.
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


def marketeer_load(file: Path, folder: Path) -> object:
    from marketeer.tools.sources.loading import load

    manifest = load([file], folder / "ws").manifest
    return f"{manifest.kept_rows:,} of {manifest.raw_rows:,} rows kept"


def duckdb_copy(file: Path, folder: Path) -> object:
    import duckdb

    reader = "read_parquet" if file.suffix == ".parquet" else "read_csv"
    duckdb.execute("SET memory_limit = '1500MB'; SET threads = 2")
    duckdb.execute(
        f"COPY (SELECT * FROM {reader}('{file}')) TO '{folder / 'copy.parquet'}' (COMPRESSION zstd)"
    )
    return ""


def polars_copy(file: Path, folder: Path) -> object:
    import polars

    scan = (
        polars.scan_parquet(file)
        if file.suffix == ".parquet"
        else polars.scan_csv(file, infer_schema_length=100_000)
    )
    scan.sink_parquet(folder / "polars.parquet", compression="zstd")
    return ""


def pandas_copy(file: Path, folder: Path) -> object:
    import pandas

    frame = (
        pandas.read_parquet(file)
        if file.suffix == ".parquet"
        else pandas.read_csv(file, dtype={"CustomerID": "str"})
    )
    frame.to_parquet(folder / "pandas.parquet", compression="zstd")
    return ""


def marketeer_features(file: Path, folder: Path) -> object:
    from marketeer.tools.warehouse.features import customer_features
    from marketeer.tools.warehouse.snapshots import open_dataset

    return f"{len(customer_features(open_dataset(folder / 'ws'))):,} customers"


def duckdb_features(file: Path, folder: Path) -> object:
    """The same kind of aggregates from the same snapshot's order lines and orders, in one bare query each."""
    import duckdb

    at = next((folder / "ws" / "snapshots").glob("[0-9a-f]*"))
    duckdb.execute("SET memory_limit = '1500MB'; SET threads = 2")
    orders = duckdb.execute(
        "SELECT customer_row, count(*), count(DISTINCT ordered_at::DATE), min(ordered_at), max(ordered_at), "
        f"sum(gross_amount), sum(net_amount) FROM read_parquet('{at}/orders.parquet') GROUP BY 1"
    ).df()
    duckdb.execute(
        "SELECT customer_row, sum(quantity), count(DISTINCT product_row) "
        f"FROM read_parquet('{at}/order_lines.parquet') GROUP BY 1"
    ).df()
    return f"{len(orders):,} customers"


def metric(file: Path, folder: Path, **args: object) -> object:
    from marketeer.tools.core.ledger import Ledger
    from marketeer.tools.core.workspace import Workspace
    from marketeer.tools.query_metric import QueryArgs, query_metric
    from marketeer.tools.warehouse.snapshots import open_dataset

    workspace = Workspace(folder, open_dataset(folder / "ws"), Ledger(folder / "ledger.sqlite"))
    started = time.perf_counter()
    finding = query_metric(QueryArgs(**args), workspace)
    return f"{len(finding.facts)} facts in {time.perf_counter() - started:.2f} s"


def revenue_by_month(file: Path, folder: Path) -> object:
    return metric(file, folder, measures=("net_revenue", "orders", "customers"), by="month")


def top_products(file: Path, folder: Path) -> object:
    return metric(file, folder, measures=("items", "net_revenue"), by="product", top=10)


def one_time_buyers(file: Path, folder: Path) -> object:
    return metric(file, folder, measures=("customers", "net_revenue"), max_orders=1)


STEPS: dict[str, Callable[[Path, Path], object]] = {
    "bare DuckDB: file to Parquet": duckdb_copy,
    "Polars: file to Parquet": polars_copy,
    "pandas: file to Parquet": pandas_copy,
    "Marketeer: load, every rule": marketeer_load,
    "bare DuckDB: same aggregates": duckdb_features,
    "Marketeer: customer features": marketeer_features,
    "Marketeer: revenue by month": revenue_by_month,
    "Marketeer: top products": top_products,
    "Marketeer: bought only once": one_time_buyers,
}


IMPORTS = {
    "bare": ("duckdb", "pandas"),
    "Polars:": ("polars",),
    "pandas:": ("pandas", "pyarrow.parquet"),
    "Marketeer:": ("marketeer.tools.sources.loading", "marketeer.tools.query_metric"),
}


def run_step(name: str, file: Path, folder: Path) -> None:
    """Run one step in this process and print what it took."""
    for module in IMPORTS[name.split()[0]]:
        importlib.import_module(module)
    used = resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    said = STEPS[name](file, folder)
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    peak = after.ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": peak, "said": str(said)}))


def measured(name: str, file: Path, folder: Path) -> dict[str, object]:
    """Run one step in a process of its own."""
    command = [sys.executable, __file__, "--step", name, "--file", str(file), "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {
            "seconds": float("nan"),
            "cpu": float("nan"),
            "peak_mb": 0.0,
            "said": done.stderr.strip().splitlines()[-1][:80],
        }
    return json.loads(done.stdout)


def compare(millions: float, folder: Path) -> None:
    """Print one table for one size."""
    for suffix in ("csv", "parquet"):
        file = folder / f"lines-{millions:g}.{suffix}"
        generate(int(millions * 1_000_000), file)
        work = Path(tempfile.mkdtemp(dir=folder))
        print(f"\n{millions:g} million order lines, {suffix}, {file.stat().st_size / 1e6:,.0f} MB")
        print(f"{'step':32} {'seconds':>8} {'ratio':>6} {'cpu s':>7} {'ratio':>6} {'peak MB':>8}")
        base = base_cpu = float("nan")
        for name in STEPS:
            if suffix == "parquet" and "file to Parquet" not in name and "load" not in name:
                continue
            if name.startswith("Polars") and importlib.util.find_spec("polars") is None:
                continue
            result = measured(name, file, work)
            seconds = float(str(result["seconds"]))
            cpu = float(str(result["cpu"]))
            if name.startswith("bare"):
                base, base_cpu = seconds, cpu
            print(
                f"{name:32} {seconds:8.2f} {seconds / base:6.2f} {cpu:7.2f} {cpu / base_cpu:6.2f} "
                f"{result['peak_mb']:8,.0f}  {result['said']}"
            )
        file.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=float, nargs="*", default=[1, 3, 10])
    parser.add_argument("--step")
    parser.add_argument("--file", type=Path)
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    if args.step:
        run_step(args.step, args.file, args.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        for millions in args.millions:
            compare(millions, Path(folder))


if __name__ == "__main__":
    main()
