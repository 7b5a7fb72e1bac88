import type { CommuneEntry, Manifest } from "@schemas/types";
import { h, swatch } from "./dom.ts";
import { count } from "./format.ts";
import type { Lang } from "./url.ts";

/** The share of each grade as a bar; the numbers are read aloud, not the bar. */
export function gradeBar(grades: CommuneEntry["grades"], manifest: Manifest): HTMLElement {
  const bar = h("div", { class: "bar", "aria-hidden": "true" });
  for (const { code, rgb } of manifest.grades) {
    const parcels = grades[code] ?? 0;
    const part = h("span", {});
    part.style.background = rgb;
    part.style.flexGrow = String(parcels);
    if (parcels) bar.append(part);
  }
  return bar;
}

/** Parcels by grade in numbers. */
export function gradeNumbers(grades: CommuneEntry["grades"], manifest: Manifest, lang: Lang, label: string): HTMLElement {
  const rows = manifest.grades.map(({ code, rgb, name }) =>
    h("li", { title: name[lang] }, swatch(rgb), h("b", {}, code), ` ${count(grades[code] ?? 0, lang)}`),
  );
  return h("ul", { class: "numbers", "aria-label": label }, ...rows);
}
