import type { Text } from "@schemas/types";
import { h } from "../dom.ts";
import { translator } from "../i18n.ts";
import type { State } from "../state.ts";
import type { Store } from "../store.ts";
import { LANGS, type Lang } from "../url.ts";

const LANG_NAMES: Record<Lang, { short: string; long: string }> = {
  vi: { short: "VI", long: "Tiếng Việt" },
  en: { short: "EN", long: "English" },
};

/** Title of the release and the choice of language. */
export function mount(element: HTMLElement, store: Store<State>, title: Text): void {
  const render = (): void => {
    const { lang } = store.get();
    const t = translator(lang);
    element.replaceChildren(
      h("div", {}, h("h1", {}, title[lang]), h("p", { class: "subtitle" }, t("subtitle"))),
      h("div", { class: "langs", role: "group", "aria-label": t("language") }, ...LANGS.map((code) => button(code, lang))),
    );
  };
  const button = (code: Lang, lang: Lang): HTMLElement =>
    h(
      "button",
      {
        type: "button",
        lang: code,
        id: `lang-${code}`,
        "aria-pressed": String(code === lang),
        "aria-label": `${LANG_NAMES[code].short}, ${LANG_NAMES[code].long}`,
        click: () => {
          store.set({ lang: code });
          document.getElementById(`lang-${code}`)?.focus();
        },
      },
      LANG_NAMES[code].short,
    );
  render();
  store.subscribe((now, before) => {
    if (now.lang !== before.lang) render();
  });
}
