"""Every word that is sent to a model or that the offline planner says. All of it is files in this folder.

A page is a Markdown file with an optional TOML front matter between two lines `+++`; its body is a Jinja
template in which a missing value is an error, never a blank.
"""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

_FOLDER = Path(__file__).parent
_FENCE = "+++"


@dataclass(frozen=True, slots=True)
class Page:
    """One file of words.

    Attributes:
        name: Its path in this folder without the ending, such as `channels/email`.
        meta: Its front matter.
        body: The template below it; compiled when it is first rendered.
    """

    name: str
    meta: dict[str, Any]
    body: str

    @property
    def template(self) -> Template:
        """The compiled body."""
        return _template(self.body)

    def render(self, **values: Any) -> str:
        """Fill in the body; a missing value raises `jinja2.UndefinedError`."""
        return self.template.render(**values).strip()


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        autoescape=False,  # text for a model or a terminal, not HTML
    )


@lru_cache(maxsize=256)
def page(name: str) -> Page:
    """Read one page by its path without the ending; raises `LookupError` listing what is there."""
    path = _FOLDER / f"{name}.md"
    if not path.is_file():
        raise LookupError(f"There is no prompts/{name}.md; there are: {', '.join(pages())}.")
    text = path.read_text(encoding="utf-8")
    meta: dict[str, Any] = {}
    if text.startswith(f"{_FENCE}\n"):
        front, _, text = text.removeprefix(f"{_FENCE}\n").partition(f"\n{_FENCE}\n")
        meta = tomllib.loads(front)
    return Page(name, meta, text.strip("\n"))


def pages(folder: str = "") -> tuple[str, ...]:
    """Give the names of all pages below a folder, by path."""
    root = _FOLDER / folder
    found = (path.relative_to(_FOLDER).with_suffix("") for path in root.rglob("*.md"))
    return tuple(sorted(path.as_posix() for path in found))


def render(name: str, **values: Any) -> str:
    """Render one page."""
    return page(name).render(**values)


@lru_cache(maxsize=1024)
def _template(text: str) -> Template:
    return _environment().from_string(text)


def fill(text: str, **values: Any) -> str:
    """Render a template that stands inside a page, such as one note of its front matter."""
    return _template(text).render(**values).strip()
