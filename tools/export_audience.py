"""Tool: write an audience, and its drafts, into files for the tool people send with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field

from marketeer.tools.campaigns.audience import (
    SEGMENT,
    TREATED,
    MessageChannel,
    Selection,
    hold_out,
    opted_out,
    select,
    with_last_products,
)
from marketeer.tools.campaigns.catalogue import copy_name
from marketeer.tools.campaigns.cells import harmless, sender_table
from marketeer.tools.campaigns.files import csv_bytes, file_stem, write_files
from marketeer.tools.campaigns.merge_tags import TAGS, uses
from marketeer.tools.campaigns.sender_formats import SenderFormat, importable, sender_format, to_sender
from marketeer.tools.core import columns as col
from marketeer.tools.core.columns import CONTROL_ARM, Table
from marketeer.tools.core.contract import Args, Example, Tool
from marketeer.tools.core.copy import Draft
from marketeer.tools.core.dataset import Dataset
from marketeer.tools.core.errors import Insufficient, Retry
from marketeer.tools.core.findings import (
    SHOP,
    Fact,
    FactKind,
    Finding,
    Note,
    Quality,
    Subject,
    SubjectKind,
    Unit,
    Verdict,
    View,
)  # fmt: skip
from marketeer.tools.core.payloads import Audience, Recommendations
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.recommendation.blend import Task
from marketeer.tools.recommendation.columns import personal_lists, rec_columns
from marketeer.tools.recommendation.recommender import fit
from marketeer.tools.segmentation.names import resolve_segment, segmentation_with

REC_COLUMNS = 3
"""Products per person where no lists were made before."""
_NEW = "new"
_LISTS = frozenset({"recommended_to_everyone", "recommended_to_segments"})
"""Titles of findings with lists for people or segments."""


class ExportArgs(Args):
    """Whom to export, for which sender, and into which folder."""

    folder: str = Field(description="Where to write; only one the person named.")
    sender: str = Field(
        default="plain",
        description="Format: plain, klaviyo, mailchimp, google_customer_match, meta_custom_audience, "
        "braze, hubspot, listmonk, mautic.",
    )
    segments: tuple[str, ...] = Field(default=(), description="Default: all.")
    segmentation: str | None = Field(default=None, description="Finding id. Default: current.")
    audience: str | None = Field(default=None, description="Finding id of an audience, instead of segments.")
    channel: MessageChannel = Field(default="email", description="Whose consent counts.")
    name: str = Field(default="audience", min_length=1, max_length=80, description="Campaign and file name.")
    holdout_percent: float = Field(default=0, ge=0, lt=100, description="Percent held out as control.")
    drafts: str | None = Field(default=None, description="Finding id of drafts to write too.")
    recommendations: str | None = Field(
        default=None,
        description="Finding id, for columns rec_1, rec_2, …; latest, or new: personal lists for everyone.",
    )
    basis: str | None = Field(
        default=None,
        description="Legal basis the person states where consent is unknown; refusals stay out.",
    )
    overwrite: bool = Field(default=False, description="Whether files may be replaced.")


@dataclass(frozen=True, slots=True)
class _Export:
    """What is about to be written."""

    args: ExportArgs
    sender: SenderFormat
    selection: Selection
    tables: Mapping[str, pd.DataFrame]
    texts: Mapping[str, str]

    @property
    def contents(self) -> dict[str, bytes]:
        tables = {name: csv_bytes(table) for name, table in self.tables.items()}
        return tables | {name: text.encode() for name, text in self.texts.items()}


def export_audience(args: ExportArgs, workspace: Workspace) -> Finding:
    """Write an audience into files a sender can import: consent checked, opt-outs apart, hold-out kept out.

    Use for "export this audience for Klaviyo", "customer match file, hashed", "split 90/10 with a holdout and
    save it", 「导出人群」. Only when the person named a folder. Personal data goes into the files only.
    """
    sender = importable(sender_format(args.sender))
    chosen = _chosen(args, workspace)
    export = _prepared(args, sender, chosen, workspace)
    write_files(Path(args.folder).expanduser(), export.contents, overwrite=args.overwrite)
    return _finding(export, len(chosen))


def _chosen(args: ExportArgs, workspace: Workspace) -> pd.DataFrame:
    """Give the `customer_row` and `segment` of everyone selected, and the `arm` where there is one."""
    if args.audience:
        frame = workspace.require(Audience, args.audience).frame
        frame = frame.assign(**{SEGMENT: frame.get(SEGMENT, "")})
        return frame[[name for name in (col.CUSTOMER_ROW, SEGMENT, col.ARM) if name in frame]]
    segmentation = segmentation_with(workspace, args.segments, args.segmentation)
    codes = [resolve_segment(segmentation, name, workspace.ports.vocabulary) for name in args.segments]
    frame = segmentation.frame[[col.CUSTOMER_ROW, SEGMENT]]
    return frame[frame[SEGMENT].isin(codes)] if codes else frame


def _prepared(args: ExportArgs, sender: SenderFormat, chosen: pd.DataFrame, workspace: Workspace) -> _Export:
    dataset = workspace.dataset
    needed = {one.value for one in sender.columns if one.required}
    addressed = bool(needed & {"email", "phone"}) or sender.purpose == "ads"
    allowed = select(dataset, chosen, args.channel, basis=bool(args.basis), needs_address=addressed)
    selection = hold_out(allowed, args.holdout_percent, args.name)
    texts = dict(_draft_texts(args, sender, workspace))
    if sender.extra and any("{{last_product" in text for text in texts.values()):
        selection = replace(selection, people=with_last_products(selection.people, dataset))
        sender = sender.model_copy(update={"extra": (*sender.extra, "last_product")})
    if sender.extra and (args.recommendations or any("{{rec_" in text for text in texts.values())):
        columns = _recommended(args, selection.people, workspace)
        selection = replace(selection, people=selection.people.join(columns))
        sender = sender.model_copy(update={"extra": (*sender.extra, *columns)})
    stem, arms = file_stem(args.name), args.holdout_percent > 0 or col.ARM in chosen
    tables = {f"{stem}.csv": sender_table(selection.arm(TREATED), sender, arms=arms)}
    if tables[f"{stem}.csv"].empty:
        raise Insufficient(
            f"Nobody is left to export: of {len(chosen)} people selected, none may be written to by "
            f"{args.channel} and has what {sender.name} needs.",
            code="nobody_left",
        )
    if arms:
        tables[f"{stem}-control.csv"] = sender_table(selection.arm(CONTROL_ARM), sender, arms=True)
        tables[f"{stem}-sends.csv"] = _sends(selection, args.name)
    refused = opted_out(dataset, args.channel).assign(**{SEGMENT: "", col.ARM: ""})
    tables[f"{stem}-suppression.csv"] = sender_table(refused, _bare(sender), arms=False)
    return _Export(args, sender, selection, tables, texts)


def _recommended(args: ExportArgs, people: pd.DataFrame, workspace: Workspace) -> pd.DataFrame:
    """Give `rec_1`, `rec_2`, … of everyone: from the named lists, else from personal ones made now."""
    names = _copy_names(workspace.dataset)
    if args.recommendations not in (None, _NEW):
        lists = workspace.require(Recommendations, args.recommendations)
        return rec_columns(people, lists.frame, names)
    recommender = fit(
        workspace.dataset,
        Task.DISCOVERY,
        workspace.folder / "models",
        progress=workspace.ports.progress,
    )
    rows, allowed = people.index.to_numpy(dtype=np.int32), recommender.assortment.allowed()
    return rec_columns(people, personal_lists(recommender, rows, REC_COLUMNS, allowed), names)


def _copy_names(dataset: Dataset) -> dict[int, str]:
    dataset.need(Table.PRODUCTS, col.PRODUCT_NAME)
    frame = dataset.frame("SELECT product_row, product_name FROM products WHERE product_name IS NOT NULL")
    return {int(row): copy_name(name) for row, name in frame.itertuples(index=False)}


def _bare(sender: SenderFormat) -> SenderFormat:
    """Keep only what names a person, which is all a suppression list needs."""
    kept = tuple(one for one in sender.columns if one.value in {"customer_id", "email", "phone"})
    return sender.model_copy(update={"columns": kept, "extra": ()})


def _sends(selection: Selection, campaign: str) -> pd.DataFrame:
    """Lay out who was in which arm, in the columns a later load reads as sends."""
    people = selection.people.sort_index()
    return pd.DataFrame(
        {
            col.CAMPAIGN_ID: file_stem(campaign),
            col.CUSTOMER_ID: people[col.CUSTOMER_ID].map(harmless),
            col.ARM: people[col.ARM],
        }
    )


def _draft_texts(args: ExportArgs, sender: SenderFormat, workspace: Workspace) -> Iterator[tuple[str, str]]:
    if not args.drafts:
        return
    drafts = workspace.ledger.get(args.drafts).drafts
    failed = [one.segment for one in drafts if any(p.severity == "error" for p in one.problems)]
    if not drafts or failed:
        raise Retry(
            f"{args.drafts} has no drafts that are ready{': ' + ', '.join(failed) if failed else ''}. "
            "Draft again, or leave drafts out.",
            code="drafts_not_ready",
            segments=failed,
        )
    for draft in drafts:
        stem = "-".join((args.name, draft.segment, draft.channel, draft.language))
        yield f"{file_stem(stem)}.txt", _draft_text(draft, sender)


def _draft_text(draft: Draft, sender: SenderFormat) -> str:
    parts = [f"{name}:\n{to_sender(text, sender)}\n" for name, text in draft.parts.items()]
    return "\n".join(parts)


def _finding(export: _Export, selected: int) -> Finding:
    args, people = export.args, export.selection
    files = {Subject(SubjectKind.FILE, name): table for name, table in export.tables.items()}
    exported = len(next(iter(export.tables.values())))
    facts = [
        Fact("selected", selected, Unit.CUSTOMERS),
        *(Fact(reason, count, Unit.CUSTOMERS) for reason, count in people.left_out.items()),
        Fact("exported", exported, Unit.CUSTOMERS),
        *(Fact("rows", len(table), Unit.ROWS, subject) for subject, table in files.items()),
        Fact("folder", args.folder, Unit.TEXT, kind=FactKind.GIVEN),
    ]
    if len(export.tables) > 2:
        facts.append(Fact("holdout_percent", args.holdout_percent, Unit.PERCENT, kind=FactKind.GIVEN))
        facts.append(Fact("control", len(people.arm(CONTROL_ARM)), Unit.CUSTOMERS))
    if export.texts:
        facts.append(Fact("draft_files", len(export.texts), Unit.COUNT, SHOP))
    if "rec_1" in people.people:
        facts.append(Fact("with_recommendations", _with_products(people), Unit.CUSTOMERS))
    too_few = exported < export.sender.least_people
    return Finding(
        title="audience_exported",
        facts=tuple(facts),
        method="consent_filtered",
        method_params={"sender": export.sender.name, "channel": args.channel},
        views=(View("files", tuple(files), ("rows",)),),
        quality=Quality(n=exported),
        verdict=Verdict.WEAK if too_few else Verdict.OK,
        notes=tuple(_notes(export, too_few=too_few)),
    )


def _keyed(args: ExportArgs, workspace: Workspace) -> ExportArgs:
    """Say which recommendations are the latest, so that the same are taken again."""
    if (args.recommendations or "").casefold() != "latest":
        return args
    made = reversed(workspace.ledger.payloads(Recommendations.kind, workspace.dataset.snapshot))
    fitting = (finding_id for finding_id in made if workspace.ledger.get(finding_id).title in _LISTS)
    return args.model_copy(update={"recommendations": next(fitting, _NEW)})


def _with_products(selection: Selection) -> int:
    return int((selection.arm(TREATED)["rec_1"] != "").sum())


def _notes(export: _Export, *, too_few: bool) -> Iterator[Note]:
    yield Note("personal_data_in_files")
    if export.sender.purpose == "ads":
        yield Note("hashed_for_ads")
    if len(export.tables) > 2:
        yield Note("control_kept_out")
    if too_few:
        yield Note("too_few_people", {"least": str(export.sender.least_people)})
    if export.args.basis:
        yield Note("basis_stated", {"basis": export.args.basis})
    left = {use.name for text in export.texts.values() for use in uses(text)} & set(TAGS)
    if left:
        yield Note("tags_left_neutral", {"tags": ", ".join(sorted(left))})
    yield from (Note(code) for code in export.sender.notes)
    yield Note("not_legal_advice")


TOOL = Tool(
    export_audience,
    ExportArgs,
    examples=(
        Example(
            "export the At Risk segment for Klaviyo into ./exports",
            args={"segments": ["At Risk"], "sender": "klaviyo", "folder": "./exports"},
        ),
        Example(
            "Export this audience for Google Customer Match, hashed.",
            args={"sender": "google_customer_match"},
        ),
        Example(
            "Split the audience 90/10 with a holdout and save it so we can measure later.",
            args={"holdout_percent": 10},
        ),
        Example("save everyone we may e-mail as a plain csv in exports", args={"folder": "exports"}),
        Example(
            "Mailchimp file for our champions, folder out",
            args={"sender": "mailchimp", "segments": ["champions"], "folder": "out"},
        ),
        Example(
            "make a Facebook custom audience file of lost customers in ads",
            args={"sender": "meta_custom_audience", "segments": ["lost"], "folder": "ads"},
        ),
        Example("write the audience for Braze to out", args={"sender": "braze", "folder": "out"}),
        Example(
            "export champions with the recommended products as columns into out",
            args={"segments": ["champions"], "recommendations": "latest", "folder": "out"},
        ),
        Example("把人群导出成表格，放到 exports 文件夹", "zh", {"folder": "exports"}),
        Example("导出名单，带上推荐商品列，放到 out", "zh", {"recommendations": "latest", "folder": "out"}),
        Example(
            "导出流失风险客户，Klaviyo 格式，放到 exports",
            "zh",
            {"segments": ["流失风险客户"], "sender": "klaviyo", "folder": "exports"},
        ),
        Example("导出可以发短信的客户名单到 exports 文件夹", "zh", {"channel": "sms", "folder": "exports"}),
        Example(
            "导出谷歌客户匹配文件，加密，放到 ads",
            "zh",
            {"sender": "google_customer_match", "folder": "ads"},
        ),
        Example("留一成做对照组，把名单存到 out", "zh", {"holdout_percent": 10, "folder": "out"}),
        Example(
            "把冠军客户导出到 mailchimp，目录 out",
            "zh",
            {"sender": "mailchimp", "segments": ["冠军客户"], "folder": "out"},
        ),
    ),
    writes=True,
    keyed=_keyed,
)
