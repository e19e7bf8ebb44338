"""Draws an answer while it streams: finished blocks are printed for good, the open one is redrawn.

Rich lays a whole Markdown text out again for every update (24 ms at 2,000 characters, 394 ms at 40,000), so
only the last block is kept live.
"""

from collections.abc import Callable

from rich.console import Console
from rich.live import Live
from rich.text import Text

from marketeer.agent.terminal.blocks import Blocks, aligned
from marketeer.agent.terminal.markdown_text import SafeMarkdown
from marketeer.agent.terminal.safe_text import safe


class Stream:
    """One answer as it comes.

    Args:
        out: Where it is drawn.
        plain: Whether to write Markdown as it is (tables laid out) instead of drawing it.
        named: Puts what the person calls their customers into a text.
    """

    def __init__(self, out: Console, *, plain: bool, named: Callable[[str], str] = str) -> None:
        self._out = out
        self._plain = plain
        self._named = named
        self._blocks = Blocks()
        self._live: Live | None = None
        self.began = False

    def feed(self, piece: str) -> None:
        """Take a piece of the answer."""
        self.began = True
        self._draw(self._blocks.feed(piece))
        if self._plain or not self._blocks.tail.strip():
            return
        if self._live is None:
            self._live = Live(console=self._out, transient=True, refresh_per_second=8)
            self._live.start()
        self._live.update(SafeMarkdown(self._named(self._blocks.tail)))

    def close(self) -> None:
        """Draw what is left; the answer is complete or was broken off."""
        self._draw(self._blocks.close())

    def _draw(self, block: str) -> None:
        if not block.strip():
            return
        block = self._named(block)
        if self._live is not None:
            # rich draws a stopped block whole, and what scrolls off the screen cannot be taken back
            self._live.update(Text(), refresh=True)
            self._live.stop()
            self._live = None
        if self._plain:
            self._out.print(aligned(safe(block)).strip("\n"), soft_wrap=True)
        else:
            self._out.print(SafeMarkdown(block))
        self._out.print()
