"""The formats of the tools people send with: one TOML file each in `tools/campaigns/senders/`.

A file has the columns of the sender's import, how each is filled, and the sender's own merge tags.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from marketeer.tools.campaigns import merge_tags
from marketeer.tools.core.errors import Retry, unknown_name

_FOLDER = Path(__file__).parent / "senders"
_FALLBACK = "FALLBACK"

Field = Literal[
    "customer_id", "email", "phone", "first_name", "last_name", "full_name", "city", "country", "language",
    "email_consent", "sms_consent", "segment", "arm", "last_product", "rec_1", "rec_2", "rec_3",
    "tags", "attributes",
]  # fmt: skip
Step = Literal["lower", "letters", "digits", "gmail_dots", "country_code", "sha256"]


class SenderColumn(BaseModel):
    """One column of a sender's import file.

    Attributes:
        header: Its name, exactly as the sender wants it.
        value: What goes in.
        steps: What is done to the value, in order.
        words: The sender's words for codes such as `granted`.
        required: Whether a person without it is left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    header: str
    value: Field
    steps: tuple[Step, ...] = ()
    words: dict[str, str] = {}
    required: bool = False


class SenderFormat(BaseModel):
    """One sender.

    Attributes:
        name: The stem of its file.
        also_called: What people call it.
        purpose: `messages`, or `ads` for a platform that matches people and takes nothing else.
        notes: Codes of what a person should know before importing.
        columns: The columns of its import; empty where only its merge tags are known.
        extra: Further columns it keeps as properties.
        merge_tags: Its own merge tags by neutral name; FALLBACK stands for the fallback.
        least_people: Fewest people it takes, 0 for no minimum.
        most_bytes: Longest cell it takes, 0 for no limit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    also_called: tuple[str, ...] = ()
    purpose: Literal["messages", "ads"] = "messages"
    notes: tuple[str, ...] = ()
    columns: tuple[SenderColumn, ...] = ()
    extra: tuple[Field, ...] = ()
    merge_tags: dict[str, str] = {}
    least_people: int = 0
    most_bytes: int = 0


@lru_cache(maxsize=1)
def sender_formats() -> Mapping[str, SenderFormat]:
    """Give every sender by name."""
    return {
        path.stem: SenderFormat(name=path.stem, **tomllib.loads(path.read_text(encoding="utf-8")))
        for path in sorted(_FOLDER.glob("*.toml"))
    }


def sender_format(name: str) -> SenderFormat:
    """Give a sender by any name it is called; raises `Retry` with the nearest."""
    wanted = _folded(name)
    for sender in sender_formats().values():
        if wanted in {_folded(word) for word in (sender.name, *sender.also_called)}:
            return sender
    raise unknown_name("sender", name, sender_formats())


def importable(sender: SenderFormat) -> SenderFormat:
    """Give the sender back, or raise `Retry` where its import file is not known."""
    if not sender.columns:
        raise Retry(
            f"The import file of {sender.name} is not known here; only its merge tags are. Use plain.",
            code="no_import_format",
            sender=sender.name,
        )
    return sender


def to_sender(text: str, sender: SenderFormat) -> str:
    """Write a text's neutral merge tags as the sender's own; one the sender has no form for stays."""
    for use in list(merge_tags.uses(text)):
        form = sender.merge_tags.get(use.name)
        if form is not None:
            text = text.replace(use.text, form.replace(_FALLBACK, use.fallback))
    return text


def to_neutral(text: str, sender: SenderFormat) -> str:
    """Write a text's merge tags of the sender as neutral ones, so that all checks read them."""
    for name, form in sender.merge_tags.items():
        pattern = re.escape(form).replace(_FALLBACK, r"(?P<fallback>[^'\"{}|*]*)").replace(r"\ ", r"\s*")
        text = re.sub(pattern, partial(_neutral, name), text)
    return text


def _neutral(name: str, found: re.Match[str]) -> str:
    tag = merge_tags.TAGS[name]
    fallback = found.groupdict().get("fallback") or ("-" if tag.personal else "")
    return f"{{{{{name}|{fallback}}}}}" if fallback else f"{{{{{name}}}}}"


def _folded(name: str) -> str:
    return " ".join(name.casefold().replace("-", " ").replace("_", " ").replace(".", " ").split())
