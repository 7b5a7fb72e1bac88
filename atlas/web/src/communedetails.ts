import { FINDINGS, type CommuneEntry } from "@schemas/types";
import { h } from "./dom.ts";
import { downloadAddress } from "./features.ts";
import { count, day } from "./format.ts";
import type { Translate, Word } from "./i18n.ts";
import type { Lang } from "./url.ts";

/** Downloads in the order they are offered; one the release does not have is left out. */
const DOWNLOADS: readonly (readonly [kind: string, word: Word])[] = [
  ["findings_map", "download_findings_map"],
  ["findings_xlsx", "download_findings_xlsx"],
  ["findings_gpkg", "download_findings_gpkg"],
  ["parcels", "download_parcels"],
];

/** What the list shows of the chosen commune: when it was released, its files, its findings. */
export function communeDetails(commune: CommuneEntry, lang: Lang, t: Translate): HTMLElement {
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
