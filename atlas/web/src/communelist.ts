import type { CommuneEntry } from "@schemas/types";
import { shortName } from "./naming.ts";
import { foldWords } from "./text.ts";

/** Orders of the list of communes. */
export const ORDERS = ["name", "grade_3", "dqi"] as const;
export type Order = (typeof ORDERS)[number];

const COLLATOR = new Intl.Collator("vi");

/** The communes in an order: by name (those without one last), the worst first by share of grade 3, the lowest data quality first. */
export function sorted(communes: readonly CommuneEntry[], order: Order): CommuneEntry[] {
  const rank = {
    name: () => 0,
    grade_3: (commune: CommuneEntry) => -(commune.parcels ? commune.grades["3"] / commune.parcels : 0),
    dqi: (commune: CommuneEntry) => (Number.isFinite(commune.dqi) ? commune.dqi : 1),
  }[order];
  const byName = (one: CommuneEntry, other: CommuneEntry): number => COLLATOR.compare(shortName(one), shortName(other));
  const nameless = (commune: CommuneEntry): number => Number(commune.ten_xa === null);
  return [...communes].sort(
    (one, other) => rank(one) - rank(other) || nameless(one) - nameless(other) || byName(one, other),
  );
}

/** What a commune is found by in the list: its names, old and new, and its code, without diacritics. */
export function listText(commune: CommuneEntry): string {
  const names = [commune.ten_xa, commune.ten_xa_en, commune.ten_xa_moi, commune.ma_xa, commune.ma_xa_moi];
  return foldWords(names.filter((name) => name != null).join(" "));
}

/** Names that more than one commune has; these are shown with the code. */
export function sharedNames(communes: readonly CommuneEntry[]): ReadonlySet<string> {
  const names = communes.map(shortName);
  const seen = new Set<string>();
  return new Set(names.filter((name) => seen.has(name) || !seen.add(name)));
}

/** Parcels of all communes by grade, and how many there are. */
export function totals(communes: readonly CommuneEntry[]): Pick<CommuneEntry, "parcels" | "area_m2" | "grades"> {
  const sum = (of: (commune: CommuneEntry) => number): number => communes.reduce((total, commune) => total + of(commune), 0);
  const grade = (code: "1" | "2a" | "2b" | "3"): number => sum((commune) => commune.grades[code] ?? 0);
  return {
    parcels: sum((commune) => commune.parcels),
    area_m2: sum((commune) => commune.area_m2),
    grades: { "1": grade("1"), "2a": grade("2a"), "2b": grade("2b"), "3": grade("3") },
  };
}
