import { h } from "../dom.ts";
import { translator, type Word } from "../i18n.ts";
import type { State } from "../state.ts";
import type { Store } from "../store.ts";

/** One sentence about what cannot be shown: a fixed one, or what the map reports. */
export function mount(element: HTMLElement, store: Store<State>, fixed: Word | null = null): void {
  const render = (): void => {
    const { lang, mapProblem } = store.get();
    const word = fixed ?? mapProblem;
    element.replaceChildren(...(word ? [h("p", {}, translator(lang)(word))] : []));
  };
  render();
  store.subscribe((now, before) => {
    if (now.lang !== before.lang || now.mapProblem !== before.mapProblem) render();
  });
}
