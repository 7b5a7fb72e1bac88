import type { CommuneEntry, Manifest } from "@schemas/types";
import { boundsOf } from "../bounds.ts";
import { h } from "../dom.ts";
import { UnreachableError, type ParcelFeature } from "../features.ts";
import { find, type Outcome } from "../finder.ts";
import { area, count } from "../format.ts";
import { translator, type Translate } from "../i18n.ts";
import { communeName, communeOf, landUses, parcelName, shortName } from "../naming.ts";
import type { Query } from "../search.ts";
import { communeKey, type State } from "../state.ts";
import type { Store } from "../store.ts";
import type { Lang } from "../url.ts";

/** Communes offered at most. */
const MOST_COMMUNES = 50;

type Shown = Outcome | { kind: "running" } | { kind: "unreachable" } | null;

/** The search box and what it found. */
export function mount(element: HTMLElement, store: Store<State>, manifest: Manifest): void {
  let typed = "";
  let shown: Shown = null;
  // Answers come in any order; only the one to the latest question counts.
  let question = 0;

  const results = h("div", { id: "results", "aria-live": "polite" });

  const run = async (): Promise<void> => {
    question += 1;
    const mine = question;
    // On a small screen the panel would lie over what is found.
    store.set({ sheet: "peek" });
    show({ kind: "running" });
    try {
      const outcome = await find(typed, manifest.communes, store.get().commune);
      if (mine === question) settle(outcome);
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      console.error("search:", error);
      if (mine === question) show({ kind: "unreachable" });
    }
  };

  /** A single answer is taken at once; several are offered. */
  const settle = (outcome: Outcome): void => {
    const [commune, secondCommune] = outcome.kind === "communes" ? outcome.communes : [];
    const [parcel, secondParcel] = outcome.kind === "parcels" ? outcome.parcels : [];
    if (commune && !secondCommune) return takeCommune(commune);
    if (parcel && !secondParcel) return takeParcel(parcel);
    show(outcome);
  };

  // A phone's keyboard goes away, and reading goes on where the answer is.
  const leave = (): void => {
    show(null);
    document.getElementById("panel")?.focus();
  };

  const takeCommune = (commune: CommuneEntry): void => {
    leave();
    store.set({ commune: communeKey(commune), parcel: null, focus: { bounds: commune.bbox }, sheet: "half" });
  };

  const takeParcel = (feature: ParcelFeature): void => {
    leave();
    const bounds = boundsOf(feature.geometry);
    store.set({
      commune: communeKey(feature.properties),
      parcel: feature.properties.thua_dat_id,
      focus: bounds && { bounds },
      sheet: "half",
    });
  };

  const show = (next: Shown): void => {
    shown = next;
    const { lang } = store.get();
    results.replaceChildren(...list(next, lang, translator(lang)));
  };

  const list = (outcome: Shown, lang: Lang, t: Translate): HTMLElement[] => {
    if (outcome?.kind === "parcels") {
      const buttons = outcome.parcels.map((parcel) => parcelButton(parcel, lang, t));
      return candidates(buttons, outcome.total, lang, t);
    }
    if (outcome?.kind === "communes") {
      return candidates(
        outcome.communes.slice(0, MOST_COMMUNES).map((commune) => communeButton(commune, lang, t)),
        outcome.communes.length,
        lang,
        t,
      );
    }
    return sentences(outcome, t).map((text) => h("p", {}, text));
  };

  const parcelButton = (feature: ParcelFeature, lang: Lang, t: Translate): HTMLElement => {
    const parcel = feature.properties;
    const uses = landUses(parcel.loai_dat, manifest, lang).map((use) => use.code).join("+");
    const commune = communeOf(communeKey(parcel), manifest);
    const notes = [commune ? communeName(commune, t) : parcel.ma_xa, uses];
    if (parcel.dien_tich_do !== null) notes.push(area(parcel.dien_tich_do, lang));
    return candidate(parcelName(parcel, t), notes.filter(Boolean).join(" · "), () => takeParcel(feature));
  };

  const communeButton = (commune: CommuneEntry, lang: Lang, t: Translate): HTMLElement =>
    candidate(communeName(commune, t), t("parcels", { count: count(commune.parcels, lang) }), () => takeCommune(commune));

  const form = (): HTMLElement => {
    const { lang } = store.get();
    const t = translator(lang);
    const first = manifest.communes.find((commune) => commune.ten_xa !== null);
    const example = first ? shortName(first) : "";
    const input = h("input", {
      id: "search-text",
      type: "search",
      name: "q",
      autocomplete: "off",
      spellcheck: "false",
      enterkeyhint: "search",
      placeholder: t("search_example", { place: example }),
      "aria-label": t("search"),
      "aria-describedby": "search-hint",
      input: () => {
        typed = input.value;
        if (!typed) show(null);
      },
    });
    input.value = typed;
    return h(
      "form",
      {
        submit: (event) => {
          event.preventDefault();
          void run();
        },
      },
      h("div", { class: "field" }, input, h("button", { type: "submit", class: "primary" }, t("search_go"))),
      h("p", { id: "search-hint", class: "hint" }, t("search_hint")),
    );
  };

  element.addEventListener("keydown", (event) => walk(element, event));
  element.replaceChildren(form(), results);
  store.subscribe((now, before) => {
    if (now.lang === before.lang) return;
    element.replaceChildren(form(), results);
    show(shown);
  });
}

/** Arrow keys lead from the box through what was found and back, Escape leads back at once. */
function walk(element: HTMLElement, event: KeyboardEvent): void {
  const stops = [...element.querySelectorAll<HTMLElement>("input, .candidates button")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  const next = step && at >= 0 ? stops[at + step] : event.key === "Escape" ? stops[0] : undefined;
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function candidates(buttons: HTMLElement[], total: number, lang: Lang, t: Translate): HTMLElement[] {
  const numbers = { count: count(buttons.length, lang), total: count(total, lang) };
  return [
    h("p", {}, t(total > buttons.length ? "candidates_more" : "candidates", numbers)),
    h("ul", { class: "candidates" }, ...buttons.map((button) => h("li", {}, button))),
  ];
}

function candidate(name: string, note: string, take: () => void): HTMLElement {
  return h("button", { type: "button", click: take }, h("b", {}, name), h("span", { class: "quiet" }, note));
}

function sentences(outcome: Exclude<Shown, { kind: "parcels" | "communes" }>, t: Translate): string[] {
  switch (outcome?.kind) {
    case undefined:
      return [];
    case "running":
      return [t("search_running")];
    case "unreachable":
      return [t("api_unreachable")];
    case "no_commune":
      return [t("none_commune", { place: outcome.place }), t("search_hint")];
    case "no_parcel":
      return [t("none_parcel", { what: wanted(outcome.query, t) })];
    case "empty":
      return [t("search_hint")];
  }
}

function wanted(query: Query, t: Translate): string {
  if (query.kind === "parcel_id" || query.kind === "national_id") return t("parcel", { number: query.id });
  if (query.kind !== "parcel") return "";
  const words = [
    query.sheet !== null && t("sheet", { number: query.sheet }),
    query.parcel !== null && t("parcel", { number: query.parcel }),
    query.place,
  ];
  return words.filter(Boolean).join(" ");
}
