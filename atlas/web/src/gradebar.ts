import type { CommuneEntry, Manifest } from "@schemas/types";
import { h, swatch } from "./dom.ts";
import { count } from "./format.ts";
import type { Lang } from "./url.ts";

/** The share of each grade as a bar, and below it the numbers; the numbers alone are read aloud. */
export function gradeBar(commune: CommuneEntry, manifest: Manifest, lang: Lang, label: string): HTMLElement {
  const bar = h("div", { class: "bar", "aria-hidden": "true" });
  const numbers = h("ul", { class: "numbers", "aria-label": label });
  for (const grade of manifest.grades) {
    const parcels = commune.grades[grade.code] ?? 0;
    const part = h("span", {});
    part.style.background = grade.rgb;
    part.style.flexGrow = String(parcels);
    if (parcels) bar.append(part);
    numbers.append(
      h("li", { title: grade.name[lang] }, swatch(grade.rgb), h("b", {}, grade.code), ` ${count(parcels, lang)}`),
    );
  }
  return h("div", { class: "grades" }, bar, numbers);
}
