import { FINDINGS, type CommuneEntry, type Manifest } from "@schemas/types";
import { h } from "../dom.ts";
import { downloadAddress } from "../features.ts";
import { count, day, percent } from "../format.ts";
import { gradeBar } from "../gradebar.ts";
import { translator, type Translate, type Word } from "../i18n.ts";
import { communeKey, type State } from "../state.ts";
import type { Store } from "../store.ts";
import type { Lang } from "../url.ts";

/** Downloads in the order they are offered; one the release does not have is left out. */
const DOWNLOADS: readonly (readonly [kind: string, word: Word])[] = [
  ["findings_map", "download_findings_map"],
  ["findings_xlsx", "download_findings_xlsx"],
  ["findings_gpkg", "download_findings_gpkg"],
  ["parcels", "download_parcels"],
];

/** All communes of the release; the chosen one shows its findings and downloads. Hidden while a parcel is chosen. */
export function mount(element: HTMLElement, store: Store<State>, manifest: Manifest): void {
  const render = (): void => {
    const { lang, commune, parcel } = store.get();
    const t = translator(lang);
    element.hidden = parcel !== null;
    if (!manifest.communes.length) {
      element.replaceChildren(h("p", {}, t("release_empty")));
      return;
    }
    const cards = manifest.communes.map((entry) => card(entry, communeKey(entry) === commune, lang, t));
    element.replaceChildren(h("h2", {}, t("communes")), h("ul", { class: "communes" }, ...cards));
  };

  const card = (commune: CommuneEntry, chosen: boolean, lang: Lang, t: Translate): HTMLElement =>
    h(
      "li",
      chosen ? { class: "chosen" } : {},
      h(
        "button",
        {
          type: "button",
          class: "commune",
          id: `xa-${communeKey(commune)}`,
          "aria-expanded": String(chosen),
          click: () => choose(commune, chosen),
        },
        h("b", {}, commune.ten_xa),
        h("span", { class: "quiet" }, t("parcels", { count: count(commune.parcels, lang) })),
      ),
      gradeBar(commune, manifest, lang, t("grade_share")),
      Number.isFinite(commune.dqi) &&
        h("p", { class: "quiet", title: t("quality_title") }, t("quality", { dqi: percent(commune.dqi, lang) })),
      chosen && details(commune, lang, t),
    );

  const choose = (commune: CommuneEntry, chosen: boolean): void => {
    const key = communeKey(commune);
    store.set(chosen ? { commune: null } : { commune: key, focus: { bounds: commune.bbox } });
    document.getElementById(`xa-${key}`)?.focus();
  };

  render();
  store.subscribe((now, before) => {
    if (now.lang === before.lang && now.commune === before.commune && now.parcel === before.parcel) return;
    render();
    // Chosen on the map or returned to: the list may be long.
    if (now.commune) document.getElementById(`xa-${now.commune}`)?.closest("li")?.scrollIntoView({ block: "nearest" });
  });
}

function details(commune: CommuneEntry, lang: Lang, t: Translate): HTMLElement {
  const moved = commune.ten_xa_moi && commune.ten_xa_moi !== commune.ten_xa ? commune.ten_xa_moi : null;
  return h(
    "div",
    { class: "details" },
    moved && h("p", { class: "quiet" }, t("now_commune", { name: moved })),
    h("p", { class: "quiet" }, t("released", { date: day(commune.released_at, lang) })),
    h("h3", {}, t("downloads")),
    downloads(commune, t),
    h("h3", {}, t("findings")),
    findings(commune, lang, t),
  );
}

function findings(commune: CommuneEntry, lang: Lang, t: Translate): HTMLElement {
  const most = Object.entries(commune.findings).filter(([, number]) => number > 0);
  if (!most.length) return h("p", { class: "quiet" }, t("findings_none"));
  most.sort(([, one], [, other]) => other - one);
  const rows = most.map(([code, number]) =>
    h("li", {}, h("span", {}, FINDINGS[code]?.[lang] ?? code), h("span", { class: "number" }, count(number, lang))),
  );
  return h("ul", { class: "findings" }, ...rows);
}

function downloads(commune: CommuneEntry, t: Translate): HTMLElement {
  const links = DOWNLOADS.flatMap(([kind, word]) => {
    const path = commune.downloads[kind];
    return path ? [h("li", {}, h("a", { href: downloadAddress(path) }, t(word)))] : [];
  });
  return h("ul", { class: "links" }, ...links);
}
