"""Explains what is wrong with invalid JSON: one sentence about its innermost wrong part."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from msgspec import Meta

from collage_core.contract.conversion import bare, convert, parts
from collage_core.contract.fields import RULE, SECRET
from collage_core.contract.wording import described, shown
from collage_core.errors import MessageError


def explain(path: str, value: object, kind: Any) -> str:
    """What is wrong with `value` at `path`, which does not match this kind."""
    inner, metas = bare(kind)
    if get_origin(inner) is Mapping and isinstance(value, Mapping):
        name_kind = get_args(inner)[0]
        for name in value:
            if not fits(name, name_kind):
                return f"{path} has {shown(name)}, which is not in the vocabulary"
    for part_path, part, part_kind in parts(path, value, inner):
        if not fits(part, part_kind):
            return explain(part_path, part, part_kind)
    try:
        convert(value, inner)
    except MessageError as error:  # a check of the Struct's own, about one of its fields
        return f"{path}.{error}".removeprefix(".")
    except ValueError:
        pass
    show = described if any((meta.extra or {}).get(SECRET) for meta in metas) else shown
    return f"{path} is {show(value)}: {rule(kind)}"


def fits(value: object, kind: Any) -> bool:
    """Whether `value` is valid for this kind."""
    try:
        convert(value, kind)
    except (ValueError, MessageError):
        return False
    return True


def rule(kind: Any) -> str:
    """What a value of this kind must be."""
    inner, metas = bare(kind)
    meta = metas[0] if metas else Meta()
    said = (meta.extra or {}).get(RULE) or getattr(inner, "RULE", None)
    if said:
        return str(said)
    if inner in (int, float):
        return _rule_of_numbers("whole number" if inner is int else "number", meta)
    if inner in (bool, str):
        text = f"a string{' that is not empty' if meta.min_length else ''}"
        return f"it must be {'true or false' if inner is bool else text}"
    if get_origin(inner) is Literal:
        return f"it must be one of {', '.join(map(str, get_args(inner)))}"
    if isinstance(inner, type) and issubclass(inner, Enum):
        return f"it must be one of {', '.join(str(member.value) for member in inner)}"
    is_array = get_origin(inner) in (Sequence, tuple)
    return f"it must be a JSON {'array' if is_array else 'object'}"


def _rule_of_numbers(number: str, meta: Meta) -> str:
    if meta.ge is None:
        return f"it must be a {number}"
    limits = f"of at least {meta.ge}" if meta.le is None else f"from {meta.ge} to {meta.le}"
    return f"it must be a {number} {limits}"
