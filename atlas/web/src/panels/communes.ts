import type { CommuneEntry, Manifest } from "@schemas/types";
import { communeDetails } from "../communedetails.ts";
import { listText, ORDERS, sharedNames, sorted, totals, type Order } from "../communelist.ts";
import { h } from "../dom.ts";
import { count, hectares, percent } from "../format.ts";
import { gradeBar, gradeNumbers } from "../gradebar.ts";
import { translator, type Translate, type Word } from "../i18n.ts";
import { communeName, shortName } from "../naming.ts";
import { communeKey, type State } from "../state.ts";
import type { Store } from "../store.ts";
import { foldWords } from "../text.ts";
import type { Lang } from "../url.ts";

/** Up to here every commune shows its numbers and nothing needs to be filtered or sorted. */
const FEW = 12;
const ORDER_WORDS: Record<Order, Word> = { name: "order_name", grade_3: "order_grade_3", dqi: "order_dqi" };

interface Card {
  commune: CommuneEntry;
  item: HTMLElement;
  button: HTMLElement;
  text: string;
}

/**
 * The whole release in numbers, and its communes; the chosen one shows its findings and downloads. Hidden while a
 * parcel is chosen. Cards are made once a language: choosing, filtering and sorting only touch what changes.
 */
export function mount(element: HTMLElement, store: Store<State>, manifest: Manifest): void {
  const many = manifest.communes.length > FEW;
  const shared = sharedNames(manifest.communes);
  const texts = new Map(manifest.communes.map((commune) => [communeKey(commune), listText(commune)]));
  let cards = new Map<string, Card>();
  let list = h("ul");
  let found = h("p");
  let order: Order = "name";
  let filter = "";

  const build = (): void => {
    const { lang, commune } = store.get();
    const t = translator(lang);
    if (!manifest.communes.length) return element.replaceChildren(h("p", {}, t("release_empty")));
    cards = new Map(manifest.communes.map((entry) => [communeKey(entry), makeCard(entry, lang, t)]));
    list = h("ul", { class: many ? "communes many" : "communes" });
    found = h("p", { class: "quiet small", role: "status" });
    element.replaceChildren(
      ...(manifest.communes.length > 1 ? [summary(manifest, lang, t)] : []),
      h("h2", { class: "list-title" }, t("communes")),
      ...(many ? [tools(t)] : []),
      found,
      list,
    );
    arrange();
    if (commune) open(commune);
  };

  const makeCard = (commune: CommuneEntry, lang: Lang, t: Translate): Card => {
    const key = communeKey(commune);
    const button = h(
      "button",
      { type: "button", class: "commune", id: `xa-${key}`, "aria-expanded": "false", click: () => choose(commune) },
      h("b", {}, communeName(commune, t), shared.has(shortName(commune)) && h("span", { class: "quiet small" }, ` ${commune.ma_xa}`)),
      h("span", { class: "quiet" }, t("parcels", { count: count(commune.parcels, lang) })),
    );
    const quality = Number.isFinite(commune.dqi) ? t("quality", { dqi: percent(commune.dqi, lang) }) : null;
    const item = h(
      "li",
      {},
      button,
      gradeBar(commune.grades, manifest),
      many
        ? h("p", { class: "quiet small" }, [worst(commune, lang, t), quality].filter(Boolean).join(" · "))
        : gradeNumbers(commune.grades, manifest, lang, t("grade_share")),
      !many && quality !== null && h("p", { class: "quiet", title: t("quality_title") }, quality),
    );
    return { commune, item, button, text: texts.get(key) ?? "" };
  };

  const tools = (t: Translate): HTMLElement => {
    const input = h("input", {
      id: "list-filter",
      type: "search",
      autocomplete: "off",
      spellcheck: "false",
      placeholder: t("list_filter"),
      "aria-label": t("list_filter"),
      input: () => {
        filter = input.value;
        sift();
      },
    });
    input.value = filter;
    const choice = h(
      "select",
      {
        id: "list-order",
        "aria-label": t("order"),
        change: () => {
          order = ORDERS.find((each) => each === choice.value) ?? "name";
          arrange();
        },
      },
      ...ORDERS.map((each) => h("option", { value: each, selected: each === order }, t(ORDER_WORDS[each]))),
    );
    return h("div", { class: "tools" }, input, choice);
  };

  const arrange = (): void => {
    const items = sorted(manifest.communes, order).map((commune) => cards.get(communeKey(commune))?.item);
    list.append(...items.filter((item) => item !== undefined));
    sift();
  };

  const sift = (): void => {
    const words = foldWords(filter);
    let shown = 0;
    for (const { item, text } of cards.values()) {
      item.hidden = !text.includes(words);
      if (!item.hidden) shown += 1;
    }
    const { lang } = store.get();
    const t = translator(lang);
    const numbers = { shown: count(shown, lang), all: count(cards.size, lang) };
    found.textContent = words ? t(shown ? "list_found" : "list_found_none", numbers) : "";
    found.hidden = !words;
  };

  const open = (key: string): void => {
    const card = cards.get(key);
    if (!card) return;
    const { lang } = store.get();
    const t = translator(lang);
    const numbers = many && gradeNumbers(card.commune.grades, manifest, lang, t("grade_share"));
    const details = communeDetails(card.commune, lang, t);
    if (numbers) details.prepend(numbers);
    card.item.append(details);
    card.item.classList.add("chosen");
    card.button.setAttribute("aria-expanded", "true");
    // Chosen on the map or returned to: it may be filtered out, and the list may be long.
    card.item.hidden = false;
    if (!element.hidden) card.item.scrollIntoView({ block: "nearest" });
  };

  const close = (key: string): void => {
    const card = cards.get(key);
    card?.item.querySelector(".details")?.remove();
    card?.item.classList.remove("chosen");
    card?.button.setAttribute("aria-expanded", "false");
  };

  const choose = (commune: CommuneEntry): void => {
    const key = communeKey(commune);
    store.set(store.get().commune === key ? { commune: null } : { commune: key, focus: { bounds: commune.bbox } });
  };

  element.hidden = store.get().parcel !== null;
  build();
  store.subscribe((now, before) => {
    element.hidden = now.parcel !== null;
    if (now.lang !== before.lang) return build();
    if (now.commune !== before.commune) {
      if (before.commune) close(before.commune);
      if (now.commune) open(now.commune);
    } else if (now.parcel === null && before.parcel !== null && now.commune) {
      cards.get(now.commune)?.item.scrollIntoView({ block: "nearest" });
    }
  });
}

function summary(manifest: Manifest, lang: Lang, t: Translate): HTMLElement {
  const all = totals(manifest.communes);
  const facts: [string, string][] = [
    [count(manifest.communes.length, lang), t("summary_communes")],
    [count(all.parcels, lang), t("summary_parcels")],
    [hectares(all.area_m2, lang), t("summary_area")],
  ];
  return h(
    "section",
    { class: "summary", "aria-label": t("summary") },
    h("ul", { class: "facts" }, ...facts.map(([value, name]) => h("li", {}, h("b", {}, value), h("span", { class: "quiet small" }, name)))),
    gradeBar(all.grades, manifest),
    gradeNumbers(all.grades, manifest, lang, t("grade_share")),
  );
}

function worst(commune: CommuneEntry, lang: Lang, t: Translate): string {
  return t("grade_3_share", { share: percent(commune.parcels ? commune.grades["3"] / commune.parcels : 0, lang) });
}
