"""How a raw column is read: as an id, a date, an amount, a number, a yes/no, a consent or plain text.

Each reader looks at the whole column once, decides on one way, and gives the SQL that reads it so.
Values that cannot be read become NULL; how many is counted where the rows are cleaned.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto

import duckdb

from marketeer.tools.core.errors import DataError
from marketeer.tools.warehouse.clocks import OFFSET, Clock, PrintedTimes, has_offsets, utc_clock
from marketeer.tools.warehouse.dates import SPACES, DateOrder, DateSample
from marketeer.tools.warehouse.reading import RawTable
from marketeer.tools.warehouse.sql import listed, literal, quoted
from marketeer.tools.warehouse.yes_no import boolean_sql, consent_sql


class Reading(StrEnum):
    """The ways a raw column can be read."""

    ID = auto()
    TEXT = auto()
    DATE = auto()
    MONEY = auto()
    NUMBER = auto()
    QUANTITY = auto()
    BOOLEAN = auto()
    CONSENT = auto()


@dataclass(frozen=True, slots=True)
class Question:
    """Something only the person can answer.

    Attributes:
        code: What is asked: `date_order`, `currency`, `column`.
        about: The file and column it is about.
        options: The answers there are.
        flag: The command-line flag that answers it.
        shown: A value the doubt is about.
        examples: A value of each option, where the options are columns.
    """

    code: str
    about: str
    options: tuple[str, ...]
    flag: str
    shown: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A raw column to be read, and where.

    Attributes:
        connection: Holds the raw table.
        table: The raw table.
        header: The raw column.
        date_order: The order of day and month where the format or the person has said it.
        zone: The shop's time zone where the person has said it.
    """

    connection: duckdb.DuckDBPyConnection
    table: RawTable
    header: str
    date_order: DateOrder | None = None
    zone: str = ""

    @property
    def type(self) -> str:
        """Its DuckDB type."""
        return self.table.columns[self.header]

    @property
    def place(self) -> str:
        """The file and column, for people."""
        return f"{self.table.file.name}, column '{self.header}'"

    def ask(self, *expressions: str, most: int = 0) -> tuple[object, ...]:
        """Evaluate aggregates over the column, which they call `v`, blank cells left out.

        Args:
            expressions: The aggregates.
            most: Look at no more rows than this, spread over the whole column; 0 looks at all.
        """
        step = self.table.file.rows // most if most else 1
        thinned = f"rowid % {step} = 0 AND " if step > 1 else ""
        row = self.connection.execute(
            f"SELECT {', '.join(expressions)} FROM (SELECT {quoted(self.header)} AS v, rowid "
            f"FROM {quoted(self.table.relation)}) WHERE {thinned}v IS NOT NULL"
        ).fetchone()
        return row or ()

    def sample(self, size: int = 1000) -> list[str]:
        """Give values spread over the whole column, always the same ones."""
        step = max(self.table.file.rows // size, 1)
        rows = self.connection.execute(
            f"SELECT CAST({quoted(self.header)} AS VARCHAR) FROM {quoted(self.table.relation)} "
            f"WHERE rowid % {step} = 0 AND {quoted(self.header)} IS NOT NULL"
        ).fetchall()
        return [str(value) for (value,) in rows if str(value).strip()]


def _id(column: Column) -> str:
    """Ids keep leading zeros; Excel's `="…"`, a leading apostrophe and a trailing `.0` go.

    Programs write all ids of a column alike, so in a very long one a part of the rows shows how.
    """
    value = quoted(column.header)
    if column.type != "VARCHAR":
        whole = column.type in {"DOUBLE", "FLOAT"} or column.type.startswith("DECIMAL")
        text = f"CAST({value} AS VARCHAR)"
        return f"regexp_replace({text}, '\\.0+$', '')" if whole else text
    wrapped, apostrophe, decimal, spaced, scientific = column.ask(
        "coalesce(bool_or(starts_with(v, '=\"')), false)",
        "coalesce(bool_or(starts_with(v, '''')), false)",
        "coalesce(bool_or(ends_with(v, '.0')), false)",
        "coalesce(bool_or(starts_with(v, ' ') OR ends_with(v, ' ') OR ends_with(v, chr(9))), false)",
        "max(v) FILTER (contains(v, 'E+') AND regexp_matches(v, '^\\d(\\.\\d+)?E\\+\\d+$'))",
        most=_MANY,
    )
    if scientific:
        raise DataError(
            f"{column.place}: '{scientific}' is an id that lost its digits in a spreadsheet. "
            "Export the file again and load it without opening it in Excel.",
            code="id_lost_digits",
            file=column.table.file.name,
            column=column.header,
        )
    value = f"trim({value})" if spaced else value
    value = f"regexp_replace({value}, '^=\"(.*)\"$', '\\1')" if wrapped else value
    value = f"ltrim({value}, '''')" if apostrophe else value
    value = f"regexp_replace({value}, '^(\\d+)\\.0+$', '\\1')" if decimal else value
    return f"nullif({value}, '')" if spaced or wrapped or apostrophe else value


def _text(column: Column) -> str:
    return f"nullif(trim(CAST({quoted(column.header)} AS VARCHAR)), '')"


_MANY = 200_000
_IN_UTC = re.compile(r"(^|[\s_(])utc([\s_)]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Times:
    """How a column of times is read.

    Attributes:
        printed: SQL for the time as the file prints it, offsets left out.
        written: SQL for its text, with the offset.
        clock: How that becomes the shop's time.
    """

    printed: str
    written: str = ""
    clock: Clock = field(default_factory=Clock)

    @property
    def local(self) -> str:
        """SQL for the shop's time."""
        return self.clock.local(self.printed, self.written)


def times_of(column: Column) -> Times:
    """Decide how a column of times is read.

    Raises:
        DataError: It holds no dates, or they read two ways (code `needs_answer`).
    """
    value = quoted(column.header)
    in_utc = utc_clock(column.zone) if _IN_UTC.search(column.header) else Clock()
    if column.type == "TIMESTAMP WITH TIME ZONE":
        return Times(f"timezone('UTC', {value})", clock=utc_clock(column.zone))
    if column.type.startswith("TIMESTAMP") or column.type == "DATE":
        return Times(f"CAST({value} AS TIMESTAMP)", clock=in_utc)
    written = column.sample()
    sample = [" ".join(text.split()) for text in written]
    if not sample:
        return Times("CAST(NULL AS TIMESTAMP)")
    tidy = f"trim(CAST({value} AS VARCHAR))"
    if any(text.strip() != plain for text, plain in zip(written, sample, strict=True)):
        tidy = f"trim(regexp_replace(CAST({value} AS VARCHAR), {literal(SPACES)}, ' ', 'g'))"
    if has_offsets(sample):
        bare = [re.sub(OFFSET, r"\1", text) for text in sample]
        printed, _ = _printed(column, bare, f"regexp_replace({tidy}, {literal(OFFSET)}, '\\1')")
        found = PrintedTimes(column.connection, quoted(column.table.relation), tidy, printed)
        return Times(printed, tidy, found.clock(column.zone))
    printed, counted = _printed(column, sample, tidy)
    return Times(printed, clock=utc_clock(column.zone) if counted else in_utc)


def _date(column: Column) -> str:
    return times_of(column).local


def _printed(column: Column, texts: list[str], tidy: str) -> tuple[str, bool]:
    """Give SQL for a time as printed, and whether it is a count since 1970, which is in UTC."""
    sample = DateSample(column.connection, texts)
    if sample.plain:
        return f"TRY_CAST({tidy} AS TIMESTAMP)", False
    if numeric := sample.numeric():
        return numeric.replace("$v", tidy), "make_timestamp" in numeric
    fitting = sample.fitting()
    if not fitting:
        raise DataError(
            f"{column.place}: dates such as '{sample.worst()}' cannot be read. "
            "Write them as 2026-05-31 or 2026-05-31 14:05, or map another column with --map.",
            code="unreadable_dates",
            file=column.table.file.name,
            column=column.header,
        )
    formats = fitting[_order(column, fitting, texts)]
    read = literal(formats[0]) if len(formats) == 1 else f"[{listed(formats)}]"
    return f"try_strptime({tidy}, {read})", False


def _order(column: Column, fitting: Mapping[DateOrder, tuple[str, ...]], sample: list[str]) -> DateOrder:
    """Choose between day/month and month/day by the whole column; ask when every value reads both ways."""
    if len(fitting) == 1 or not {"dmy", "mdy"} <= set(fitting):
        return next(iter(fitting))
    if column.date_order is not None and column.date_order in fitting:
        return column.date_order
    first, second = column.ask(
        "max(TRY_CAST(regexp_extract(v, '^\\s*(\\d+)', 1) AS INTEGER))",
        "max(TRY_CAST(regexp_extract(v, '^\\s*\\d+\\D+(\\d+)', 1) AS INTEGER))",
    )
    if isinstance(first, int) and first > 12:
        return "dmy"
    if isinstance(second, int) and second > 12:
        return "mdy"
    question = Question("date_order", column.place, ("dmy", "mdy"), "--date-order", sample[0])
    raise needs_answer(question)


def needs_answer(question: Question) -> DataError:
    """Build the error that stops a load until the person has answered."""
    shown = f" ('{question.shown}')" if question.shown else ""
    return DataError(
        f"{question.about}{shown} can be read in several ways: {', '.join(question.options)}. "
        f"Say which with {question.flag}.",
        code="needs_answer",
        questions={question.about: question},
    )


_SYMBOLS = "[\\s '’€$£¥￥元]|USD|EUR|GBP|CNY|RMB"


def _number(column: Column, kind: str, narrow: str = "") -> str:
    """Numbers with a decimal point, a decimal comma, thousands marks or a currency sign.

    Args:
        column: The raw column.
        kind: The DuckDB type that holds any of its values.
        narrow: A smaller type, taken when it holds all of them as they are: sums in it are faster.
    """
    value = quoted(column.header)
    if column.type != "VARCHAR":
        return f"TRY_CAST({value} AS {_narrowest(column, kind, narrow)})"
    plain = f"TRY_CAST({{}} AS {kind})"
    unread, wide, fractions = column.ask(
        f"count(*) - count({plain.format('v')})",
        f"count(*) - count(TRY_CAST(v AS {narrow or kind}))",
        "coalesce(bool_or(contains(v, '.') OR contains(v, 'e')), false)",
    )
    if not unread and narrow and not wide and not (fractions and narrow.endswith(",0)")):
        return f"TRY_CAST({value} AS {narrow})"
    if not unread:
        return plain.format(value)
    commas, point_last = column.ask(
        "count(*) FILTER (regexp_matches(v, ',\\d{1,2}\\s*\\D*$') OR regexp_matches(v, '\\.\\d{3},'))",
        "count(*) FILTER (regexp_matches(v, ',\\d{3}(\\.\\d+)?\\s*\\D*$') AND v NOT LIKE '%,__')",
    )
    bare = f"regexp_replace({value}, {literal(_SYMBOLS)}, '', 'g')"
    bare = f"regexp_replace({bare}, '^\\((.*)\\)$', '-\\1')"
    if int(str(commas)) > int(str(point_last)):
        return plain.format(f"replace(replace({bare}, '.', ''), ',', '.')")
    return plain.format(f"replace({bare}, ',', '')")


def _narrowest(column: Column, kind: str, narrow: str) -> str:
    """Choose the type for a column that is numeric already."""
    if not narrow or column.type == "BOOLEAN":
        return kind
    wide, fractions = column.ask(
        f"count(*) - count(TRY_CAST(v AS {narrow}))",
        f"coalesce(bool_or(v <> TRY_CAST(v AS {narrow})), false)",
    )
    return kind if wide or (fractions and narrow.endswith(",0)")) else narrow


def _money(column: Column) -> str:
    return _number(column, "DECIMAL(18,4)", "DECIMAL(9,4)")


def _double(column: Column) -> str:
    return _number(column, "DOUBLE")


def _quantity(column: Column) -> str:
    return _number(column, "DECIMAL(12,3)", "DECIMAL(9,0)")


def _boolean(column: Column) -> str:
    return boolean_sql(quoted(column.header))


def _consent(column: Column) -> str:
    return consent_sql(quoted(column.header))


READERS: Mapping[Reading, Callable[[Column], str]] = {
    Reading.ID: _id,
    Reading.TEXT: _text,
    Reading.DATE: _date,
    Reading.MONEY: _money,
    Reading.NUMBER: _double,
    Reading.QUANTITY: _quantity,
    Reading.BOOLEAN: _boolean,
    Reading.CONSENT: _consent,
}
"""Reading → the function that gives the SQL expression reading a raw column so."""
