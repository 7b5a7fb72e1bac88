import type { Manifest, ThuaDat } from "@schemas/types";

/** One parcel of the API, in longitude and latitude. */
export interface ParcelFeature {
  type: "Feature";
  id: string;
  geometry: GeoJSON.Polygon | GeoJSON.MultiPolygon | null;
  properties: ThuaDat;
}

/** A page of parcels. */
export interface ParcelPage {
  features: ParcelFeature[];
  numberMatched?: number;
}

/** The answer could not be had: no connection, or the server said it cannot. */
export class UnreachableError extends Error {}

const API = "/api";
const ITEMS = `${API}/collections/parcels/items`;
const CHANGES = `${API}/collections/changes/items`;

/** An entry of the feed about a parcel that ended: its successors, joined by commas. */
interface Ended {
  properties: { successors: string | null; ma_dinh_danh_thua: string | null };
}

/** Address of a parcel as JSON. */
export function parcelAddress(id: string): string {
  return `${ITEMS}/${encodeURIComponent(id)}?f=json`;
}

/** Address of a file of the release. */
export function downloadAddress(path: string): string {
  return `/downloads/${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** The release there is now; null when nothing has been released yet. Raises: UnreachableError. */
export async function fetchManifest(): Promise<Manifest | null> {
  return getJson<Manifest>("/release/manifest.json");
}

/** One parcel; null when there is none of that id. Raises: UnreachableError. */
export async function fetchParcel(id: string, signal?: AbortSignal): Promise<ParcelFeature | null> {
  return getJson<ParcelFeature>(parcelAddress(id), signal);
}

/**
 * Geometry of a parcel in the zone it was measured in, easting before northing, in metres; null when the server does
 * not give it: the panel then does without a sketch.
 */
export async function fetchPlan(id: string, srid: number, signal?: AbortSignal): Promise<ParcelFeature["geometry"]> {
  const crs = encodeURIComponent(`http://www.opengis.net/def/crs/EPSG/0/${srid}`);
  try {
    return (await getJson<ParcelFeature>(`${parcelAddress(id)}&crs=${crs}`, signal))?.geometry ?? null;
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    console.error("plan:", error);
    return null;
  }
}

/** Property to the values it may have. */
export type Wanted = Partial<Record<keyof ThuaDat, readonly string[]>>;

/** Parcels with one of the values in every property named, at most `limit`; one request. Raises: UnreachableError. */
export async function findParcels(wanted: Wanted, limit: number): Promise<ParcelPage> {
  const query = new URLSearchParams({ f: "json", limit: String(limit), filter: filterText(wanted) });
  return (await getJson<ParcelPage>(`${ITEMS}?${query}`)) ?? { features: [] };
}

/** What is there now of a parcel that is no more: its land under another key, or in parts. Raises: UnreachableError. */
export async function findSuccessors(id: string, limit: number): Promise<ParcelFeature[]> {
  const query = new URLSearchParams({ f: "json", thua_dat_id: id, what: "removed", sortby: "-sequence", limit: "1" });
  const gone = (await getJson<{ features: Ended[] }>(`${CHANGES}?${query}`))?.features[0]?.properties;
  if (gone?.successors) {
    const ids = gone.successors.split(",");
    const found = (await findParcels({ thua_dat_id: ids }, limit)).features;
    // Those may have ended, too; each end leads to something later, so this comes to an end.
    return found.length ? found : (await Promise.all(ids.map((one) => findSuccessors(one, limit)))).flat();
  }
  if (!gone?.ma_dinh_danh_thua) return [];
  return (await findParcels({ ma_dinh_danh_thua: [gone.ma_dinh_danh_thua] }, limit)).features;
}

/** Write what is wanted as CQL2 text. */
export function filterText(wanted: Wanted): string {
  const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`;
  return Object.entries(wanted)
    .map(([name, values]) => `${name} IN (${values.map(quoted).join(", ")})`)
    .join(" AND ");
}

async function getJson<T>(address: string, signal?: AbortSignal): Promise<T | null> {
  try {
    const response = await fetch(address, { headers: { accept: "application/json" }, ...(signal ? { signal } : {}) });
    if (response.status === 404) return null;
    if (!response.ok) throw new UnreachableError(`${address}: ${response.status}`);
    return (await response.json()) as T;
  } catch (error) {
    if (signal?.aborted || error instanceof UnreachableError) throw error;
    throw new UnreachableError(`${address}: ${String(error)}`);
  }
}
