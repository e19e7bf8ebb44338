import re
from pathlib import Path

from marketeer.prompts.channel_files import ChannelFiles
from marketeer.tools.campaigns.merge_tags import TAGS
from marketeer.tools.campaigns.sender_formats import sender_formats

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "channels.md").read_text(encoding="utf-8")
CODE = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tools" / "campaigns").glob("*.py"))


def test_the_page_names_every_channel_sender_and_merge_tag() -> None:
    for name in (*ChannelFiles().names(), *sender_formats()):
        assert f"`{name}`" in PAGE, name
    for tag in TAGS:
        assert f"{{{{{tag}" in PAGE, tag


def test_the_page_names_every_rule_there_is_and_no_other() -> None:
    written = set(re.findall(r'Problem\([^()]*?, "([a-z_]+)", ', CODE))
    written = (written | set(re.findall(r'"(invented_[a-z]+)"', CODE))) - {"error", "review"}
    obliged = {one.rule for name in ChannelFiles().names() for one in ChannelFiles().get(name).must_contain}
    table = re.findall(r"^\| [^|]+ \| ((?:`[a-z_]+` ?)+)\|$", PAGE, re.MULTILINE)
    assert {rule for row in table for rule in re.findall("[a-z_]+", row)} == written | obliged


def test_the_page_states_the_limits_of_the_channel_files() -> None:
    for name in ("email", "push", "meta_ad", "google_ad"):
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}`"))
        shown = {limit for part in ChannelFiles().get(name).parts[:2] for limit in (part.least, part.advised)}
        for limit in filter(None, shown):
            assert re.search(rf"\b{limit}\b", row), (name, limit)
