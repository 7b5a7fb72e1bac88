/** A corner of a parcel in the plane of its zone, and the edge that starts there. */
export interface Corner {
  number: number;
  east_m: number;
  north_m: number;
  edge_m: number;
}

/** Corners of one ring in their order, without the repeated last one. */
export interface Ring {
  corners: Corner[];
  /** 1 when the parcel lies left of its edges, -1 when it lies right of them. */
  inner: 1 | -1;
}

/**
 * Rings of a parcel, each clockwise from its north-western corner, corners numbered through all of them; coordinates are
 * metres, easting first.
 */
export function ringsOf(geometry: GeoJSON.Polygon | GeoJSON.MultiPolygon): Ring[] {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  let number = 0;
  return polygons.flatMap((polygon) =>
    polygon.map((positions, index) => {
      const places = clockwise(positions.slice(0, -1).map(([east_m = 0, north_m = 0]) => ({ east_m, north_m })));
      const corners = places.map((place, at) => {
        const next = places[(at + 1) % places.length] ?? place;
        number += 1;
        return { number, ...place, edge_m: Math.hypot(next.east_m - place.east_m, next.north_m - place.north_m) };
      });
      return { corners, inner: index === 0 ? -1 : 1 };
    }),
  );
}

/** Length of all boundaries in metres. */
export function perimeter(rings: readonly Ring[]): number {
  return rings.flatMap((ring) => ring.corners).reduce((sum, corner) => sum + corner.edge_m, 0);
}

/** The longest of 1, 2, 5, 10, 20, 50 … metres that is not longer than `most_m`. */
export function roundLength(most_m: number): number {
  const power = 10 ** Math.floor(Math.log10(most_m));
  const step = [5, 2, 1].find((factor) => factor * power <= most_m) ?? 1;
  return step * power;
}

type Place = Pick<Corner, "east_m" | "north_m">;

function clockwise(places: readonly Place[]): Place[] {
  const turned = signedArea(places) > 0 ? [...places].reverse() : [...places];
  const westNorth = turned.map((place) => place.north_m - place.east_m);
  const first = westNorth.indexOf(Math.max(...westNorth));
  return [...turned.slice(first), ...turned.slice(0, first)];
}

function signedArea(places: readonly Place[]): number {
  return places.reduce((sum, one, at) => {
    const next = places[(at + 1) % places.length] ?? one;
    return sum + one.east_m * next.north_m - next.east_m * one.north_m;
  }, 0);
}
