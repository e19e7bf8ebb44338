"""Reads copy a person wrote: its language, and which part of a channel's message each line is."""

import re

from marketeer.tools.core.copy import ChannelSpec, Language

_LABELS = {
    "subject": "subject|betreff|主题|标题",
    "preheader": "preheader|preview(?: text)?|预览文字|预览",
    "title": "title|headline|标题",
    "call_to_action": "cta|button|call to action|按钮",
    "footer": "footer|页脚",
}
_MAIN = ("body", "text", "primary_text", "message", "description")


def language_of(text: str) -> Language:
    """Tell Chinese from English: Chinese where at least one character in ten is a Chinese one."""
    letters = [char for char in text if char.isalpha()]
    chinese = sum("\u4e00" <= char <= "\u9fff" for char in letters)
    return "zh" if letters and chinese >= 0.1 * len(letters) else "en"


def parts_of(text: str, channel: ChannelSpec | None) -> dict[str, str]:
    """Split a text into a channel's parts by its labelled lines, such as `Subject: …`.

    Lines without a label belong to the main part, a lone short line to the first, such as the subject.
    Without a channel everything is one part, `text`.
    """
    if channel is None:
        return {"text": text.strip()}
    names = [part.name for part in channel.parts]
    if is_excerpt(text, channel):
        name, content = _labelled(text.strip(), names)
        return {name or names[0]: content}
    main = next((name for name in _MAIN if name in names), names[0])
    parts: dict[str, list[str]] = {}
    for line in text.strip().splitlines():
        name, content = _labelled(line, names)
        parts.setdefault(name or main, []).append(content)
    return {name: "\n".join(lines).strip() for name, lines in parts.items() if "".join(lines).strip()}


def is_excerpt(text: str, channel: ChannelSpec | None) -> bool:
    """Tell whether a text is one short line of a message with several parts, not the whole of it."""
    return channel is not None and len(channel.parts) > 1 and "\n" not in text.strip() and len(text) <= 120


def _labelled(line: str, names: list[str]) -> tuple[str, str]:
    for name in names:
        pattern = rf"\s*(?:{_LABELS.get(name, re.escape(name.replace('_', ' ')))})\s*[:：]\s*(.*)"
        if found := re.fullmatch(pattern, line, re.IGNORECASE):
            return name, found[1]
    return "", line
