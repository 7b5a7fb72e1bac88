"""The simplest honest way from picture to faces: Otsu's threshold, paper flooding the ink, outlines straightened."""

from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio.features
import shapely
import shapely.geometry

NAME = "Otsu + watershed (scikit-image)"
_LEAST_MM2, _STRAIGHT_PX = 6.0, 1.5


def faces(image: npt.NDArray[np.uint8], px_per_mm: float) -> npt.NDArray[Any]:
    """Return the faces of a picture, the largest, which is the paper around the drawing, left out."""
    from skimage.color import rgb2gray
    from skimage.filters import threshold_otsu
    from skimage.measure import label
    from skimage.morphology import remove_small_objects
    from skimage.segmentation import watershed

    grey = image if image.ndim == 2 else (rgb2gray(image) * 255).astype(np.uint8)
    white = grey > threshold_otsu(grey)
    basins = remove_small_objects(label(white, connectivity=1), max_size=int(_LEAST_MM2 * px_per_mm**2))
    flooded = watershed(255 - grey, basins.astype(np.int32))
    shapes = [(shapely.geometry.shape(shape), value) for shape, value in rasterio.features.shapes(flooded)]
    if not shapes:
        return np.empty(0, dtype=object)
    around = max(shapes, key=lambda one: one[0].area)[1]
    made = np.array([shape for shape, value in shapes if value != around], dtype=object)
    simple = shapely.make_valid(shapely.coverage_simplify(made, _STRAIGHT_PX))
    return np.asarray(simple[shapely.get_dimensions(simple) == 2], dtype=object)
