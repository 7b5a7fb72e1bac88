import { LAND_USES, type CommuneEntry, type Manifest, type Text, type ThuaDat } from "@schemas/types";
import type { Translate } from "./i18n.ts";
import { communeKey } from "./state.ts";
import type { Lang } from "./url.ts";

/** One land use of a parcel: code, name in the language, colour. */
export interface LandUseName {
  code: string;
  name: string;
  rgb: string | null;
}

/** Every land use by code: the code list, with the colours of the release over those of the list. */
export function landUsePalette(manifest: Manifest): Map<string, { name: Text; rgb: string | null; group: string }> {
  const listed = Object.entries(LAND_USES).map(
    ([code, { vi, en, rgb, group }]) => [code, { name: { vi, en }, rgb, group }] as const,
  );
  return new Map([...listed, ...manifest.legend.map((entry) => [entry.code, entry] as const)]);
}

/** The land uses of `ONT+CLN`, main one first; a code nobody knows keeps its code as name. */
export function landUses(codes: string | null, manifest: Manifest, lang: Lang): LandUseName[] {
  const palette = landUsePalette(manifest);
  const split = (codes ?? "").split("+").filter((code) => code !== "");
  return split.map((code) => ({ code, name: palette.get(code)?.name[lang] ?? code, rgb: palette.get(code)?.rgb ?? null }));
}

/** The commune of a parcel or key; null when the release does not have it. */
export function communeOf(key: string | null, manifest: Manifest): CommuneEntry | null {
  return manifest.communes.find((commune) => communeKey(commune) === key) ?? null;
}

/** Name of a commune; its code where no list knows the name. */
export function communeName(commune: CommuneEntry, t: Translate): string {
  return commune.ten_xa ?? t("commune_code", { code: commune.ma_xa });
}

/** Name without the word for the kind of unit, as it is said: "Thọ Bình" for "Xã Thọ Bình"; the code without a name. */
export function shortName(commune: CommuneEntry): string {
  return (commune.ten_xa ?? commune.ma_xa).replace(/^(?:xã|phường|thị trấn)\s+/i, "");
}

/** "Tờ 12, thửa 345". */
export function parcelName(parcel: ThuaDat, t: Translate): string {
  const sheet = t("sheet_title", { number: parcel.so_hieu_to_ban_do ?? t("no_number") });
  return `${sheet}, ${t("parcel", { number: parcel.so_thu_tu_thua ?? t("no_number") })}`;
}
