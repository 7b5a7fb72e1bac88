import type { CommuneEntry } from "@schemas/types";
import { foldWords, fold } from "./text.ts";

/** What a person asked for, as far as the words say. */
export type Query =
  | { kind: "empty" }
  | { kind: "parcel"; sheet: string | null; parcel: string | null; place: string }
  | { kind: "parcel_id"; id: string }
  | { kind: "national_id"; id: string }
  | { kind: "commune"; place: string };

// A sheet or parcel number: "12", "12a", "3-2019", and "AB" of foreign sheets.
const NUMBER = "(\\d[\\p{L}\\d]*(?:-[\\p{L}\\d]+)?|[\\p{L}]{1,2})(?![\\p{L}\\d])";
const SHEET = new RegExp(`(?<![\\p{L}\\d])(?:to(?:\\s+ban\\s+do)?|sheet)(?:\\s+so)?[\\s:.]*${NUMBER}`, "u");
const PARCEL = new RegExp(`(?<![\\p{L}\\d])(?:thua(?:\\s+dat)?|parcel)(?:\\s+so)?[\\s:.]*${NUMBER}`, "u");
const SLASH = new RegExp(`(?<![\\p{L}\\d/])${NUMBER}\\s*/\\s*${NUMBER}(?!\\s*/)`, "u");
const TWO_NUMBERS = /(?<![\p{L}\d])(\d+)[\s,;]+(\d+[a-z]?)(?![\p{L}\d])/u;

// `{ma_xa}.{ky_dia_gioi}.{loai_ban_do}.{to}.{thua}`
const PARCEL_ID = /^\w{5}\.\w+\.\w+\.[^.\s]+\.[^.\s]+$/u;
// 12 GeoHash characters (TT 19/2026); a digit among them tells them from a word.
const NATIONAL_ID = /^(?=.*\d)[0-9b-hjkmnp-z]{12}$/;

/** Understand "tờ 12 thửa 345 Thọ Bình", "to 12 thua 345", "12/345", an identifier or the name of a commune. */
export function parseQuery(input: string): Query {
  const text = input.normalize("NFC").trim();
  const folded = fold(text);
  if (!foldWords(text)) return { kind: "empty" };
  if (PARCEL_ID.test(text)) return { kind: "parcel_id", id: text };
  if (NATIONAL_ID.test(folded)) return { kind: "national_id", id: folded };
  const named = namedNumbers(text, folded) ?? pairOfNumbers(text, folded);
  return named ?? { kind: "commune", place: placeOf(folded) };
}

function namedNumbers(text: string, folded: string): Query | null {
  // Parcel first: its words are taken out before "tờ" is looked for.
  const parcel = take(PARCEL, text, folded);
  const sheet = take(SHEET, text, parcel.rest);
  if (!parcel.numbers.length && !sheet.numbers.length) return null;
  return {
    kind: "parcel",
    sheet: sheet.numbers[0] ?? null,
    parcel: parcel.numbers[0] ?? null,
    place: placeOf(sheet.rest),
  };
}

function pairOfNumbers(text: string, folded: string): Query | null {
  for (const pattern of [SLASH, TWO_NUMBERS]) {
    const pair = take(pattern, text, folded);
    const [sheet, parcel] = pair.numbers;
    if (sheet && parcel) return { kind: "parcel", sheet, parcel, place: placeOf(pair.rest) };
  }
  return null;
}

/** Match on the folded text, read the numbers from the original, blank out what was matched. */
function take(pattern: RegExp, text: string, folded: string): { numbers: string[]; rest: string } {
  const found = new RegExp(pattern.source, `${pattern.flags}d`).exec(folded);
  if (!found?.indices) return { numbers: [], rest: folded };
  const groups = found.indices.slice(1).filter((span) => span !== undefined);
  const numbers = groups.map(([from, to]) => tidyNumber(text.slice(from, to)));
  if (!numbers.every(isNumber)) return { numbers: [], rest: folded };
  const rest = folded.slice(0, found.index) + " ".repeat(found[0].length) + folded.slice(found.index + found[0].length);
  return { numbers, rest };
}

// Letters alone are a sheet ("AB") only in capitals: the "ở" of "thửa ở Thọ Bình" is a word.
function isNumber(text: string): boolean {
  return /\d/.test(text) || text === text.toUpperCase();
}

// The keys hold no leading zeros when all are digits.
function tidyNumber(number: string): string {
  return /^\d+$/.test(number) ? number.replace(/^0+(?=\d)/, "") : number;
}

const UNIT_WORDS = /^(?:(?:xa|phuong|thi tran|p|tt|x|o|tai|commune of|commune|ward|in|of|at)\s+)+/;
const TAIL = /\s+(?:(?:huyen|thi xa|thanh pho|tinh|district|province)\s.*|commune|ward)$/;

function placeOf(folded: string): string {
  return foldWords(folded).replace(TAIL, "").replace(UNIT_WORDS, "");
}

/** Communes a place name means: the exact ones when there are any, else those that contain it. Empty place: none. */
export function matchCommunes(place: string, communes: readonly CommuneEntry[]): CommuneEntry[] {
  if (!place) return [];
  const names = communes.map((commune) => ({ commune, names: namesOf(commune) }));
  const by = (test: (name: string) => boolean): CommuneEntry[] =>
    names.filter((entry) => entry.names.some(test)).map((entry) => entry.commune);
  const exact = by((name) => name === place);
  if (exact.length) return exact;
  const starting = by((name) => name.startsWith(place));
  return starting.length ? starting : by((name) => name.includes(place));
}

function namesOf(commune: CommuneEntry): string[] {
  const names = [commune.ten_xa, commune.ten_xa_en, commune.ten_xa_moi].filter((name) => name != null);
  return [commune.ma_xa.toLowerCase(), ...names.map((name) => placeOf(fold(name)))];
}

/** Spellings to try for a number with letters: as typed, upper case, lower case. */
export function spellings(number: string): string[] {
  return [...new Set([number, number.toUpperCase(), number.toLowerCase()])];
}
