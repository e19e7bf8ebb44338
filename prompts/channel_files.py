"""The channels copy can be written for: one file each in `prompts/channels/`, limits in its front matter."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from marketeer.prompts import Page, page, pages
from marketeer.tools.core.copy import ChannelSpec, Obligation, PartLimit
from marketeer.tools.core.errors import unknown_name


class _FrontMatter(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    parts: tuple[PartLimit, ...] = Field(min_length=1)
    consent: Literal["email", "sms", "none"] = "none"
    encoding: Literal["text", "sms"] = "text"
    must_contain: tuple[Obligation, ...] = ()
    also_called: tuple[str, ...] = ()
    words: str = ""


class ChannelFiles:
    """Reads channels from their files and knows them by what people call them."""

    def names(self) -> Sequence[str]:
        """Give all channel names."""
        return tuple(name.removeprefix("channels/") for name in pages("channels"))

    def get(self, name: str) -> ChannelSpec:
        """Give one channel by its code or by any name it is called, else raise `Retry` with the nearest.

        Raises:
            pydantic.ValidationError: The channel's front matter is not what `ChannelSpec` needs.
        """
        code = self.code(name)
        if code is None:
            raise unknown_name("channel", name, self.names())
        return _spec(code, page(f"channels/{code}"))

    def code(self, name: str) -> str | None:
        """Give the code of a channel by any name it is called, or None."""
        wanted = _folded(name)
        for code in self.names():
            front = _FrontMatter.model_validate(page(f"channels/{code}").meta)
            if wanted in {_folded(word) for word in (code, *front.also_called)}:
                return code
        return None


def _folded(name: str) -> str:
    return name.strip().casefold().replace("-", " ").replace("_", " ")


def _spec(code: str, source: Page) -> ChannelSpec:
    front = _FrontMatter.model_validate(source.meta)
    return ChannelSpec(
        name=code,
        parts=front.parts,
        encoding=front.encoding,
        must_contain=front.must_contain,
        consent=front.consent,
        words=front.words or code,
        guidance=source.render(),
    )
