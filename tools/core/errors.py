"""Every error Marketeer raises on purpose.

    MarketeerError               one sentence for a person: what happened, and what to do next
    ├── DataError                a file, table or column cannot be used
    ├── WorkspaceError           the workspace folder is missing, locked or damaged
    ├── SettingsError            an option has a value that cannot work
    ├── ModelError               a chat or embedding endpoint refused or broke off
    └── ToolError                a tool could not give a finding
        ├── Retry                other arguments would help; the message names them
        ├── Refused              stop: it must not or cannot be done
        └── Insufficient         the data cannot say; the message names what would

Messages are English; `code` and `params` let the layer above say the same in another language.
"""

from collections.abc import Iterable

from rapidfuzz import fuzz, process


class MarketeerError(Exception):
    """Base of all errors shown to a person without a traceback.

    Args:
        message: What happened and what to do next, in one or two sentences.
        code: A stable name for the kind of error, for wording in other languages.
        params: The values the message speaks of.
    """

    def __init__(self, message: str, *, code: str = "", **params: object) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.params = params


class DataError(MarketeerError):
    """A file, table or column cannot be used as it is."""


class WorkspaceError(MarketeerError):
    """The workspace folder is missing, locked or damaged."""


class SettingsError(MarketeerError):
    """An option has a value that cannot work."""


class ModelError(MarketeerError):
    """A chat or embedding endpoint refused, broke off or answered nonsense."""


class ToolError(MarketeerError):
    """A tool could not give a finding."""


class Retry(ToolError):
    """Other arguments would help; the message names them."""


class Refused(ToolError):
    """The tool stops here: the request must not or cannot be carried out."""


class Insufficient(ToolError):
    """The data cannot say; the message names what is missing and what would tell."""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> Retry:
    """Build the `Retry` for a name the data does not have, with the nearest ones.

    Args:
        kind: What the name should have been, such as "segment" or "column".
        name: The name as it was written.
        known: All names there are.

    Returns:
        An error with code `unknown_<kind>` and params `name`, `nearest`.
    """
    choices = [str(item) for item in known]
    scored = process.extract(name.casefold(), [c.casefold() for c in choices], scorer=fuzz.WRatio, limit=3)
    nearest = [choices[position] for _, score, position in scored if score >= 45] or choices[:8]
    options = ", ".join(nearest) if nearest else "none are there yet"
    return Retry(
        f"There is no {kind} called '{name}'. Nearest: {options}.",
        code=f"unknown_{kind.replace(' ', '_')}",
        name=name,
        nearest=nearest,
    )
