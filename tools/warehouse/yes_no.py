"""Yes and no, and consent, as exports write them in English and Chinese."""

from marketeer.tools.warehouse.sql import listed

_YES = ("1", "true", "t", "yes", "y", "on", "是", "有", "已", "对")
_NO = ("0", "false", "f", "no", "n", "off", "否", "无", "未", "没有")


def boolean_sql(value: str) -> str:
    """Read a raw value (SQL) as true, false or NULL."""
    value = f"lower(trim(CAST({value} AS VARCHAR)))"
    return f"CASE WHEN {value} IN ({listed(_YES)}) THEN true WHEN {value} IN ({listed(_NO)}) THEN false END"


_GRANTED = (
    *_YES,
    *("subscribed", "subscribe", "granted", "opted in", "opt-in", "opt_in", "已订阅", "同意", "订阅"),
)
_DENIED = (
    *_NO,
    *("unsubscribed", "denied", "opted out", "opt-out", "opt_out"),
    *("cleaned", "已退订", "不同意", "退订", "未订阅"),
)


def consent_sql(value: str) -> str:
    """Read a raw value (SQL) as a consent. Blank is not consent: what is no plain yes or no is unknown."""
    value = f"lower(trim(CAST({value} AS VARCHAR)))"
    return (
        f"CASE WHEN {value} IN ({listed(_GRANTED)}) THEN 'granted' "
        f"WHEN {value} IN ({listed(_DENIED)}) THEN 'denied' ELSE 'unknown' END"
    )
