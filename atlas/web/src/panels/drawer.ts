import { h } from "../dom.ts";
import { translator } from "../i18n.ts";
import { isSmall } from "../screen.ts";
import { restingPlace, sheetHeights } from "../sheet.ts";
import type { State } from "../state.ts";
import type { Store } from "../store.ts";

/** A finger that moves less is a tap. */
const TAP_PX = 6;

/** The handle that draws the panel up and down on a small screen, by a drag or a tap; hidden on a large one. */
export function mount(element: HTMLElement, store: Store<State>): void {
  const handle = h("button", { type: "button", class: "handle", click: () => toggle(store) });
  const head = document.getElementById("search");
  const heights = (): ReturnType<typeof sheetHeights> =>
    sheetHeights(innerHeight, head?.querySelector("form")?.getBoundingClientRect().bottom ?? 0);
  const settle = (): void => element.style.setProperty("--sheet", `${heights()[store.get().sheet]}px`);

  const render = (): void => {
    const { lang, sheet } = store.get();
    document.body.dataset["sheet"] = sheet;
    handle.setAttribute("aria-expanded", String(sheet !== "peek"));
    handle.setAttribute("aria-label", translator(lang)(sheet === "peek" ? "panel_open" : "panel_close"));
    settle();
  };

  element.prepend(handle);
  letDrag(element, handle, store, heights, settle);
  render();
  addEventListener("resize", settle);
  followKeyboard();
  store.subscribe((now, before) => {
    if (now.lang !== before.lang || now.sheet !== before.sheet) render();
    if (now.parcel !== null && now.parcel !== before.parcel) element.scrollTop = 0;
  });
}

function toggle(store: Store<State>): void {
  store.set({ sheet: store.get().sheet === "peek" ? "half" : "peek" });
}

/** The panel follows the finger on its handle; drawn down, it can be taken anywhere. */
function letDrag(
  element: HTMLElement,
  handle: HTMLElement,
  store: Store<State>,
  heights: () => ReturnType<typeof sheetHeights>,
  settle: () => void,
): void {
  let start: { y: number; height: number } | null = null;
  let last = { y: 0, at: 0, speed: 0 };
  let moved = false;

  element.addEventListener("pointerdown", (event) => {
    const onHandle = handle.contains(event.target as Node);
    if (!isSmall() || !event.isPrimary || (!onHandle && store.get().sheet !== "peek")) return;
    start = { y: event.clientY, height: element.getBoundingClientRect().height };
    last = { y: event.clientY, at: event.timeStamp, speed: 0 };
    moved = false;
  });
  addEventListener("pointermove", (event) => {
    if (!start || !event.isPrimary) return;
    if (!moved && Math.abs(event.clientY - start.y) < TAP_PX) return;
    moved = true;
    element.dataset["dragging"] = "true";
    const past_ms = Math.max(event.timeStamp - last.at, 1);
    last = { y: event.clientY, at: event.timeStamp, speed: (last.y - event.clientY) / past_ms };
    const { peek, full } = heights();
    const height = Math.min(Math.max(start.height + start.y - event.clientY, peek), full);
    element.style.setProperty("--sheet", `${height}px`);
  });
  const letGo = (event: PointerEvent): void => {
    if (!start || !event.isPrimary) return;
    start = null;
    delete element.dataset["dragging"];
    if (!moved) return;
    const speed = event.timeStamp - last.at > 100 ? 0 : last.speed;
    store.set({ sheet: restingPlace(element.getBoundingClientRect().height, speed, heights()) });
    settle();
  };
  addEventListener("pointerup", letGo);
  addEventListener("pointercancel", letGo);
  // A drag ends in a click on whatever is under the finger; it means nothing. One by keyboard has no pointer before it.
  const swallow = (event: MouseEvent): void => {
    if (!moved || event.detail === 0) return;
    moved = false;
    event.stopPropagation();
    event.preventDefault();
  };
  element.addEventListener("click", swallow, { capture: true });
}

/** `--visible` is the height that a phone's keyboard leaves; lists of results stay within it. */
function followKeyboard(): void {
  const tell = (): void => {
    document.body.style.setProperty("--visible", `${visualViewport?.height ?? innerHeight}px`);
  };
  tell();
  visualViewport?.addEventListener("resize", tell);
}
