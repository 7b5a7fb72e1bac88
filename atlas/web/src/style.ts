import type { Manifest } from "@schemas/types";
import type {
  ExpressionSpecification,
  LayerSpecification,
  StyleSpecification,
} from "@maplibre/maplibre-gl-style-spec";
import { communeNames, communePoints } from "./communestyle.ts";
import { landUsePalette } from "./naming.ts";
import { FILL_OPACITY, type MapTheme } from "./theme.ts";
import type { Theme } from "./url.ts";

/** Zoom from which single parcels are drawn. */
export const PARCEL_ZOOM = 12;

/** Layers a click or the pointer may meet, topmost first. */
export const PICKABLE = {
  parcel: "thua_dat-fill",
  commune: "xa-fill",
  communeNames: ["xa-ten", "xa-ten-duoi", "xa-ten-chat", "xa-cham"],
} as const;

/** Attributes of the colour choice: land-use code and grade, as the tiles spell them. */
const COLOUR_FIELD: Record<Theme, string> = { loai_dat: "loai_dat", xep_loai: "xep_loai" };

type Palette = readonly { code: string; rgb: string }[];

/** The whole style for a release; `tilesUrl` is the `pmtiles://` address, `labelLayer` the layer labels come from. */
export function atlasStyle(
  manifest: Manifest,
  tilesUrl: string,
  theme: MapTheme,
  colourBy: Theme,
  labelLayer: "thua_dat" | "thua_dat_diem" = "thua_dat",
): StyleSpecification {
  return {
    version: 8,
    sources: {
      atlas: { type: "vector", url: tilesUrl, promoteId: { thua_dat: "thua_dat_id" } },
      communes: { type: "geojson", data: communePoints(manifest) },
      selection: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
    },
    layers: cadastreLayers(manifest, theme, colourBy, labelLayer),
  };
}

/** All layers, from the paper to the selected parcel. */
export function cadastreLayers(
  manifest: Manifest,
  theme: MapTheme,
  colourBy: Theme,
  labelLayer: "thua_dat" | "thua_dat_diem",
): LayerSpecification[] {
  return [
    { id: "giay", type: "background", paint: { "background-color": theme.background } },
    ...communeFills(manifest, theme),
    ...parcelLayers(manifest, theme, colourBy),
    ...communeLines(theme),
    ...selectionLayers(theme),
    ...labelLayers(theme, labelLayer),
  ];
}

/** Colour of a parcel by land use or grade. */
export function parcelColour(manifest: Manifest, theme: MapTheme, colourBy: Theme): ExpressionSpecification | string {
  const palette = colourBy === "loai_dat" ? landUseColours(manifest) : manifest.grades;
  return colourMatch(COLOUR_FIELD[colourBy], palette, theme.unknown);
}

function landUseColours(manifest: Manifest): Palette {
  return [...landUsePalette(manifest)].flatMap(([code, { rgb }]) => (rgb ? [{ code, rgb }] : []));
}

// A `match` without a single case is not valid: a release without legend gets one plain colour.
function colourMatch(field: string, palette: Palette, fallback: string): ExpressionSpecification | string {
  if (!palette.length) return fallback;
  const cases = palette.flatMap((entry) => [entry.code, entry.rgb]);
  return ["match", ["coalesce", ["get", field], ""], ...cases, fallback] as unknown as ExpressionSpecification;
}

function communeFills(manifest: Manifest, theme: MapTheme): LayerSpecification[] {
  return [
    {
      id: "xa-fill",
      type: "fill",
      source: "atlas",
      "source-layer": "xa",
      paint: {
        "fill-color": colourMatch("xep_loai_troi", manifest.grades, theme.unknown),
        // Parcels come in as the commune goes out.
        "fill-opacity": ["interpolate", ["linear"], ["zoom"], PARCEL_ZOOM, 0.6, PARCEL_ZOOM + 1, 0],
      },
    },
  ];
}

function communeLines(theme: MapTheme): LayerSpecification[] {
  const outline = { type: "line", source: "atlas", "source-layer": "xa", layout: { "line-join": "round" } } as const;
  return [
    {
      // A light edge keeps the line apart from dark parcels.
      ...outline,
      id: "xa-vien",
      minzoom: PARCEL_ZOOM,
      paint: { "line-color": theme.halo, "line-width": 5, "line-opacity": 0.8 },
    },
    {
      ...outline,
      id: "xa-line-xa",
      maxzoom: PARCEL_ZOOM - 1,
      paint: { "line-color": theme.communeLine, "line-width": ["interpolate", ["linear"], ["zoom"], 7, 0.5, 11, 1.3] },
    },
    {
      ...outline,
      id: "xa-line",
      minzoom: PARCEL_ZOOM - 1,
      paint: {
        "line-color": theme.communeLine,
        "line-width": ["interpolate", ["linear"], ["zoom"], 11, 1.3, 16, 2.4],
        "line-dasharray": [8, 2, 2, 2],
      },
    },
  ];
}

function parcelLayers(manifest: Manifest, theme: MapTheme, colourBy: Theme): LayerSpecification[] {
  const parcels = { source: "atlas", "source-layer": "thua_dat", minzoom: PARCEL_ZOOM } as const;
  return [
    {
      id: "thua_dat-fill",
      type: "fill",
      ...parcels,
      paint: {
        "fill-color": parcelColour(manifest, theme, colourBy),
        "fill-opacity": ["interpolate", ["linear"], ["zoom"], PARCEL_ZOOM, 0, PARCEL_ZOOM + 1, FILL_OPACITY],
        "fill-antialias": false,
      },
    },
    {
      id: "thua_dat-line",
      type: "line",
      ...parcels,
      layout: { "line-join": "round" },
      paint: {
        "line-color": theme.parcelLine,
        "line-width": ["interpolate", ["exponential", 1.6], ["zoom"], 12, 0.08, 14, 0.3, 16, 0.65, 19, 1.5],
        "line-opacity": ["interpolate", ["linear"], ["zoom"], PARCEL_ZOOM, 0, PARCEL_ZOOM + 1, 0.5, 15, 0.85],
      },
    },
    {
      id: "thua_dat-hover",
      type: "line",
      ...parcels,
      layout: { "line-join": "round" },
      paint: {
        "line-color": theme.accent,
        "line-width": 2,
        "line-opacity": ["case", ["boolean", ["feature-state", "hover"], false], 1, 0],
      },
    },
  ];
}

function selectionLayers(theme: MapTheme): LayerSpecification[] {
  return [
    {
      id: "chon-halo",
      type: "line",
      source: "selection",
      layout: { "line-join": "round" },
      paint: { "line-color": theme.halo, "line-width": 6, "line-opacity": 0.9 },
    },
    {
      id: "chon-line",
      type: "line",
      source: "selection",
      layout: { "line-join": "round" },
      paint: { "line-color": theme.accent, "line-width": 3 },
    },
  ];
}

/** Parcel numbers, then land use over number as on the printed sheet; commune names with their share of grades. */
function labelLayers(theme: MapTheme, labelLayer: string): LayerSpecification[] {
  const text = { "text-color": theme.text, "text-halo-color": theme.halo, "text-halo-width": 1.2 };
  const labels = { type: "symbol", source: "atlas", "source-layer": labelLayer } as const;
  return [
    {
      ...labels,
      id: "thua_dat-so",
      minzoom: 16.5,
      maxzoom: 17.75,
      layout: { "text-field": ["get", "so_thu_tu_thua"], "text-font": theme.fonts, "text-size": 11, "text-padding": 1 },
      paint: text,
    },
    {
      ...labels,
      id: "thua_dat-nhan",
      minzoom: 17.75,
      layout: {
        "text-field": ["concat", ["get", "so_thu_tu_thua"], "\n", ["get", "loai_dat"]],
        "text-font": theme.fonts,
        "text-size": 12,
        "text-line-height": 1.15,
        "text-padding": 1,
      },
      paint: text,
    },
    ...communeNames(theme),
  ];
}
