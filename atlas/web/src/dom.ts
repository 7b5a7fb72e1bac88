import { FILL_OPACITY, PAPER } from "./theme.ts";

type Attributes = Record<string, string | number | boolean | ((event: Event) => void)>;
type Child = Node | string | null | false;

/**
 * Make an element. Functions are listeners (`click`), booleans set or leave out an attribute, `value` is set as
 * property; texts are never read as HTML.
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

/** A coloured square; it means nothing to a screen reader, the text beside it does. */
export function swatch(colour: string): HTMLElement {
  const square = h("span", { class: "swatch", "aria-hidden": "true" });
  square.style.background = `color-mix(in srgb, ${colour} ${FILL_OPACITY * 100}%, ${PAPER.background})`;
  return square;
}
