"""The composition root: a workspace, its ports, the tools, a model, and one conversation over them.

Opening a session imports no LangChain and no chat endpoint: `marketeer run` needs neither. They come with the
first question.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marketeer.agent.answers import Answer, AnswerKind
from marketeer.agent.events import Notice, OnEvent, ProgressEvents, ignore
from marketeer.agent.gateway.record import FILE_NAME, EgressRecord, Parcel
from marketeer.agent.late import LateGate, LateWriter
from marketeer.agent.offline.text import language_of
from marketeer.agent.settings import OFFLINE, Settings
from marketeer.agent.transcripts import StoredTurn, Transcripts
from marketeer.agent.writers.model import ModelWriter
from marketeer.agent.writers.template import TemplateWriter
from marketeer.prompts.channel_files import ChannelFiles
from marketeer.prompts.vocabulary import PromptVocabulary
from marketeer.tools import catalog, load_tool
from marketeer.tools.core.contract import Tool
from marketeer.tools.core.copy import Language
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import WorkspaceError
from marketeer.tools.core.findings import Finding
from marketeer.tools.core.ledger import Ledger
from marketeer.tools.core.ports import Writer
from marketeer.tools.core.running import CatalogRunner, Replay, replay, run
from marketeer.tools.core.workspace import Ports, Workspace
from marketeer.tools.sources.demo import load_demo
from marketeer.tools.warehouse.snapshots import current_snapshot, open_dataset
from marketeer.vectorstore import open_index

if TYPE_CHECKING:  # opening a session must not import LangChain
    from langchain_core.language_models.chat_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from marketeer.agent.assembly import Voice
    from marketeer.agent.loop import Loop


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its answer in the conversation so far."""

    question: str
    answer: Answer


def open_session(settings: Settings, on_event: OnEvent = ignore) -> "Session":
    """Open the workspace that the settings name; where nothing is loaded, the demo shop, and say so.

    Args:
        settings: All options.
        on_event: Hears progress and notices while the session opens.

    Raises:
        WorkspaceError: The folder cannot be used, or its snapshot or ledger is damaged.
    """
    progress = ProgressEvents()
    with progress.told_to(on_event):
        dataset, notices = _dataset(settings.workspace, progress)
    settings, more = _answerable(settings)
    for notice in (*notices, *more):
        on_event(notice)
    gate = LateGate(settings.workspace, dataset)
    workspace = open_workspace(settings, dataset, progress, gate)
    return Session(settings, workspace, (*notices, *more), gate=gate)


def _dataset(folder: Path, progress: ProgressEvents) -> tuple[Dataset, tuple[Notice, ...]]:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise WorkspaceError(f"The workspace folder {folder} cannot be used: {error.strerror}.") from error
    if current_snapshot(folder) is not None:
        return open_dataset(folder), ()
    dataset = load_demo(folder, progress)
    text = f"Nothing is loaded in {folder}, so this is {dataset.name}. Load your own: marketeer load FILE…"
    return dataset, (Notice("demo_shop", text),)


def _answerable(settings: Settings) -> tuple[Settings, tuple[Notice, ...]]:
    """Fall back to the offline planner where the model that was named cannot be asked, and say so."""
    if settings.outside and not settings.reachable:
        text = f"There is no key for {settings.model} (OPENAI_API_KEY), so the offline planner answers."
        return settings.model_copy(update={"model": OFFLINE}), (Notice("no_key", text),)
    if settings.outside:
        return settings, ()
    return settings, (Notice("offline", "No model is used: the offline planner answers (--model NAME)."),)


def open_workspace(
    settings: Settings, dataset: Dataset, progress: ProgressEvents, gate: LateGate
) -> Workspace:
    """Wire a snapshot's workspace with the real ports; the index is loaded when it is first asked."""
    folder = settings.workspace

    def client() -> Any:
        from marketeer.agent.models.openai import open_embeddings  # it rests on LangChain

        return open_embeddings(settings, gate())

    client_or_none = client if settings.reachable else None
    ports = Ports(
        index=open_index(dataset, folder, settings.embedder, progress, client=client_or_none),
        writer=LateWriter(),
        channels=ChannelFiles(),
        vocabulary=PromptVocabulary(),
        progress=progress,
    )
    bare = Workspace(folder, dataset, Ledger(folder / "ledger.sqlite"), ports)
    return replace(bare, runner=CatalogRunner(catalog, bare))


class Session:
    """One person's work on one workspace.

    Args:
        settings: All options.
        workspace: The open workspace.
        notices: What the person should know from the start.
        tools: Gives the tools there are; called with the first question.
        model: A chat model of the caller's own, instead of the one that the settings choose. It is treated as
            one outside.
        gate: The way out; by default one of its own.
    """

    def __init__(
        self,
        settings: Settings,
        workspace: Workspace,
        notices: Sequence[Notice] = (),
        tools: Callable[[], Sequence[Tool]] = catalog,
        model: "BaseChatModel | None" = None,
        gate: LateGate | None = None,
    ) -> None:
        self.settings = settings
        self.workspace = workspace
        self.notices = tuple(notices)
        self.transcripts = Transcripts(workspace.folder)
        self._tools = tools
        self._model = model
        self._gate = gate or LateGate(workspace.folder, workspace.dataset, tools)
        self._language: Language = "en"
        self._opened_voice: Voice | None = None
        self._built_loop: Loop | None = None
        if isinstance(workspace.ports.writer, LateWriter):
            workspace.ports.writer.choose = self._writer
        self.new_conversation()

    @property
    def model_name(self) -> str:
        """The model that answers; `offline` for the planner."""
        return self.settings.model if self.settings.outside or self._model else OFFLINE

    @property
    def history(self) -> Sequence[Exchange]:
        """The conversation so far."""
        return tuple(self._exchanges)

    @property
    def messages(self) -> Sequence["BaseMessage"]:
        """The conversation so far as the model sees it."""
        return tuple(self._messages)

    @property
    def findings(self) -> Sequence[Finding]:
        """All findings of the workspace, oldest first."""
        return self.workspace.ledger.all()

    def ask(self, question: str, on_event: OnEvent = ignore) -> Answer:
        """Answer a question in the conversation so far.

        Args:
            question: What the person says.
            on_event: Hears tool calls, progress, verified text and the answer.

        Raises:
            MarketeerError: No answer can be given; the conversation stays as it was.
            KeyboardInterrupt: The person stopped it; the conversation stays as it was.
        """
        chosen = self.settings.language
        self._language = language_of(question) if chosen == "auto" else chosen
        try:
            turn = self._loop().ask(question, self._messages, self._language, on_event)
        except KeyboardInterrupt:
            self.close()
            raise
        self._messages += turn.messages
        self._exchanges.append(Exchange(question, turn.answer))
        if self.settings.transcripts:
            self._keep(question, turn.answer, turn.messages)
        return turn.answer

    def run_tool(self, name: str, args: Mapping[str, Any], on_event: OnEvent = ignore) -> Finding:
        """Run one tool and file what it finds; raises `ToolError` as the tool does."""
        with self._told_to(on_event):
            return run(load_tool(name), args, self.workspace)

    def replay(self, finding_id: str, on_event: OnEvent = ignore) -> Replay:
        """Compute a finding again on the snapshot it was computed on, and compare.

        Raises:
            Retry: There is no such finding.
            Refused: It was computed by another version, or in another environment.
            WorkspaceError: Its snapshot is gone.
        """
        finding = self.workspace.ledger.get(finding_id)
        recipe = finding.recipe
        workspace = self.workspace
        if recipe and recipe.snapshot not in ("", workspace.dataset.snapshot):
            dataset = open_dataset(workspace.folder, recipe.snapshot)
            gate = LateGate(workspace.folder, dataset)
            workspace = open_workspace(self.settings, dataset, ProgressEvents(), gate)
        with self._told_to(on_event):
            return replay(finding, load_tool(recipe.tool if recipe else ""), workspace)

    def sent(self) -> Iterator[Parcel]:
        """Give everything that ever left this workspace for a model, oldest first."""
        return EgressRecord(self.workspace.folder / FILE_NAME).parcels()

    def new_conversation(self) -> None:
        """Begin a conversation; findings stay."""
        self.conversation = self.transcripts.new_id()
        self._exchanges: list[Exchange] = []
        self._messages: list[BaseMessage] = []

    def resume(self, conversation: str) -> Sequence[Exchange]:
        """Go on with a stored conversation; give its exchanges.

        Raises:
            Retry: There is no such conversation, or a finding it rests on is gone.
        """
        # conversations need LangChain's messages, and listing or exporting them does not
        from marketeer.agent.conversation import messages

        turns = self.transcripts.turns(conversation)
        get = self.workspace.ledger.get
        self._messages = [message for turn in turns for message in messages(turn.messages, get)]
        self._exchanges = [Exchange(turn.question, _answer(turn, get)) for turn in turns]
        self.conversation = conversation
        return self.history

    def switch_model(self, settings: Settings) -> tuple[Notice, ...]:
        """Go on with the model of other settings; the conversation stays. Gives what there is to say."""
        self.close()
        self.settings, notices = _answerable(settings)
        return notices

    def close(self) -> None:
        """Let go of the model; the next question opens it again."""
        if self._built_loop is not None:
            self._built_loop.close()
        self._built_loop = self._opened_voice = None
        self._gate.close()

    def _loop(self) -> "Loop":
        if self._built_loop is None:
            # LangChain takes seconds to import, and only a question needs it
            from marketeer.agent.assembly import build_loop

            self._built_loop = build_loop(
                self.settings, self.workspace, self._tools(), self._voice(), lambda: self._language
            )
        return self._built_loop

    def _voice(self) -> "Voice":
        if self._opened_voice is None:
            from marketeer.agent.assembly import Voice

            self._opened_voice = Voice(self.settings, self.workspace, self._tools(), self._gate, self._model)
        return self._opened_voice

    def _writer(self) -> Writer:
        plain = TemplateWriter()
        if not self.settings.outside or self.settings.writer == "template":
            return plain
        return ModelWriter(self._voice(), self.settings.model, plain)

    @contextmanager
    def _told_to(self, on_event: OnEvent) -> Iterator[None]:
        progress = self.workspace.ports.progress
        with progress.told_to(on_event) if isinstance(progress, ProgressEvents) else nullcontext():
            yield

    def _keep(self, question: str, answer: Answer, new: Sequence["BaseMessage"]) -> None:
        from marketeer.agent.conversation import plain

        turn = StoredTurn(
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            question=question,
            kind=answer.kind.value,
            text=answer.text,
            findings=tuple(finding.id for finding in answer.findings),
            unverified=answer.unverified,
            model=answer.model,
            language=answer.language,
            snapshot=self.workspace.dataset.snapshot,
            messages=tuple(plain(message) for message in new),
        )
        self.transcripts.add(self.conversation, turn)


def _answer(turn: StoredTurn, get: Any) -> Answer:
    return Answer(
        kind=AnswerKind(turn.kind),
        text=turn.text,
        findings=tuple(get(finding) for finding in turn.findings),
        unverified=turn.unverified,
        model=turn.model,
        language="zh" if turn.language == "zh" else "en",
    )
