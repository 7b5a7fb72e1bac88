import type { CommuneEntry } from "@schemas/types";
import { fetchParcel, findParcels, type ParcelFeature } from "./features.ts";
import { matchCommunes, parseQuery, spellings, type Query } from "./search.ts";
import { communeKey } from "./state.ts";

/** What a search came to. */
export type Outcome =
  | { kind: "empty" }
  | { kind: "parcels"; parcels: ParcelFeature[]; more: boolean }
  | { kind: "communes"; communes: CommuneEntry[] }
  | { kind: "no_parcel"; query: Query }
  | { kind: "no_commune"; place: string };

/** Candidates shown at most. */
const LIMIT = 20;
/** Communes asked at once when a name means several. */
const MOST_COMMUNES = 8;

/** Answer what was typed; parcels of `near` (a commune key) come first. Raises: UnreachableError. */
export async function find(input: string, communes: readonly CommuneEntry[], near: string | null): Promise<Outcome> {
  const query = parseQuery(input);
  if (query.kind === "empty") return query;
  if (query.kind === "commune") return findCommunes(query.place, communes);
  if (query.kind === "parcel") return findNumbered(query, communes, near);
  return parcelsOr(query, await findIdentified(query), near);
}

function findCommunes(place: string, communes: readonly CommuneEntry[]): Outcome {
  const matches = matchCommunes(place, communes);
  return matches.length ? { kind: "communes", communes: matches } : { kind: "no_commune", place };
}

async function findIdentified(query: { kind: "parcel_id" | "national_id"; id: string }): Promise<ParcelFeature[]> {
  if (query.kind === "national_id") return (await findParcels({ ma_dinh_danh_thua: query.id }, LIMIT + 1)).features;
  const parcel = await fetchParcel(query.id);
  return parcel ? [parcel] : [];
}

async function findNumbered(
  query: Query & { kind: "parcel" },
  communes: readonly CommuneEntry[],
  near: string | null,
): Promise<Outcome> {
  const matches = matchCommunes(query.place, communes);
  if (query.place && !matches.length) return { kind: "no_commune", place: query.place };
  const places = query.place
    ? matches.slice(0, MOST_COMMUNES).map(({ ma_xa, ky_dia_gioi }) => ({ ma_xa, ky_dia_gioi }))
    : [{}];
  for (const numbers of numberSpellings(query)) {
    const pages = await Promise.all(places.map((place) => findParcels({ ...place, ...numbers }, LIMIT + 1)));
    const parcels = pages.flatMap((page) => page.features);
    if (parcels.length) return parcelsOr(query, parcels, near);
  }
  return { kind: "no_parcel", query };
}

function numberSpellings(query: Query & { kind: "parcel" }): { so_hieu_to_ban_do?: string; so_thu_tu_thua?: string }[] {
  const sheets = query.sheet === null ? [{}] : spellings(query.sheet).map((number) => ({ so_hieu_to_ban_do: number }));
  const parcels = query.parcel === null ? [{}] : spellings(query.parcel).map((number) => ({ so_thu_tu_thua: number }));
  return sheets.flatMap((sheet) => parcels.map((parcel) => ({ ...sheet, ...parcel })));
}

function parcelsOr(query: Query, found: ParcelFeature[], near: string | null): Outcome {
  if (!found.length) return { kind: "no_parcel", query };
  const isNear = (parcel: ParcelFeature): boolean => communeKey(parcel.properties) === near;
  const parcels = [...found.filter(isNear), ...found.filter((parcel) => !isNear(parcel))];
  return { kind: "parcels", parcels: parcels.slice(0, LIMIT), more: parcels.length > LIMIT };
}
