"""Parsed JSON -> typed values, by msgspec, and the parts of such a value."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import FieldInfo

from collage_core.contract.document import FLAT, IN_MEMORY, Whole
from collage_core.errors import MessageError

_first_use = threading.RLock()
_known: set[Any] = set()
"""Kinds that msgspec has looked at. Two threads in which it looks at one kind at the same time can
hang in it for ever (seen with 0.21, in a run's summaries that were read in parallel)."""


def convert(value: object, kind: Any) -> Any:
    """`value` as this kind. Raises ValueError, or MessageError if a check of the kind fails."""
    if kind in _known:
        converted = msgspec.convert(value, kind, dec_hook=_parsed)
    else:
        with _first_use:
            try:
                converted = msgspec.convert(value, kind, dec_hook=_parsed)
            finally:
                _known.add(kind)
    lacks_a_field = _check_of(kind)
    if lacks_a_field and lacks_a_field(value):
        raise ValueError("a field is missing")
    return converted


@cache
def bare(kind: Any) -> tuple[Any, Sequence[Meta]]:
    """A type without `| None`, `| UnsetType` and annotations, and the annotations."""
    kind = _not_null(kind)
    if get_origin(kind) is not Annotated:
        return kind, ()
    inner, *metas = get_args(kind)
    return inner, tuple(meta for meta in metas if isinstance(meta, Meta))


_NOTHING = (NoneType, UnsetType)
"""A field that may be null, and one that may be missing and then has no value."""


def _not_null(kind: Any) -> Any:
    if get_origin(kind) not in (Union, UnionType):
        return kind
    (inner,) = (choice for choice in get_args(kind) if choice not in _NOTHING)
    return inner


def parts(path: str, value: object, kind: Any) -> Iterator[tuple[str, object, Any]]:
    """Path, value and kind of each part of `value`, as far as it matches this (bare) kind.

    A field that is missing though it is required is a part with the value None, which does not fit
    even if the field may be null.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if is_struct(kind) and isinstance(value, Mapping):
        for field in _fields(kind):
            name = field.encode_name
            if is_required(field, kind) or name in value:
                inner = path if name == FLAT else f"{path}.{name}".removeprefix(".")
                yield inner, value.get(name), field.type if name in value else _not_null(field.type)
    elif origin is Mapping and isinstance(value, Mapping):
        for name, item in value.items():
            yield f"{path}.{name}", item, arguments[1]
    elif origin is Sequence and isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield f"{path}[{index}]", item, arguments[0]
    elif origin is tuple and isinstance(value, list | tuple) and len(value) == len(arguments):
        for index, (item, argument) in enumerate(zip(value, arguments, strict=True)):
            yield f"{path}[{index}]", item, argument


def as_declared(value: object, kind: Any) -> object:
    """`value` with the fields that its kind declares alone, and flat fields under their own name.

    It takes several times as long as `convert`.
    """
    inner, _ = bare(kind)
    if get_origin(inner) is Sequence and isinstance(value, list | tuple):
        return [as_declared(item, get_args(inner)[0]) for item in value]
    if not is_struct(inner) or not isinstance(value, Mapping):
        return value
    tag = inner.__struct_config__.tag_field
    declared = {tag: value[tag]} if tag in value else {}
    for field in _fields(inner):
        name = field.encode_name
        if name == FLAT:
            declared[name] = as_declared(value, field.type)
        elif name in value and not name.startswith(IN_MEMORY):
            declared[name] = as_declared(value[name], field.type)
    return declared


def is_struct(kind: Any) -> bool:
    """Whether a kind is a document or a part of one."""
    return isinstance(kind, type) and issubclass(kind, Struct)


def _parsed(kind: Any, value: object) -> Any:
    """A type that JSON does not have. It has a method `parse`, for example RunTimestamp."""
    try:
        return kind.parse(value)
    except MessageError as error:
        raise ValueError(str(error)) from error


type _Check = Callable[[object], bool]


@cache
def _check_of(kind: Any) -> _Check | None:
    """A check whether a Whole in a valid value of this kind lacks a field; None if it has none."""
    inner, _ = bare(kind)
    if is_struct(inner):
        return _check_of_struct(inner)
    check = _check_of(get_args(inner)[0]) if get_origin(inner) is Sequence else None
    if check is None:
        return None
    return lambda value: isinstance(value, list | tuple) and any(map(check, value))


def _check_of_struct(kind: type[Struct]) -> _Check | None:
    fields = _fields(kind)
    wanted = frozenset(field.encode_name for field in fields if is_required(field, kind))
    checks = [(field.encode_name, check) for field in fields if (check := _check_of(field.type))]
    if not checks and not issubclass(kind, Whole):
        return None

    def lacks_a_field(value: object) -> bool:
        if not isinstance(value, Mapping):
            return False
        return not wanted <= value.keys() or any(check(value.get(name)) for name, check in checks)

    return lacks_a_field


@cache
def _fields(kind: type[Struct]) -> tuple[FieldInfo, ...]:
    return msgspec.structs.fields(kind)


def is_required(field: FieldInfo, kind: type[Struct]) -> bool:
    """Whether documents must have the field: it has no default, or it belongs to a Whole.

    A field of a Whole whose default is None or UNSET was added later, and may be left out.
    """
    may_lack = field.default is None or field.default is UNSET
    is_written = not may_lack and not field.encode_name.startswith(IN_MEMORY)
    return field.required or (issubclass(kind, Whole) and is_written)
