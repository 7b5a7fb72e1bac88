import { GRADES, LAND_USES, type CommuneEntry, type Grade, type Manifest } from "@schemas/types";

/** A commune with everything filled in; give what the test is about. */
export function commune(over: Partial<CommuneEntry> = {}): CommuneEntry {
  return {
    ma_xa: "15670",
    ky_dia_gioi: "E2025A",
    ten_xa: "Thọ Bình",
    ten_xa_en: "Tho Binh",
    ma_xa_moi: "15667",
    ten_xa_moi: "Thọ Bình",
    srid: 5897,
    bbox: [105.5, 19.8, 105.54, 19.84],
    parcels: 10,
    area_m2: 12345.6,
    grades: { "1": 5, "2a": 3, "2b": 1, "3": 1 },
    dqi: 0.91,
    findings: { "thua_dat.overlap": 2 },
    release_id: 1,
    released_at: "2025-06-20T03:00:00Z",
    downloads: { findings_map: "findings/15670.html" },
    ...over,
  };
}

/** Three communes: Dân Lý, Thọ Bình and Văn Sơn; the last two were merged into units of other names. */
export const COMMUNES: readonly CommuneEntry[] = [
  commune(),
  commune({ ma_xa: "15703", ten_xa: "Dân Lý", ten_xa_en: "Dan Ly", ten_xa_moi: "Triệu Sơn" }),
  commune({ ma_xa: "15712", ten_xa: "Văn Sơn", ten_xa_en: "Van Son", ten_xa_moi: "Tân Ninh" }),
];

/** A manifest with the colours of the code lists. */
export function manifest(over: Partial<Manifest> = {}): Manifest {
  // An object gives keys that look like numbers first; grades have an order of their own.
  const grades = (Object.entries(GRADES) as [Grade, (typeof GRADES)[string]][]).sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    schema_version: "1.0.0",
    generated_at: "2025-06-20T03:00:00Z",
    title: { vi: "Địa chính", en: "Cadastre" },
    land: "../land.gpkg",
    collections: [],
    files: [],
    communes: [...COMMUNES],
    tiles: "tiles/atlas.pmtiles",
    legend: Object.entries(LAND_USES).flatMap(([code, { vi, en, rgb, group }]) =>
      rgb ? [{ code, name: { vi, en }, rgb, group }] : [],
    ),
    grades: grades.map(([code, { vi, en, rgb }]) => ({ code, name: { vi, en }, rgb: rgb ?? "#888888" })),
    ...over,
  };
}
