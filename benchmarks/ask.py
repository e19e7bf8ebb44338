"""How long a question takes: cold and warm, with no model and through an endpoint, beside the plain library.

Every figure is the median of several runs on this machine, with the plain way of doing the same in the same
run: pandas for a segment table, the openai client for a chat turn. The endpoint is a loopback server that
answers at once, so what is measured is overhead. Run: `python benchmarks/ask.py [runs]`.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import openai

from marketeer.agent.session import Session, open_session
from marketeer.agent.settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # a script's own folder is on its path, the repository is not
from tests.loopback import Loopback, Reply, ask, loopback, say  # noqa: E402

QUESTIONS = (
    "How do my customers fall into segments?",
    "which segment should get the spring offer?",
    "Draft the win-back e-mail for customers about to lapse",
    "春季优惠应该发给哪个人群？",
)
PANDAS = """
import sys, pandas as pd
from pathlib import Path
folder = next(p for p in (Path(sys.argv[1]) / "snapshots").iterdir() if not p.name.startswith("."))
orders = pd.read_parquet(folder / "orders.parquet")
end = orders["ordered_at"].max()
orders["money"] = orders["net_amount"].astype(float)
by = orders.groupby("customer_row").agg(last=("ordered_at", "max"), n=("money", "size"), m=("money", "sum"))
ranks = pd.DataFrame({
    "r": pd.qcut((end - by["last"]).dt.days.rank(method="first"), 5, labels=False),
    "f": pd.qcut(by["n"].rank(method="first"), 5, labels=False),
    "m": pd.qcut(by["m"].rank(method="first"), 5, labels=False),
})
print(ranks.groupby(["r", "f"]).size())
"""
OPENAI = """
import sys, openai
client = openai.OpenAI(base_url=sys.argv[1], api_key="none")
stream = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}], stream=True)
print("".join(piece.choices[0].delta.content or "" for piece in stream if piece.choices))
"""
TEXT = "There is nothing to count here, so this answer rests on no fact. " * 4


def main(runs: int) -> None:
    with tempfile.TemporaryDirectory() as folder, loopback() as endpoint:
        workspace = Path(folder) / "workspace"
        open_session(load_settings(workspace=workspace, model=""))
        print_table("Cold process, seconds (median)", ("wall", "processor"), cold(workspace, endpoint, runs))
        print_table("Warm session, milliseconds", ("first", "again"), warm(workspace, runs))
        print_table(
            "One turn through an endpoint, milliseconds", ("p50", "p95"), turns(workspace, endpoint, 5 * runs)
        )


def cold(workspace: Path, endpoint: Loopback, runs: int) -> Iterator[tuple[str, tuple[float, float]]]:
    cli = [sys.executable, "-c", "from marketeer.agent.cli import main; main()"]
    endpoint.play(say(TEXT))
    base = [*cli, "--workspace", str(workspace)]
    yield "marketeer --help", processes([*cli, "--help"], runs)
    yield (
        "pandas: RFM table of the same orders",
        processes([sys.executable, "-c", PANDAS, str(workspace)], runs),
    )
    for question in QUESTIONS:
        yield f"marketeer ask {question!r}", processes([*base, "ask", question], runs)
    yield "openai: one streamed answer", processes([sys.executable, "-c", OPENAI, endpoint.url], runs)


def processes(command: list[str], runs: int) -> tuple[float, float]:
    """Give the median wall-clock and processor seconds of a command."""
    walls, processors = [], []
    for _ in range(runs):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
        walls.append(time.perf_counter() - began)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processors.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(walls), statistics.median(processors)


def warm(workspace: Path, runs: int) -> Iterator[tuple[str, tuple[float, float]]]:
    session = open_session(load_settings(workspace=workspace, model=""))
    session.ask("hello")
    for question in QUESTIONS:
        first = milliseconds(lambda question=question: session.ask(question))
        again = [milliseconds(lambda question=question: session.ask(question)) for _ in range(runs)]
        yield f"ask {question!r}", (first, statistics.median(again))
        session.new_conversation()
    session.close()


def turns(workspace: Path, endpoint: Loopback, runs: int) -> Iterator[tuple[str, tuple[float, float]]]:
    session = open_session(
        load_settings(workspace=workspace, model="m", base_url=endpoint.url, transcripts=False)
    )
    client = openai.OpenAI(base_url=endpoint.url, api_key="none")
    call = ask(("describe_data", {}))
    yield "text: openai", spread(lambda: plainly(client, endpoint, say(TEXT)), runs)
    yield (
        "text: marketeer (grounded, recorded, guarded)",
        spread(lambda: through(session, endpoint, say(TEXT)), runs),
    )
    yield "tool and text: openai", spread(lambda: plainly(client, endpoint, call, say(TEXT)), runs)
    yield "tool and text: marketeer", spread(lambda: through(session, endpoint, call, say(TEXT)), runs)
    session.close()


def plainly(client: openai.OpenAI, endpoint: Loopback, *replies: Reply) -> None:
    """Do the same with the client alone: stream, gather the call, answer it with nothing, stream again."""
    endpoint.play(*replies)
    for _ in replies:
        messages = [{"role": "user", "content": "Describe my data"}]
        for piece in client.chat.completions.create(model="m", messages=messages, stream=True):
            json.dumps(piece.model_dump())


def through(session: Session, endpoint: Loopback, *replies: Reply) -> None:
    endpoint.play(*replies)
    session.new_conversation()
    session.ask("Describe my data")


def spread(work: Callable[[], None], runs: int) -> tuple[float, float]:
    """Give the median and the 95th percentile of some runs, in milliseconds, after one to warm up."""
    work()
    taken = sorted(milliseconds(work) for _ in range(runs))
    return statistics.median(taken), taken[min(len(taken) - 1, int(0.95 * len(taken)))]


def milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def print_table(
    title: str, columns: tuple[str, str], rows: Iterator[tuple[str, tuple[float, float]]]
) -> None:
    print(f"\n{title}\n{'':62}{columns[0]:>10}{columns[1]:>11}")
    for name, (one, other) in rows:
        print(f"{name[:60]:62}{one:>10.2f}{other:>11.2f}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
