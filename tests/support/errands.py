"""Which piece of our own work each statement of `deploy/policies/` is for."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from tests.support.rights import Right
from tests.support.tried_rights import Errand

_ERRANDS: dict[tuple[str, str], list[Errand]] = defaultdict(list)


def needs(document: str, *sids: str) -> Callable[[Errand], Errand]:
    """Marks an errand: without some right of these statements AWS refuses a part of it."""

    def mark(errand: Errand) -> Errand:
        for sid in sids:
            _ERRANDS[document, sid].append(errand)
        return errand

    return mark


def errands_for(right: Right) -> Sequence[Errand]:
    """Those that are marked for its statement."""
    return _ERRANDS[right.document, right.sid]


def all_errands() -> list[tuple[str, Errand]]:
    """Each errand once, with the document by whose rights it is done."""
    found = ((document, errand) for (document, _), all_of in _ERRANDS.items() for errand in all_of)
    return list(dict.fromkeys(found))


def statements() -> set[tuple[str, str]]:
    """The documents and the Sids for which there are errands."""
    return {name for name, errands in _ERRANDS.items() if errands}
