import { LAND_USES, type ThuaDat } from "@schemas/types";
import { h } from "./dom.ts";
import type { ParcelFeature } from "./features.ts";
import { area, metres } from "./format.ts";
import type { Translate } from "./i18n.ts";
import { perimeter, ringsOf, type Ring } from "./plan.ts";
import { sketch } from "./sketch.ts";
import { PAPER } from "./theme.ts";
import type { Lang } from "./url.ts";

/** Corners listed at most; a road through a whole sheet has thousands, and they are in the JSON data. */
const MOST_CORNERS = 200;

/** The sketch of a parcel, its perimeter and coordinate system, and the table of its corners. */
export function parcelPlan(
  parcel: ThuaDat,
  geometry: NonNullable<ParcelFeature["geometry"]>,
  srid: number,
  lang: Lang,
  t: Translate,
): HTMLElement {
  const rings = ringsOf(geometry);
  const title = t("sketch_title", { sheet: parcel.so_hieu_to_ban_do ?? "–", parcel: parcel.so_thu_tu_thua ?? "–" });
  const fill = LAND_USES[(parcel.loai_dat ?? "").split("+")[0] ?? ""]?.rgb ?? PAPER.unknown;
  return h(
    "section",
    { class: "plan" },
    h("h3", {}, t("sketch")),
    sketch(rings, fill, lang, { title, north: t("north") }),
    h(
      "p",
      { class: "quiet small" },
      [
        parcel.dien_tich_do !== null && `${t("areas")} ${area(parcel.dien_tich_do, lang)}`,
        t("perimeter", { length: metres(perimeter(rings), lang) }),
        isVn2000(srid) ? `VN-2000, EPSG:${srid}` : `EPSG:${srid}`,
      ]
        .filter(Boolean)
        .join(" · "),
    ),
    corners(rings, lang, t),
  );
}

function corners(rings: readonly Ring[], lang: Lang, t: Translate): HTMLElement {
  const all = rings.flatMap((ring) => ring.corners);
  if (all.length > MOST_CORNERS) return h("p", { class: "quiet small" }, t("corners_many", { count: all.length }));
  const heads = [t("corner"), t("corner_north"), t("corner_east"), t("corner_edge")];
  const rows = all.map((corner) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, String(corner.number)),
      ...[corner.north_m, corner.east_m, corner.edge_m].map((value_m) => h("td", {}, metres(value_m, lang))),
    ),
  );
  return h(
    "details",
    { class: "corners" },
    h("summary", {}, t("corners", { count: all.length })),
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, ...rows),
    ),
  );
}

// Zones of EPSG: UTM 3405 and 3406, three degrees 5896 to 5899 and 9205 to 9218.
function isVn2000(srid: number): boolean {
  return [3405, 3406, 5896, 5897, 5898, 5899].includes(srid) || (srid >= 9205 && srid <= 9218);
}
