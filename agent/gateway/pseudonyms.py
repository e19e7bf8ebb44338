"""Puts pseudonyms in the place of people on the way out, and the people back on the way in.

A pseudonym is a keyed hash, such as `EMAIL_3f9a2c81`. The key is made once per workspace and stays there, so
a person has the same pseudonym in every conversation, and nobody outside can guess who it is by hashing.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from marketeer.agent.gateway.people import Found, Kind, KnownPeople, by_pattern, folded

KEY_NAME = "pseudonyms.key"
_KEY_BYTES = 32
_DIGITS = 8
PSEUDONYM = re.compile(rf"(?:{'|'.join(Kind)})_[0-9a-f]{{{_DIGITS}}}")
_BEGINNING = re.compile(rf"[A-Z]{{1,{max(map(len, Kind))}}}(?:_[0-9a-f]{{0,{_DIGITS - 1}}})?\Z")


def load_key(folder: Path) -> bytes:
    """Read the workspace's key, or make one that only its owner can read."""
    path = folder / KEY_NAME
    if not path.exists() or len(path.read_bytes()) != _KEY_BYTES:
        beside = path.with_suffix(".new")  # a key torn while it was written would be no secret
        beside.touch(mode=0o600)
        beside.write_bytes(secrets.token_bytes(_KEY_BYTES))
        beside.replace(path)
    return path.read_bytes()


class Pseudonyms:
    """Hides people in texts and brings them back.

    Args:
        key: The workspace's key.
        people: Those the loaded data knows.
    """

    def __init__(self, key: bytes, people: KnownPeople) -> None:
        self._key = key
        self._people = people
        self._originals: dict[str, str] = {}
        self.hide = lru_cache(maxsize=2048)(self._hide)
        self._leak = lru_cache(maxsize=2048)(self._look)

    @property
    def count(self) -> int:
        """How many people and things of people have a pseudonym so far."""
        return len(self._originals)

    def restore(self, text: str) -> str:
        """Put the people back; a pseudonym nobody has stays as it is."""
        return PSEUDONYM.sub(lambda match: self._originals.get(match[0], match[0]), text)

    def leaks(self, body: str) -> str:
        """Name the first kind of personal value that the strings of a JSON body hold; empty without any.

        A last look at a whole request, so only at what can be nothing else: no number that may be a figure,
        no single word.
        """
        return next(filter(None, map(self._leak, _strings(body))), "")

    def _look(self, text: str) -> str:
        found = next((found for found in self._find(text) if _certain(found, text)), None)
        return f"a person's {found.kind.value.lower()}" if found else ""

    def _hide(self, text: str) -> str:
        pieces, at = [], 0
        for found in sorted(self._find(text), key=lambda found: found.start):
            pieces += [text[at : found.start], self._pseudonym(text[found.start : found.end], found.kind)]
            at = found.end
        return "".join([*pieces, text[at:]])

    def _find(self, text: str) -> list[Found]:
        chosen: list[Found] = []
        for found in [*by_pattern(text), *self._people.find(text)]:
            if all(found.end <= other.start or found.start >= other.end for other in chosen):
                chosen.append(found)
        return chosen

    def _pseudonym(self, value: str, kind: Kind) -> str:
        digest = hashlib.blake2b(folded(value).encode(), key=self._key, digest_size=_DIGITS // 2).hexdigest()
        name = f"{kind.value}_{digest}"
        self._originals[name] = value
        return name


def _strings(body: str) -> Iterator[str]:
    """Give all strings in a JSON body, keys too; a body that is no JSON is one."""
    try:
        waiting = [json.loads(body)]
    except ValueError:
        waiting = [body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict):
            waiting += [*node.keys(), *node.values()]
        elif isinstance(node, list):
            waiting += node


def _certain(found: Found, text: str) -> bool:
    if found.kind in (Kind.PHONE, Kind.CARD):
        return False
    first, space, last = text[found.start : found.end].partition(" ")
    return found.kind is not Kind.NAME or bool(space and first.isalpha() and last.isalpha())


def unfinished(text: str) -> int:
    """Give how many characters at the end of a text may be the beginning of a pseudonym."""
    match = _BEGINNING.search(text)
    return len(match[0]) if match else 0
