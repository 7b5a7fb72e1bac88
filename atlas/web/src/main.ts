import "maplibre-gl/dist/maplibre-gl.css";
import "./style.css";
import type { Manifest } from "@schemas/types";
import { fetchManifest, UnreachableError } from "./features.ts";
import { translator, type Word } from "./i18n.ts";
import { followParcel } from "./loader.ts";
import { communeName, communeOf, parcelName } from "./naming.ts";
import * as communes from "./panels/communes.ts";
import * as credit from "./panels/credit.ts";
import * as drawer from "./panels/drawer.ts";
import * as header from "./panels/header.ts";
import * as legend from "./panels/legend.ts";
import * as notice from "./panels/notice.ts";
import * as parcel from "./panels/parcel.ts";
import * as search from "./panels/search.ts";
import { isSmall } from "./screen.ts";
import { communeOfParcel, type State } from "./state.ts";
import { createStore, type Store } from "./store.ts";
import { fromHash, toHash } from "./url.ts";

/** Title before, or without, a release. */
const TITLE = { vi: "Địa chính", en: "Cadastre" };

const element = (id: string): HTMLElement => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found;
};

function initialState(): State {
  const link = fromHash(location.hash);
  const commune = link.commune ?? (link.parcel && communeOfParcel(link.parcel));
  const opened = link.parcel !== null || link.commune !== null;
  return { ...link, commune, load: { status: "none" }, focus: null, zoom: null, codesInView: [], sheet: opened ? "half" : "peek", mapProblem: null };
}

/** Keep the page address and the store in step; choosing something else is a step one can go back from. */
function followAddress(store: Store<State>): void {
  store.subscribe((now, before) => {
    const hash = toHash(now);
    if (hash === location.hash) return;
    const address = `${location.pathname}${location.search}${hash}`;
    const chosen = now.parcel !== before.parcel || now.commune !== before.commune;
    history[chosen ? "pushState" : "replaceState"](null, "", address);
  });
  addEventListener("popstate", () => store.set(fromHash(location.hash)));
}

/** Language and title of the page follow the state. */
function followPage(store: Store<State>, manifest: Manifest | null): void {
  const render = (): void => {
    const { lang, load, commune } = store.get();
    const title = (manifest?.title ?? TITLE)[lang];
    const name = load.status === "found" ? parcelName(load.feature.properties, translator(lang)) : null;
    const chosen = manifest && communeOf(commune, manifest);
    const place = chosen && communeName(chosen, translator(lang));
    document.documentElement.lang = lang;
    document.title = [name, place, title].filter(Boolean).join(" – ");
  };
  render();
  store.subscribe(render);
}

async function start(): Promise<void> {
  const store = createStore(initialState());
  followAddress(store);
  const { manifest, problem } = await openRelease();
  followPage(store, manifest);
  header.mount(element("header"), store, manifest?.title ?? TITLE);
  notice.mount(element("notice"), store, problem);
  if (manifest) await show(store, manifest);
  else document.body.dataset["ready"] = "true";
}

async function openRelease(): Promise<{ manifest: Manifest | null; problem: Word | null }> {
  try {
    const manifest = await fetchManifest();
    return { manifest, problem: manifest ? null : "no_release" };
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    console.error("release:", error);
    return { manifest: null, problem: "release_unreachable" };
  }
}

async function show(store: Store<State>, manifest: Manifest): Promise<void> {
  const panel = element("panel");
  const [parcelPart, communesPart] = [document.createElement("article"), document.createElement("section")];
  panel.append(parcelPart, communesPart);
  search.mount(element("search"), store, manifest);
  parcel.mount(parcelPart, store, manifest);
  communes.mount(communesPart, store, manifest);
  drawer.mount(panel, store);
  legend.mount(element("legend"), store, manifest);
  credit.mount(element("credit"), store, manifest);
  followParcel(store, manifest);
  // The map library is most of the bytes: words and search are there before it.
  const map = await import("./map.ts");
  await map.mount(element("map"), store, manifest, insets);
}

/** Room for the map between what lies over it, with a margin; in pixels. */
function insets(): { top: number; right: number; bottom: number; left: number } {
  const small = isSmall();
  const margin = small ? 32 : 44;
  const box = (id: string): DOMRect => element(id).getBoundingClientRect();
  if (small) {
    // The panel may still be on its way: its height is known, its place is not.
    const bottom = parseFloat(element("panel").style.getPropertyValue("--sheet")) || 0;
    const top = box("search").bottom;
    const fits = innerHeight - top - bottom > 3 * margin;
    return { top: top + margin, right: margin, bottom: (fits ? bottom : 0) + margin, left: margin };
  }
  // The legend stands in the right corner; a narrow map has no room to give way to it.
  const right = box("map").width > 3 * box("legend").width ? box("legend").width : 0;
  return { top: margin, right: right + margin, bottom: margin, left: margin };
}

void start();
