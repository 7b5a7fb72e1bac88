"""The texts of files in Unicode, line by line, so that an officer can see whether the encoding was guessed right."""

from collections.abc import Iterator
from pathlib import Path

from pipelines import files, registers, sandbox, text, vectors
from pipelines.errors import PackageError
from pipelines.package import onepass
from pipelines.package.survey import Survey


def transcript(path: Path) -> Iterator[str]:
    """Yield the texts of a file, or of all files of a folder, decoded by the vote over each file.

    Rows of a table are separated by tabs; of a drawing each text is a line with its level before it.

    Args:
        path: Folder or file.

    Raises:
        PackageError: There is nothing at the path.
        ReadError: The one file asked for cannot be read.
    """
    if not path.exists():
        raise PackageError(f"Không có {path}: kiểm tra đường dẫn.", f"There is no {path}: check the path.")
    root = path if path.is_dir() else path.parent
    names = files.find(root) if path.is_dir() else [path.name]
    for name, item in onepass.all_of(root, names).items():
        if item.reason is not None:
            yield f"# {name}: {item.reason.vi} / {item.reason}"
        elif item.layers or item.tables:
            encoding = item.votes[None].encoding if None in item.votes else "utf-8"
            yield f"# {name} ({encoding})"
            yield from sandbox.call(_lines, root / name, item, encoding)


def _lines(full: Path, item: Survey, encoding: str) -> list[str]:
    if item.is_drawing:
        return _of_drawing(full, encoding, raw=item.is_raw)
    if item.layers:
        grids = [(layer["name"], vectors.read(full, layer["name"])) for layer in item.layers]
        tables = [(name, rows.drop(columns=rows.geometry.name)) for name, rows in grids]
    else:
        tables = registers.peek(full)[0]
    lines = []
    for _, rows in tables:
        for cells in rows.astype("object").where(rows.notna(), "").to_numpy().tolist():
            decoded = text.decode(
                [cell if isinstance(cell, str) else str(cell) for cell in cells], encoding, raw=item.is_raw
            )
            lines.append("\t".join(" ".join(cell.split()) for cell in decoded))
    return lines


def _of_drawing(full: Path, encoding: str, *, raw: bool) -> list[str]:
    lines = []
    for layer in vectors.layers(full):
        rows = vectors.read(full, layer.name)
        level = next(name for name in ("Level", "Layer") if name in rows)
        worded = rows[rows["Text"].notna()] if "Text" in rows else rows.iloc[:0]
        decoded = text.decode(worded["Text"].tolist(), encoding, raw=raw)
        lines += [
            f"{name}\t{' | '.join(words.split(chr(10)))}" for name, words in zip(worded[level], decoded, strict=True)
        ]
    return lines
