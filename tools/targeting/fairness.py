"""Who gets an offer may not hang on what the law protects, and nobody pays more for being who they are."""

import re

from marketeer.tools.core.columns import ATTRIBUTE_PREFIX
from marketeer.tools.core.errors import Refused

_PROTECTED = {
    "gender": r"gender|sex|male|female|性别|男女",
    "ethnicity": r"race|racial|ethnic\w*|skin|nationality|种族|民族|国籍|肤色",
    "religion": r"religio\w*|faith|church|宗教|信仰",
    "health": r"health|disab\w*|illness|diagnos\w*|pregnan\w*|怀孕|孕|健康|疾病|残疾",
    "sexuality": r"sexual\w*|orientation|lgbt\w*|性取向",
    "politics": r"politic\w*|party|union|政治|党派",
}
_WORD = re.compile(r"[a-z]+|[\u4e00-\u9fff]+")


def refuse_protected(attribute: str) -> None:
    """Raise `Refused` when an attribute to choose customers by names a protected trait.

    Args:
        attribute: The attribute's name.
    """
    words = _WORD.findall(attribute.casefold().removeprefix(ATTRIBUTE_PREFIX).replace("_", " "))
    for trait, pattern in _PROTECTED.items():
        if any(re.fullmatch(pattern, word) for word in words):
            raise Refused(
                f"'{attribute}' says something about {trait}. Giving or withholding a price by it would "
                "treat people unequally for who they are, which the law forbids or restricts. Choose by how "
                "customers buy instead, such as segments.",
                code="protected_attribute",
                attribute=attribute,
                trait=trait,
            )
