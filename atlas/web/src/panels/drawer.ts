import { h } from "../dom.ts";
import { translator } from "../i18n.ts";
import type { State } from "../state.ts";
import type { Store } from "../store.ts";

/** The handle that draws the panel up and down on a small screen; style sheets hide it on a large one. */
export function mount(element: HTMLElement, store: Store<State>): void {
  const handle = h("button", { type: "button", class: "handle", click: () => store.set({ sheetOpen: !store.get().sheetOpen }) });
  const render = (): void => {
    const { lang, sheetOpen } = store.get();
    document.body.dataset["sheet"] = sheetOpen ? "open" : "closed";
    handle.setAttribute("aria-expanded", String(sheetOpen));
    handle.setAttribute("aria-label", translator(lang)(sheetOpen ? "panel_close" : "panel_open"));
  };
  element.prepend(handle);
  render();
  store.subscribe((now, before) => {
    if (now.lang !== before.lang || now.sheetOpen !== before.sheetOpen) render();
    if (now.parcel !== null && now.parcel !== before.parcel) element.scrollTop = 0;
  });
}
