import { LAND_GROUPS, type Manifest } from "@schemas/types";
import { h, swatch } from "../dom.ts";
import { translator, type Word } from "../i18n.ts";
import { landUsePalette } from "../naming.ts";
import { isSmall } from "../screen.ts";
import type { State } from "../state.ts";
import type { Store } from "../store.ts";
import { PARCEL_ZOOM } from "../style.ts";
import { PAPER } from "../theme.ts";
import { THEMES, type Theme } from "../url.ts";

const THEME_WORDS: Record<Theme, Word> = { loai_dat: "by_land_use", xep_loai: "by_grade" };
/** Groups in the order of TT 08/2024/TT-BTNMT. */
const GROUPS = ["NNP", "PNN", "CSD"] as const;

/** What the colours mean, and the switch between land use and grade. */
export function mount(element: HTMLElement, store: Store<State>, manifest: Manifest): void {
  // Where it would take much of the map the legend starts folded; the switch stays in reach.
  let open = !isSmall() && innerWidth >= 1100;

  const render = (): void => {
    const { lang, theme, zoom } = store.get();
    const t = translator(lang);
    const far = isFar(zoom);
    const entries = far || theme === "xep_loai" ? grades(manifest, store) : landUse(manifest, store);
    element.setAttribute("aria-label", t("legend"));
    // What is in view changes under the reader: the focus stays where it was.
    const focused = element.contains(document.activeElement) ? document.activeElement?.id : undefined;
    element.replaceChildren(
      h(
        "div",
        { class: "switch", role: "group", "aria-label": t("colour_by") },
        ...THEMES.map((code) => themeButton(code, t(THEME_WORDS[code]))),
      ),
      h(
        "details",
        {
          open,
          toggle: (event) => {
            open = (event.currentTarget as HTMLDetailsElement).open;
          },
        },
        h("summary", { id: "legend-toggle" }, t("legend")),
        far && h("p", { class: "hint" }, t("legend_far")),
        ...entries,
      ),
    );
    if (focused) document.getElementById(focused)?.focus();
  };

  const themeButton = (code: Theme, name: string): HTMLElement =>
    h(
      "button",
      {
        type: "button",
        id: `theme-${code}`,
        "aria-pressed": String(code === store.get().theme),
        click: () => store.set({ theme: code }),
      },
      name,
    );

  render();
  store.subscribe((now, before) => {
    const crossed = isFar(now.zoom) !== isFar(before.zoom);
    if (now.lang !== before.lang || now.theme !== before.theme || now.codesInView !== before.codesInView || crossed) render();
  });
}

function isFar(zoom: number | null): boolean {
  return zoom !== null && zoom < PARCEL_ZOOM;
}

function grades(manifest: Manifest, store: Store<State>): HTMLElement[] {
  const { lang } = store.get();
  return [h("ul", {}, ...manifest.grades.map((grade) => row(grade.rgb, null, grade.name[lang])))];
}

function landUse(manifest: Manifest, store: Store<State>): HTMLElement[] {
  const { lang, codesInView } = store.get();
  const palette = landUsePalette(manifest);
  // In the order of the code list, as officers know it.
  const seen = [...palette].filter(([code]) => codesInView.includes(code));
  const groups = GROUPS.flatMap((group) => {
    const entries = seen.filter(([, use]) => use.group === group);
    if (!entries.length) return [];
    const rows = entries.map(([code, use]) => row(use.rgb ?? PAPER.unknown, code, use.name[lang]));
    return [h("h3", {}, LAND_GROUPS[group]?.[lang] ?? group), h("ul", {}, ...rows)];
  });
  // The map has one colour for what has no code and for codes no list knows.
  const isUnknown = codesInView.some((code) => !palette.has(code));
  return isUnknown ? [...groups, h("ul", {}, row(PAPER.unknown, null, translator(lang)("legend_unknown")))] : groups;
}

/** A colour and what it means; the names of grades hold their code already. */
function row(colour: string, code: string | null, name: string): HTMLElement {
  return h("li", {}, swatch(colour), code && h("span", { class: "code" }, code), h("span", {}, name));
}
