import { LAND_USES, type CommuneEntry, type Manifest, type ThuaDat } from "@schemas/types";
import type { Translate } from "./i18n.ts";
import { communeKey } from "./state.ts";
import type { Lang } from "./url.ts";

/** One land use of a parcel: code, name in the language, colour. */
export interface LandUseName {
  code: string;
  name: string;
  rgb: string | null;
}

/** The land uses of `ONT+CLN`, main one first; a code nobody knows keeps its code as name. */
export function landUses(codes: string | null, manifest: Manifest, lang: Lang): LandUseName[] {
  return (codes ?? "")
    .split("+")
    .filter((code) => code !== "")
    .map((code) => {
      const legend = manifest.legend.find((entry) => entry.code === code);
      const known = LAND_USES[code];
      return { code, name: legend?.name[lang] ?? known?.[lang] ?? code, rgb: legend?.rgb ?? known?.rgb ?? null };
    });
}

/** The commune of a parcel or key; null when the release does not have it. */
export function communeOf(key: string | null, manifest: Manifest): CommuneEntry | null {
  return manifest.communes.find((commune) => communeKey(commune) === key) ?? null;
}

/** "Tờ 12, thửa 345". */
export function parcelName(parcel: ThuaDat, t: Translate): string {
  const sheet = t("sheet_title", { number: parcel.so_hieu_to_ban_do ?? t("no_number") });
  return `${sheet}, ${t("parcel", { number: parcel.so_thu_tu_thua ?? t("no_number") })}`;
}
