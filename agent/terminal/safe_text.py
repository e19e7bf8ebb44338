"""Makes text from a shop's files safe to print: no escape, control or direction character survives."""

import re

_ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # operating system commands: titles, links, clipboard
    r"|\x1b[PX^_].*?(?:\x1b\\|\x9c|$)"  # device control, application and privacy strings
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # colours and cursor movement
    r"|\x1b[ -/]*[0-~]?",
    re.DOTALL,
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_DIRECTIONS = re.compile(r"[\u200b\u200e\u200f\u061c\u202a-\u202e\u2060-\u2069\ufeff]")


def safe(text: str) -> str:
    """Give a text without escape sequences, controls (tab and newline stay) or direction marks."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for pattern in (_ESCAPES, _CONTROLS, _DIRECTIONS):
        text = pattern.sub("", text)
    return text


def one_line(text: str, limit: int = 0) -> str:
    """Give a safe text on one line, shortened to a number of characters where one is given."""
    plain = " ".join(safe(text).split())
    return f"{plain[: limit - 1]}…" if limit and len(plain) > limit else plain
