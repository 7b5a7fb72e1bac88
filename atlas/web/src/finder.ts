import type { CommuneEntry } from "@schemas/types";
import { fetchParcel, findParcels, findSuccessors, type ParcelFeature, type Wanted } from "./features.ts";
import { matchCommunes, parseQuery, spellings, type Query } from "./search.ts";
import { communeKey } from "./state.ts";

/** What a search came to. */
export type Outcome =
  | { kind: "empty" }
  | { kind: "parcels"; parcels: ParcelFeature[]; total: number }
  | { kind: "communes"; communes: CommuneEntry[] }
  | { kind: "no_parcel"; query: Query }
  | { kind: "no_commune"; place: string };

/** Candidates shown at most. */
const LIMIT = 20;
/** Communes asked for when a name means several. */
const MOST_COMMUNES = 50;

/** Answer what was typed; parcels of `near` (a commune key) come first. Raises: UnreachableError. */
export async function find(input: string, communes: readonly CommuneEntry[], near: string | null): Promise<Outcome> {
  const query = parseQuery(input);
  if (query.kind === "empty") return query;
  if (query.kind === "commune") return findCommunes(query.place, communes);
  if (query.kind === "parcel") return findNumbered(query, communes, near);
  const parcels = await findIdentified(query);
  return parcelsOr(query, parcels, parcels.length, near);
}

function findCommunes(place: string, communes: readonly CommuneEntry[]): Outcome {
  const matches = matchCommunes(place, communes);
  return matches.length ? { kind: "communes", communes: matches } : { kind: "no_commune", place };
}

async function findIdentified(query: { kind: "parcel_id" | "national_id"; id: string }): Promise<ParcelFeature[]> {
  if (query.kind === "national_id") return (await findParcels({ ma_dinh_danh_thua: [query.id] }, LIMIT)).features;
  const parcel = await fetchParcel(query.id);
  return parcel ? [parcel] : findSuccessors(query.id, LIMIT);
}

async function findNumbered(
  query: Query & { kind: "parcel" },
  communes: readonly CommuneEntry[],
  near: string | null,
): Promise<Outcome> {
  const matches = matchCommunes(query.place, communes);
  if (query.place && !matches.length) return { kind: "no_commune", place: query.place };
  const places = matches.slice(0, MOST_COMMUNES);
  const place: Wanted = places.length
    ? { ma_xa: distinct(places, "ma_xa"), ky_dia_gioi: distinct(places, "ky_dia_gioi") }
    : {};
  const sheet = query.sheet === null ? null : spellings(query.sheet);
  const parcel = query.parcel === null ? null : spellings(query.parcel);
  const now: Wanted = { ...(sheet && { so_hieu_to_ban_do: sheet }), ...(parcel && { so_thu_tu_thua: parcel }) };
  let page = await findParcels({ ...place, ...now }, LIMIT);
  if (!page.features.length) {
    // Papers bear the numbers of their day: those of before a reform of the communes.
    const then: Wanted = { ...(sheet && { so_hieu_to_ban_do_cu: sheet }), ...(parcel && { so_thu_tu_thua_cu: parcel }) };
    page = await findParcels({ ...place, ...then }, LIMIT);
  }
  return parcelsOr(query, page.features, page.numberMatched ?? page.features.length, near);
}

function distinct(communes: readonly CommuneEntry[], column: "ma_xa" | "ky_dia_gioi"): string[] {
  return [...new Set(communes.map((commune) => commune[column]))];
}

function parcelsOr(query: Query, found: ParcelFeature[], total: number, near: string | null): Outcome {
  if (!found.length) return { kind: "no_parcel", query };
  const isNear = (parcel: ParcelFeature): boolean => communeKey(parcel.properties) === near;
  return { kind: "parcels", parcels: [...found.filter(isNear), ...found.filter((parcel) => !isNear(parcel))], total };
}
