import type { CommuneEntry, Manifest } from "@schemas/types";
import type { ExpressionSpecification, LayerSpecification, SymbolLayerSpecification } from "@maplibre/maplibre-gl-style-spec";
import { shortName } from "./naming.ts";
import type { MapTheme } from "./theme.ts";

/** Names of the pictures of grade shares: the prefix and the numbers, `thanh:120,4,3,1`. */
export const BAR_PREFIX = "thanh:";

type Layout = NonNullable<SymbolLayerSpecification["layout"]>;

/**
 * Names of communes with the bar of their grades: inside where there is room for it, below where the commune is small
 * and stands free, and the name alone where small communes stand close. Too small to be seen, a commune is a dot.
 */
export function communeNames(theme: MapTheme): LayerSpecification[] {
  const base = { type: "symbol", source: "communes", maxzoom: 14.5 } as const;
  const text: Layout = {
    "text-field": ["get", "ten_xa"],
    "text-font": theme.fonts.map((font) => `${font} Bold`),
    "text-size": ["interpolate", ["linear"], ["zoom"], 8, 12, 13, 16],
    "symbol-sort-key": ["-", 0, ["get", "parcels"]],
  };
  const bar: Layout = {
    "icon-image": ["get", "thanh"],
    "icon-anchor": "top",
    "icon-size": ["interpolate", ["linear"], ["zoom"], 8, 0.6, 13, 1],
  };
  const paint = { "text-color": theme.text, "text-halo-color": theme.halo, "text-halo-width": 1.8 };
  const isWide: ExpressionSpecification = [">=", ["zoom"], ["get", "zoom_rong"]];
  const isSmall: ExpressionSpecification = ["<", ["zoom"], ["get", "zoom_rong"]];
  return [
    {
      id: "xa-cham",
      type: "circle",
      source: "communes",
      filter: ["all", ["==", ["get", "cho"], "giua"], ["<", ["zoom"], ["get", "zoom_thay"]]],
      paint: { "circle-radius": 4, "circle-color": ["get", "rgb"], "circle-stroke-color": theme.communeLine, "circle-stroke-width": 1 },
    },
    {
      ...base,
      id: "xa-ten",
      filter: ["all", ["==", ["get", "cho"], "giua"], isWide],
      layout: { ...text, ...bar, "text-anchor": "bottom", "text-offset": [0, -0.4] },
      paint,
    },
    {
      ...base,
      id: "xa-ten-duoi",
      filter: ["all", ["==", ["get", "cho"], "duoi"], isSmall],
      layout: { ...text, ...bar, "icon-offset": [0, 8], "text-anchor": "top", "text-offset": [0, 1.2] },
      paint,
    },
    {
      ...base,
      id: "xa-ten-chat",
      filter: ["all", ["==", ["get", "cho"], "giua"], ["!", ["get", "thoang"]], isSmall, [">=", ["zoom"], ["get", "zoom_chat"]]],
      layout: { ...text, "text-size": ["interpolate", ["linear"], ["zoom"], 8, 10, 13, 14] },
      paint,
    },
  ];
}

/** Widths in pixels a commune needs on the screen: for its name and bar, for its name alone, and to be seen at all. */
const NAMED_PX = 120;
const CLOSE_PX = 40;
const SEEN_PX = 10;

/**
 * Points of the communes with what their labels need: one in the middle (`cho` = giua), and one at the lower edge
 * (duoi) of those that stand free; `thanh` is the picture of the grade shares, `zoom_rong`, `zoom_chat` and
 * `zoom_thay` the zooms from which there is room for the whole label, for the name, and the commune itself is seen.
 */
export function communePoints(manifest: Manifest): GeoJSON.FeatureCollection<GeoJSON.Point> {
  const features = manifest.communes.flatMap((commune) => {
    const [west, south, east, north] = commune.bbox;
    const free = isFree(commune, manifest.communes);
    const shares = manifest.grades.map((grade) => commune.grades[grade.code] ?? 0);
    const most = manifest.grades[shares.indexOf(Math.max(...shares))];
    const properties = {
      ma_xa: commune.ma_xa,
      ky_dia_gioi: commune.ky_dia_gioi,
      ten_xa: shortName(commune),
      parcels: commune.parcels,
      thanh: `${BAR_PREFIX}${shares.join(",")}`,
      rgb: most?.rgb ?? "#888888",
      thoang: free,
      zoom_rong: zoomOfWidth(east - west, NAMED_PX),
      zoom_chat: zoomOfWidth(east - west, CLOSE_PX),
      zoom_thay: zoomOfWidth(east - west, SEEN_PX),
    };
    const at = (lat: number, place: string): GeoJSON.Feature<GeoJSON.Point> => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: [(west + east) / 2, lat] },
      properties: { ...properties, cho: place },
    });
    return [at((south + north) / 2, "giua"), ...(free ? [at(south, "duoi")] : [])];
  });
  return { type: "FeatureCollection", features };
}

/** Nothing else lies right below a commune: its label has room there. */
function isFree(commune: CommuneEntry, communes: readonly CommuneEntry[]): boolean {
  const [west, south, east, north] = commune.bbox;
  const [lon, lat] = [(west + east) / 2, south - (north - south) / 4];
  return !communes.some(({ bbox: [w, s, e, n] }) => lon > w && lon < e && lat > s && lat < n);
}

/** Zoom at which `width` degrees are as wide as `pixels`; tiles of 512 pixels. */
function zoomOfWidth(width_deg: number, pixels: number): number {
  return Math.log2((pixels * 360) / (512 * Math.max(width_deg, 1e-6)));
}
