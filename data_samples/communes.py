"""The communes: code, name, place, landscape. Real codes and names, invented everything else."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Commune:
    """What makes one commune differ from the others.

    Attributes:
        code: Commune code of five digits in the era of 2025-01-01 to 2025-06-30.
        slug: Name of the delivery folder after the code.
        name: Vietnamese name with diacritics, without "xã".
        profile: Source profile of the delivery.
        scale: Denominator of the map scale.
        grid_m: Resolution of the drawing in metres; every coordinate is a multiple of it.
        east_m: Easting of the middle of the commune, EPSG:5897.
        north_m: Northing of the middle of the commune, EPSG:5897.
        turn_deg: Angle by which the landscape is turned, so that no field lies along an axis.
        radius_m: Mean distance from the middle to the outline.
        villages: Villages as (x, y, radius) in metres from the middle, before turning.
        hill: Forest hill as (x, y, radius), or None in the delta.
        river: Course of the river, points in metres from the middle.
        road: Course of the main road.
        hamlets: Names of the hamlets that appear in addresses.
        neighbours: Names of communes around, for wrong addresses.
        first_number: First of the numbers of people and papers that this commune alone hands out.
        numbers: How many it has.
        on_paper: Whether its map is a scanned sheet; it has no landscape of its own then.
    """

    code: str
    slug: str
    name: str
    profile: str
    scale: int
    grid_m: float
    east_m: float
    north_m: float
    turn_deg: float
    radius_m: float
    villages: tuple[tuple[float, float, float], ...]
    hill: tuple[float, float, float] | None
    river: tuple[tuple[float, float], ...]
    road: tuple[tuple[float, float], ...]
    hamlets: tuple[str, ...]
    neighbours: tuple[str, ...]
    first_number: int
    numbers: int = 3000
    on_paper: bool = False

    @property
    def folder(self) -> str:
        """Name of the delivery folder."""
        return f"{self.code}_{self.slug}"


COMMUNES: tuple[Commune, ...] = (
    Commune(
        code="15670",
        slug="tho_binh",
        name="Thọ Bình",
        profile="dgn_tt26_2024",
        scale=1000,
        grid_m=0.01,
        east_m=557300.0,
        north_m=2194200.0,
        turn_deg=17.0,
        radius_m=665.0,
        villages=((-60.0, -70.0, 190.0), (330.0, 300.0, 135.0), (260.0, -395.0, 100.0)),
        hill=(-520.0, 330.0, 390.0),
        river=((-900.0, -420.0), (-480.0, -330.0), (-260.0, -420.0), (60.0, -330.0), (420.0, -210.0), (900.0, -260.0)),
        road=((-900.0, -120.0), (-420.0, -60.0), (-80.0, 30.0), (200.0, 150.0), (420.0, 240.0), (900.0, 520.0)),
        hamlets=("Thôn 1", "Thôn 4", "Thôn Bình Định", "Thôn Đông Xuân"),
        neighbours=("Thọ Sơn", "Bình Sơn", "Hợp Lý"),
        first_number=1000,
    ),
    Commune(
        code="15703",
        slug="dan_ly",
        name="Dân Lý",
        profile="shp_vbdlis",
        scale=1000,
        grid_m=0.001,
        east_m=567800.0,
        north_m=2193300.0,
        turn_deg=-24.0,
        radius_m=620.0,
        villages=((-190.0, 120.0, 190.0), (300.0, -190.0, 165.0)),
        hill=None,
        river=((-820.0, 420.0), (-420.0, 470.0), (-60.0, 360.0), (120.0, 210.0), (440.0, 260.0), (860.0, 150.0)),
        road=((-850.0, -190.0), (-380.0, -80.0), (-40.0, -40.0), (260.0, -110.0), (520.0, -60.0), (880.0, -160.0)),
        hamlets=("Thôn 2", "Thôn 5", "Thôn Ấp Đông", "Thôn Tiên Mộc"),
        neighbours=("Dân Lực", "Dân Quyền", "Minh Sơn"),
        first_number=4000,
    ),
    Commune(
        code="15712",
        slug="van_son",
        name="Văn Sơn",
        profile="dxf_pl3_01",
        scale=2000,
        grid_m=0.001,
        east_m=570900.0,
        north_m=2188200.0,
        turn_deg=38.0,
        radius_m=650.0,
        villages=((-120.0, 160.0, 170.0), (230.0, 20.0, 125.0), (-330.0, -210.0, 110.0)),
        hill=(430.0, -470.0, 340.0),
        river=((-900.0, 120.0), (-520.0, -10.0), (-200.0, -60.0), (40.0, -150.0), (80.0, -420.0), (-60.0, -900.0)),
        road=((-760.0, 640.0), (-380.0, 330.0), (-100.0, 180.0), (160.0, 60.0), (420.0, 20.0), (900.0, 110.0)),
        hamlets=("Thôn 3", "Thôn 6", "Thôn Văn Lâm", "Thôn Xuân Đài"),
        neighbours=("Thái Hòa", "Nưa", "Đồng Lợi"),
        first_number=7000,
    ),
    Commune(
        code="15742",
        slug="tho_dan",
        name="Thọ Dân",
        profile="dgn_tt26_2024",
        scale=1000,
        grid_m=0.001,
        east_m=562050.0,
        north_m=2196250.0,
        turn_deg=0.0,
        radius_m=85.0,
        villages=(),
        hill=None,
        river=(),
        road=(),
        hamlets=("Thôn 1", "Thôn 3", "Thôn Hòa Bình"),
        neighbours=("Thọ Tân", "Thọ Thế"),
        first_number=500,
        numbers=500,
        on_paper=True,
    ),
)
"""Every commune of the samples, in the order of their codes."""


def commune(code: str) -> Commune:
    """Return the commune with a code.

    Raises:
        KeyError: No sample commune has this code.
    """
    for item in COMMUNES:
        if item.code == code:
            return item
    raise KeyError(code)
