import { ERAS, FINDINGS, MAP_TYPES, type Manifest, type ThuaDat } from "@schemas/types";
import { boundsOf } from "../bounds.ts";
import { h, swatch } from "../dom.ts";
import { parcelAddress, type ParcelFeature } from "../features.ts";
import { area, day, difference } from "../format.ts";
import { translator, type Translate, type Word } from "../i18n.ts";
import { communeName, communeOf, landUses } from "../naming.ts";
import { parcelPlan } from "../parcelplan.ts";
import { communeKey, type State } from "../state.ts";
import type { Store } from "../store.ts";
import { PAPER } from "../theme.ts";
import type { Lang } from "../url.ts";

/** Areas in the order the officer compares them; the first is what the others are compared with. */
const AREAS: readonly (readonly [column: "dien_tich_do" | "dien_tich_nhan" | "dien_tich" | "dien_tich_phap_ly", word: Word])[] = [
  ["dien_tich_do", "area_measured"],
  ["dien_tich_nhan", "area_label"],
  ["dien_tich", "area_register"],
  ["dien_tich_phap_ly", "area_legal"],
];

/** Everything public about the chosen parcel. Hidden while none is chosen. */
export function mount(element: HTMLElement, store: Store<State>, manifest: Manifest): void {
  const render = (): void => {
    const { lang, parcel, load } = store.get();
    const t = translator(lang);
    element.hidden = parcel === null;
    if (parcel === null) return element.replaceChildren();
    const back = h("button", { type: "button", class: "back", click: leave }, t("back"));
    const parts =
      load.status === "found" ? sheet(load, lang, t) : [h("p", { role: "status" }, sentence(load.status, parcel, t))];
    element.replaceChildren(back, ...parts);
  };

  // Back to where one came from: the commune in the list.
  const leave = (): void => {
    const { commune } = store.get();
    store.set({ parcel: null });
    (document.getElementById(`xa-${commune}`) ?? document.getElementById("panel"))?.focus();
  };

  const sheet = ({ feature, plan }: Found, lang: Lang, t: Translate): (HTMLElement | "")[] => {
    const parcel = feature.properties;
    const srid = communeOf(communeKey(parcel), manifest)?.srid;
    return [
      heading(parcel, manifest, t),
      landUse(parcel, manifest, lang, t),
      areas(parcel, lang, t),
      grade(parcel, manifest, lang, t),
      plan && srid !== undefined ? parcelPlan(parcel, plan, srid, lang, t) : "",
      details(parcel, lang, t),
      actions(feature, store, t),
      h("p", { class: "quiet small" }, t("not_legal")),
      h("p", { class: "printed small" }),
    ];
  };

  // On paper everything is open, and says where it comes from.
  addEventListener("beforeprint", () => {
    const { lang } = store.get();
    const words = translator(lang)("printed", { date: day(new Date().toISOString(), lang), link: location.href });
    for (const line of element.querySelectorAll(".printed")) line.textContent = words;
    for (const fold of element.querySelectorAll("details")) fold.open = true;
  });
  document.getElementById("panel")?.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && store.get().parcel !== null) leave();
  });
  render();
  store.subscribe((now, before) => {
    if (now.lang !== before.lang || now.parcel !== before.parcel || now.load !== before.load) render();
  });
}

type Found = Extract<State["load"], { status: "found" }>;

function sentence(status: State["load"]["status"], parcel: string, t: Translate): string {
  if (status === "missing") return t("parcel_missing", { id: parcel });
  return t(status === "unreachable" ? "api_unreachable" : "parcel_loading");
}

function heading(parcel: ThuaDat, manifest: Manifest, t: Translate): HTMLElement {
  const commune = communeOf(communeKey(parcel), manifest);
  const missing = t("no_number");
  return h(
    "div",
    { class: "heading" },
    h("p", { class: "quiet" }, commune ? communeName(commune, t) : parcel.ma_xa),
    h(
      "h2",
      { id: "parcel-name" },
      h("span", {}, t("sheet_title", { number: parcel.so_hieu_to_ban_do ?? missing })),
      " ",
      h("span", {}, t("parcel_title", { number: parcel.so_thu_tu_thua ?? missing })),
    ),
  );
}

function landUse(parcel: ThuaDat, manifest: Manifest, lang: Lang, t: Translate): HTMLElement {
  const uses = landUses(parcel.loai_dat, manifest, lang);
  const recorded = parcel.loai_dat_ghi && parcel.loai_dat_ghi !== parcel.loai_dat ? parcel.loai_dat_ghi : null;
  return section(
    t("land_use"),
    uses.length === 0 && h("p", {}, t("land_use_none")),
    h(
      "ul",
      { class: "uses" },
      ...uses.map((use) => h("li", {}, swatch(use.rgb ?? PAPER.unknown), h("span", { class: "code" }, use.code), h("span", {}, use.name))),
    ),
    recorded && h("p", { class: "quiet" }, `${t("land_use_recorded")}: ${recorded}`),
    parcel.la_doi_tuong_chiem_dat === true && h("p", { class: "quiet" }, t("ground_object")),
  );
}

function areas(parcel: ThuaDat, lang: Lang, t: Translate): HTMLElement {
  const measured_m2 = parcel.dien_tich_do;
  const rows = AREAS.map(([column, word]) => {
    const value_m2 = parcel[column];
    const compared = value_m2 !== null && measured_m2 && column !== "dien_tich_do";
    const note = compared ? difference(value_m2, measured_m2, lang) : "";
    const value = value_m2 === null ? "–" : area(value_m2, lang);
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, t(word)),
      h("td", {}, value, note && h("span", { class: "quiet small" }, `${note} ${t("area_difference")}`)),
    );
  });
  return section(t("areas"), h("table", { class: "areas" }, h("tbody", {}, ...rows)));
}

function grade(parcel: ThuaDat, manifest: Manifest, lang: Lang, t: Translate): HTMLElement {
  const entry = manifest.grades.find((candidate) => candidate.code === parcel.xep_loai);
  const reasons = (parcel.ly_do ?? "").split(",").filter((code) => code !== "");
  return section(
    t("grade"),
    h(
      "p",
      { class: "grade" },
      entry ? swatch(entry.rgb) : null,
      h("b", {}, entry?.name[lang] ?? parcel.xep_loai ?? t("grade_none")),
    ),
    reasons.length
      ? h("ul", { class: "reasons", "aria-label": t("reasons") }, ...reasons.map((code) => reason(code, lang, t)))
      : h("p", { class: "quiet" }, t("no_reasons")),
  );
}

/** What is wrong, and what to do about it. */
function reason(code: string, lang: Lang, t: Translate): HTMLElement {
  const finding = FINDINGS[code];
  if (!finding) return h("li", {}, code);
  const what = finding.message?.[lang] ?? `${finding[lang]}.`;
  return h("li", {}, h("p", {}, what), h("p", { class: "quiet" }, h("b", {}, `${t("remedy")}: `), finding.remedy[lang]));
}

function details(parcel: ThuaDat, lang: Lang, t: Translate): HTMLElement {
  const rows: [string, string | null][] = [
    [t("address"), parcel.dia_chi],
    [t("national_id"), parcel.ma_dinh_danh_thua ?? t("national_id_none")],
    [t("map_type"), parcel.loai_ban_do && (MAP_TYPES[parcel.loai_ban_do]?.[lang] ?? parcel.loai_ban_do)],
    [t("era"), ERAS[parcel.ky_dia_gioi]?.[lang] ?? parcel.ky_dia_gioi],
    [t("valid_from"), parcel.valid_from && day(parcel.valid_from, lang)],
  ];
  const known = rows.filter((row): row is [string, string] => !!row[1]);
  return section(t("details"), h("dl", {}, ...known.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
}

function actions(feature: ParcelFeature, store: Store<State>, t: Translate): HTMLElement {
  const said = h("p", { role: "status", class: "quiet small" });
  const bounds = boundsOf(feature.geometry);
  const copy = async (): Promise<void> => {
    const link = location.href;
    try {
      await navigator.clipboard.writeText(link);
      said.textContent = t("copied");
    } catch {
      // No clipboard without HTTPS or permission: show the link so that it can be copied by hand.
      said.textContent = t("copy_failed", { link });
    }
  };
  return h(
    "div",
    { class: "actions" },
    h("button", { type: "button", class: "primary", click: () => void copy() }, t("copy_link")),
    h("button", { type: "button", click: () => print() }, t("print")),
    bounds && h("button", { type: "button", click: () => store.set({ focus: { bounds } }) }, t("zoom_parcel")),
    h("a", { class: "button", href: parcelAddress(feature.properties.thua_dat_id) }, t("as_json")),
    said,
  );
}

function section(title: string, ...children: (Node | string | null | false)[]): HTMLElement {
  return h("section", {}, h("h3", {}, title), ...children);
}
