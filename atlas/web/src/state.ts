import type { ParcelFeature } from "./features.ts";
import type { Permalink } from "./url.ts";

/** West, south, east, north in degrees. */
export type Bounds = [west: number, south: number, east: number, north: number];

/** What is known of the chosen parcel. */
export type ParcelLoad =
  | { status: "none" }
  | { status: "loading" }
  | { status: "found"; feature: ParcelFeature; plan: ParcelFeature["geometry"] }
  | { status: "missing" }
  | { status: "unreachable" };

/** Heights of the panel on a small screen. */
export type Sheet = "peek" | "half" | "full";

/** Everything the atlas shows follows from this. */
export interface State extends Permalink {
  load: ParcelLoad;
  /** Where the map shall go; a new object is a new wish, even with the same bounds. */
  focus: { bounds: Bounds } | null;
  /** Zoom of the map as it is; `view` stays empty until someone moves it. */
  zoom: number | null;
  /** Land-use codes of the parcels now on the map, sorted, empty for none; the legend explains these and no others. */
  codesInView: readonly string[];
  /** How far the list or panel is drawn up on a small screen. */
  sheet: Sheet;
  /** The map cannot be drawn here (no WebGL) or its tiles cannot be read. */
  mapProblem: "no_webgl" | "no_tiles" | null;
}

/** Key of a commune: codes are reused between eras, so the era belongs to it. */
export function communeKey(commune: { ma_xa: string; ky_dia_gioi: string }): string {
  return `${commune.ma_xa}.${commune.ky_dia_gioi}`;
}

/** The commune key inside a parcel id `{ma_xa}.{ky_dia_gioi}.…`. */
export function communeOfParcel(parcelId: string): string {
  return parcelId.split(".").slice(0, 2).join(".");
}
