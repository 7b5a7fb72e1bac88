"""What a whole commune package has in common."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipelines import communes
from pipelines.stored import thua_keys


@dataclass(frozen=True, slots=True)
class Place:
    """The commune, its era and its map.

    Attributes:
        ma_xa: Commune code, five characters.
        era: Code of `ky_dia_gioi`; `XX` for packages from abroad, whose texts and codes are not judged.
        map_type: Code of `loai_ban_do`.
        crs: CRS of the package.
        date: Day of the package (yyyy-mm-dd), or None.
        ground_objects: Land-use codes of objects that need no row in a register.
    """

    ma_xa: str
    era: str
    map_type: str
    crs: Any
    date: str | None
    ground_objects: frozenset[str]

    @property
    def scope(self) -> tuple[str, str]:
        """Key of the commune."""
        return self.ma_xa, self.era

    @property
    def is_foreign(self) -> bool:
        """Whether Vietnamese rules do not apply."""
        return self.era == communes.FOREIGN_ERA

    @property
    def is_urban(self) -> bool:
        """Whether the commune is a phường or a thị trấn in its era."""
        return communes.commune(self.ma_xa, self.era).is_urban

    def keys(self, sheets: pd.Series, parcels: pd.Series) -> pd.Series:
        """Return the business keys of parcels; null where sheet or parcel number is missing."""
        return thua_keys(self.ma_xa, self.era, self.map_type, sheets, parcels)
