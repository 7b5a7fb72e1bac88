"""Land uses side by side: three times "Diện tích", each belonging to the land use left of it or above it."""

from collections.abc import Mapping

from pipelines.sources import fold

_PARTS = ("dien_tich", "nguon_goc", "hinh_thuc", "thoi_han")
_USES = (1, 2, 3)
_CODE_NAMES = frozenset({"ma", "kyhieu", "loai", "maloaidat", "mucdich"})


def grouped(
    columns: Mapping[str, int], names: Mapping[int, str], titles: Mapping[int, str], spellings: Mapping[str, list[str]]
) -> dict[str, int]:
    """Return the columns of a heading with areas, origins, forms and terms given to the land use they stand with.

    A column belongs to the land use in the title above it; without titles, to the last land use left of it where
    there are several. What the names say exactly ("Diện tích loại đất 2") stays.

    Args:
        columns: Canonical column → position, by names alone.
        names: Last row of the heading, by position.
        titles: First row of the heading, spread over the columns below it.
        spellings: Names of every canonical column.
    """
    uses = _uses(names, titles, spellings)
    if len(set(uses.values())) < 2 and not _is_titled(names, titles, spellings):
        return dict(columns)
    words = {part: _plain(part, spellings) for part in _PARTS}
    moved: dict[str, int] = {}
    for position, name in names.items():
        folded, use = fold(name), uses.get(position)
        if use is None:
            continue
        part = next((part for part in _PARTS if folded in words[part]), None)
        if part is not None:
            moved.setdefault(f"{part}_{use}", position)
        elif folded in _plain("loai_dat", spellings) | _CODE_NAMES or folded in _numbered("loai_dat", use, spellings):
            moved.setdefault(f"loai_dat_{use}", position)
    taken = set(moved.values())
    kept = {column: position for column, position in columns.items() if column not in moved and position not in taken}
    if "dien_tich" in columns and "dien_tich" not in kept:
        outside = (
            position for position in names if position not in uses and fold(names[position]) in words["dien_tich"]
        )
        area = next((position for position in outside if position not in kept.values()), None)
        kept |= {} if area is None else {"dien_tich": area}
    return kept | moved


def _uses(names: Mapping[int, str], titles: Mapping[int, str], spellings: Mapping[str, list[str]]) -> dict[int, int]:
    """Return the land use (1 to 3) each position stands with."""
    if _is_titled(names, titles, spellings):
        return {at: use for at, title in titles.items() if (use := _number_of(title, spellings)) is not None}
    found: dict[int, int] = {}
    use, plain = 0, _plain("loai_dat", spellings)
    words = frozenset().union(*(_plain(part, spellings) for part in _PARTS))
    for position in sorted(names):
        folded = fold(names[position])
        numbered = _number_of(names[position], spellings)
        if numbered is not None and (folded not in plain or numbered > 1):
            use = numbered
        elif folded in plain:
            use += 1
        elif folded not in words:
            continue
        if use in _USES:
            found[position] = use
    return found


def _is_titled(names: Mapping[int, str], titles: Mapping[int, str], spellings: Mapping[str, list[str]]) -> bool:
    return any(_number_of(title, spellings) is not None and title != names.get(at) for at, title in titles.items())


def _number_of(title: str, spellings: Mapping[str, list[str]]) -> int | None:
    folded = fold(title)
    return next((use for use in _USES if folded in _numbered("loai_dat", use, spellings)), None)


def _numbered(part: str, use: int, spellings: Mapping[str, list[str]]) -> frozenset[str]:
    """Return the names of a column that say which land use it belongs to."""
    return frozenset(key for name in spellings.get(f"{part}_{use}", []) if (key := fold(name)).endswith(str(use)))


def _plain(part: str, spellings: Mapping[str, list[str]]) -> frozenset[str]:
    """Return the names of a column that leave it open which land use it belongs to."""
    named = [*spellings.get(part, []), *spellings.get(f"{part}_1", [])]
    return frozenset(key for name in named if not (key := fold(name))[-1:].isdigit())
