import type { Manifest } from "@schemas/types";
import { h } from "../dom.ts";
import { day } from "../format.ts";
import { translator } from "../i18n.ts";
import type { State } from "../state.ts";
import type { Store } from "../store.ts";

/** One line below the map: where the data come from, when they were released, and whether they are made up. */
export function mount(element: HTMLElement, store: Store<State>, manifest: Manifest): void {
  const render = (): void => {
    const { lang } = store.get();
    const t = translator(lang);
    const source = manifest.source && t("credit_source", { source: manifest.source[lang] });
    element.replaceChildren(
      h("span", {}, source ?? manifest.title[lang]),
      h("span", {}, t("credit_released", { date: day(manifest.generated_at, lang) })),
      ...(manifest.sample === true ? [h("b", {}, t("credit_sample"))] : []),
    );
  };
  render();
  store.subscribe((now, before) => {
    if (now.lang !== before.lang) render();
  });
}
