import type { Bounds } from "./state.ts";

/** Smallest bounds around a geometry of polygons; null when it has no position. */
export function boundsOf(geometry: GeoJSON.Polygon | GeoJSON.MultiPolygon | null): Bounds | null {
  if (!geometry) return null;
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const positions = polygons.flatMap((polygon) => polygon[0] ?? []);
  return positions.reduce<Bounds | null>((bounds, [lon, lat]) => {
    if (lon === undefined || lat === undefined) return bounds;
    if (!bounds) return [lon, lat, lon, lat];
    return [Math.min(bounds[0], lon), Math.min(bounds[1], lat), Math.max(bounds[2], lon), Math.max(bounds[3], lat)];
  }, null);
}

/** Smallest bounds around several; null when there is none. */
export function unionOf(all: readonly Bounds[]): Bounds | null {
  return all.reduce<Bounds | null>((union, next) => {
    if (!union) return next;
    return [
      Math.min(union[0], next[0]),
      Math.min(union[1], next[1]),
      Math.max(union[2], next[2]),
      Math.max(union[3], next[3]),
    ];
  }, null);
}
