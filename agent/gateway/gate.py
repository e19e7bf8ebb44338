"""The gateway of one session: the record, the wire and the pseudonyms that belong together."""

import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from langchain_core.language_models.chat_models import BaseChatModel

from marketeer.agent.answers import Sent
from marketeer.agent.gateway.guard import GuardedModel
from marketeer.agent.gateway.people import KnownPeople
from marketeer.agent.gateway.pseudonyms import Pseudonyms, load_key
from marketeer.agent.gateway.record import FILE_NAME, EgressRecord
from marketeer.agent.gateway.wire import Wire
from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import Table
from marketeer.tools.core.dataset import Dataset

_WORD = re.compile(r"[^\W\d_]+")


class Gate:
    """Everything that stands between a session and a model outside.

    Args:
        folder: The workspace folder.
        dataset: The data whose people are hidden.
        own_words: Texts of Marketeer's own that are sent as they are: prompts and tool descriptions.
    """

    def __init__(self, folder: Path, dataset: Dataset, own_words: Iterable[str] = ()) -> None:
        self._folder = folder
        self._dataset = dataset
        self._own_words = tuple(own_words)
        self.record = EgressRecord(folder / FILE_NAME)

    @cached_property
    def pseudonyms(self) -> Pseudonyms:
        """Those of the workspace's key and the data's people."""
        return Pseudonyms(load_key(self._folder), KnownPeople(self._dataset, self._ordinary()))

    @cached_property
    def wire(self) -> Wire:
        """The way out."""
        return Wire(self.record, self.pseudonyms.leaks)

    @property
    def sent(self) -> Sent:
        """What left in this session so far."""
        opened = vars(self)  # looking must not open what nothing was sent through
        wire, pseudonyms = opened.get("wire"), opened.get("pseudonyms")
        count = pseudonyms.count if pseudonyms else 0
        return Sent(wire.requests, wire.bytes, count) if wire else Sent(pseudonyms=count)

    def close(self) -> None:
        """Break off what is under way."""
        if "wire" in vars(self):
            self.wire.close()

    def guarded(self, model: BaseChatModel, token_budget: int = 0) -> GuardedModel:
        """Give a model outside as it is seen through this gateway."""
        return GuardedModel(inner=model, pseudonyms=self.pseudonyms, token_budget=token_budget)

    def _ordinary(self) -> set[str]:
        texts = [*self._own_words, *self._catalogue()]
        return {word for text in texts for word in _WORD.findall(text)}

    def _catalogue(self) -> Iterable[str]:
        wanted = (
            (Table.PRODUCTS, (col.PRODUCT_NAME, col.CATEGORY, col.DESCRIPTION)),
            (Table.CUSTOMERS, (col.CITY, col.COUNTRY)),
            (Table.CAMPAIGNS, (col.CAMPAIGN_NAME, col.OFFER)),
        )
        for table, names in wanted:
            for name in names:
                if self._dataset.has(table, name):
                    frame = self._dataset.frame(f"SELECT DISTINCT {name} AS word FROM {table.value}")
                    yield from (str(word) for word in frame["word"].dropna())
