"""Scans for tests: certificates drawn by the samples, as files of a package."""

from random import Random

from data_samples import certificate
from pipelines.papers.read import survey

NAME, NUMBER = "Nguyễn Văn Giấu", "038070991234"
"""Who stands on every page that is drawn; neither may stand anywhere else."""

CODE = "15-02-2025-08-30-00|38.15670|PhanMem|H38.15-250215-0001|{serial}|1|15-02-2025-08-30-00|123456"


def certificate_pages(serial="BD 990123", seed=1, **how):
    """Return the two pages of a certificate as a scanner sees them."""
    rng = Random(seed)
    return [certificate.scanned(page, rng) for page in certificate.pages(serial, NAME, NUMBER, rng, **how)]


def again(page, seed=7):
    """Return a page scanned once more, laid down otherwise."""
    return certificate.scanned(page, Random(seed), turn_deg=1.0, shift_mm=3.0)


def hand_in(root, files):
    """Write files into the folder of a package: lists of pages as PDF, bytes as they are."""
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content if isinstance(content, bytes) else certificate.pdf(content))


def facts_of(tmp_path, files, **how):
    """Return what is known of files, by path and page."""
    root = tmp_path / "package"
    hand_in(root, files)
    return survey(root, list(files), tmp_path / "kept", **how).set_index(["path", "page"])
