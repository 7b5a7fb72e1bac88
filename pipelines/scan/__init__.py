"""A scanned map sheet: from the page to its place on the ground, its parcels and their numbers.

Pixel coordinates everywhere in this package: x to the right, y down, the corner of the first pixel at (0, 0), so that
the pixel of row i and column j has its centre at (j + 0.5, i + 0.5). `dark` is the sheet as ink: an (H, W) array of
uint8, 0 = paper, 255 = full ink, with the light of the scan, stains and folds taken out.
"""
