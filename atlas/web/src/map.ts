import * as maplibre from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { PMTiles, Protocol } from "pmtiles";
import type { CommuneEntry, Manifest } from "@schemas/types";
import { unionOf } from "./bounds.ts";
import { BAR_PREFIX } from "./communestyle.ts";
import { mapLocale } from "./i18n.ts";
import { shareBar } from "./sharebar.ts";
import { communeKey, communeOfParcel, type Bounds, type State } from "./state.ts";
import type { Store } from "./store.ts";
import { atlasStyle, parcelColour, PICKABLE } from "./style.ts";
import { PAPER } from "./theme.ts";
import type { Theme, View } from "./url.ts";

/** Closest zoom a single parcel is brought to. */
const PARCEL_FIT_ZOOM = 18;

/** Pixels of each side of the map that must stay free of what it moves to: margins and what lies over it. */
export type Insets = () => { top: number; right: number; bottom: number; left: number };

/** Draw the map in `element` and keep it and the store in step. */
export async function mount(
  element: HTMLElement,
  store: Store<State>,
  manifest: Manifest,
  insets: Insets,
): Promise<void> {
  maplibre.setWorkerUrl(workerUrl);
  const protocol = new Protocol();
  maplibre.addProtocol("pmtiles", protocol.tile);
  const archive = new PMTiles(new URL(`/${manifest.tiles}`, location.href).href);
  protocol.add(archive);
  const labelLayer = await labelLayerOf(archive, store);
  const map = createMap(element, store, manifest, insets, `pmtiles://${archive.source.getKey()}`, labelLayer);
  if (!map) return sayReady(true);
  drawShareBars(map, manifest);
  followStore(map, store, manifest, insets);
  tellStore(map, store, manifest);
  announceReadiness(map);
}

/** Label points when the archive has them: a polygon cut by tile borders would be labelled once a tile. */
async function labelLayerOf(archive: PMTiles, store: Store<State>): Promise<"thua_dat" | "thua_dat_diem"> {
  try {
    const metadata = (await archive.getMetadata()) as { vector_layers?: { id: string }[] };
    return metadata.vector_layers?.some((layer) => layer.id === "thua_dat_diem") ? "thua_dat_diem" : "thua_dat";
  } catch (error) {
    console.error("tiles:", error);
    store.set({ mapProblem: "no_tiles" });
    return "thua_dat";
  }
}

function createMap(
  element: HTMLElement,
  store: Store<State>,
  manifest: Manifest,
  insets: Insets,
  tilesUrl: string,
  labelLayer: "thua_dat" | "thua_dat_diem",
): maplibre.Map | null {
  const { view, theme, lang } = store.get();
  const whole = homeBounds(manifest);
  try {
    const map = new maplibre.Map({
      container: element,
      style: atlasStyle(manifest, tilesUrl, PAPER, theme, labelLayer),
      ...(view ? { center: [view.lon, view.lat], zoom: view.zoom } : whole ? { bounds: whole } : {}),
      fitBoundsOptions: { padding: insets() },
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      maxZoom: 21,
      minZoom: 4,
      locale: mapLocale(lang),
    });
    map.touchZoomRotate.disableRotation();
    map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
    map.addControl(new maplibre.ScaleControl({ unit: "metric", maxWidth: 120 }), "bottom-left");
    return map;
  } catch (error) {
    console.error("map:", error);
    store.set({ mapProblem: "no_webgl" });
    return null;
  }
}

/** Where the map opens: around all communes; foreign ones count only where there are no others. */
function homeBounds(manifest: Manifest): Bounds | null {
  const home = manifest.communes.filter((commune) => commune.ky_dia_gioi !== "XX");
  return unionOf((home.length ? home : manifest.communes).map((commune) => commune.bbox));
}

/** The style names a picture by its shares; it is drawn when first asked for. */
function drawShareBars(map: maplibre.Map, manifest: Manifest): void {
  const colours = manifest.grades.map((grade) => grade.rgb);
  map.setMissingStyleImageResolver((id) => {
    if (!id.startsWith(BAR_PREFIX)) return;
    const shares = id.slice(BAR_PREFIX.length).split(",").map(Number);
    map.addImage(id, shareBar(shares, colours, PAPER.communeLine), { pixelRatio: 2 });
  });
}

function followStore(map: maplibre.Map, store: Store<State>, manifest: Manifest, insets: Insets): void {
  const follow = (now: State, before: State | null): void => {
    if (now.theme !== before?.theme) recolour(map, manifest, now.theme);
    if (now.load !== before?.load) drawSelection(map, now);
    if (now.focus && now.focus !== before?.focus) goTo(map, now.focus.bounds, insets);
    else if (now.view && before && now.view !== before.view) lookAt(map, now.view);
  };
  map.once("load", () => follow(store.get(), null));
  store.subscribe((now, before) => {
    if (map.getLayer(PICKABLE.parcel)) follow(now, before);
  });
}

function recolour(map: maplibre.Map, manifest: Manifest, theme: Theme): void {
  map.setPaintProperty(PICKABLE.parcel, "fill-color", parcelColour(manifest, PAPER, theme));
}

function drawSelection(map: maplibre.Map, state: State): void {
  const feature = state.load.status === "found" ? state.load.feature : null;
  const features = feature?.geometry ? [{ type: "Feature" as const, geometry: feature.geometry, properties: {} }] : [];
  map.getSource<maplibre.GeoJSONSource>("selection")?.setData({ type: "FeatureCollection", features });
}

function goTo(map: maplibre.Map, bounds: Bounds, insets: Insets): void {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  map.fitBounds(bounds, { padding: insets(), maxZoom: PARCEL_FIT_ZOOM, duration: still ? 0 : 900 });
}

/** Follow a view that did not come from the map itself: the link was edited, or one went back. */
function lookAt(map: maplibre.Map, view: View): void {
  const { lat, lng } = map.getCenter();
  // The address rounds; what is that close is where the map already is.
  const there = Math.abs(map.getZoom() - view.zoom) < 0.01 && Math.hypot(lat - view.lat, lng - view.lon) < 2e-5;
  if (!there) map.jumpTo({ center: [view.lon, view.lat], zoom: view.zoom });
}

function tellStore(map: maplibre.Map, store: Store<State>, manifest: Manifest): void {
  map.on("moveend", () => {
    const { lat, lng } = map.getCenter();
    store.set({ view: { zoom: map.getZoom(), lat, lon: lng }, zoom: map.getZoom() });
  });
  map.once("load", () => store.set({ zoom: map.getZoom() }));
  map.on("click", (event) => pick(map, store, manifest, event));
  followTiles(map, store);
  map.on("idle", () => {
    const codes = codesInView(map);
    // Quoted: one parcel without a code is not the same as no parcel.
    if (JSON.stringify(codes) !== JSON.stringify(store.get().codesInView)) store.set({ codesInView: codes });
  });
  hover(map);
}

/** Say when tiles cannot be had, and take it back when they can be had again. */
function followTiles(map: maplibre.Map, store: Store<State>): void {
  map.on("error", (event: maplibre.ErrorEvent & { sourceId?: string }) => {
    console.error("map:", event.error);
    // A request given up because the map moved on says nothing, and is no problem.
    const wasGivenUp = event.error instanceof Error && event.error.name === "AbortError";
    const isProblem = !wasGivenUp && event.error.message !== "";
    if (event.sourceId === "atlas" && isProblem) store.set({ mapProblem: "no_tiles" });
  });
  map.on("data", (event) => {
    const isTile = event.dataType === "source" && event.sourceId === "atlas" && event.tile !== undefined;
    if (isTile && store.get().mapProblem === "no_tiles") store.set({ mapProblem: null });
  });
}

function codesInView(map: maplibre.Map): string[] {
  const parcels = map.queryRenderedFeatures({ layers: [PICKABLE.parcel] });
  const codes = parcels.map((parcel) => parcel.properties["loai_dat"] as unknown);
  return [...new Set(codes.map((code) => (typeof code === "string" ? code : "")))].sort();
}

/** A parcel is chosen where parcels are drawn, a commune further out. */
function pick(map: maplibre.Map, store: Store<State>, manifest: Manifest, event: maplibre.MapMouseEvent): void {
  const layers = [PICKABLE.parcel, ...PICKABLE.communeNames, PICKABLE.commune];
  // Some way out the tiles hold areas of one land use instead of parcels: these have no id.
  const hits = map.queryRenderedFeatures(event.point, { layers });
  const parcel = hits.map((hit) => hit.properties["thua_dat_id"] as unknown).find((id) => typeof id === "string");
  if (parcel !== undefined) {
    store.set({ parcel, commune: communeOfParcel(parcel), sheet: "half" });
    return;
  }
  const commune = manifest.communes.find((entry) => hits.some((hit) => isSame(entry, hit.properties)));
  if (commune) store.set({ commune: communeKey(commune), parcel: null, sheet: "half", focus: { bounds: commune.bbox } });
}

// The tiles of a release hold each commune once, so the code is enough where they do not say the era.
function isSame(commune: CommuneEntry, properties: Record<string, unknown>): boolean {
  const era = properties["ky_dia_gioi"];
  return commune.ma_xa === properties["ma_xa"] && (era === undefined || era === commune.ky_dia_gioi);
}

function hover(map: maplibre.Map): void {
  let under: string | number | undefined;
  const mark = (id: string | number | undefined, on: boolean): void => {
    if (id !== undefined) map.setFeatureState({ source: "atlas", sourceLayer: "thua_dat", id }, { hover: on });
  };
  map.on("mousemove", (event) => {
    const [hit] = map.queryRenderedFeatures(event.point, { layers: [PICKABLE.parcel, PICKABLE.commune] });
    map.getCanvas().style.cursor = hit ? "pointer" : "";
    const next = hit?.layer.id === PICKABLE.parcel ? hit.id : undefined;
    if (next === under) return;
    mark(under, false);
    mark(next, true);
    under = next;
  });
}

/** `data-ready` is "true" while nothing is left to load or draw; tests and screenshots wait for it. */
function announceReadiness(map: maplibre.Map): void {
  map.on("idle", () => sayReady(true));
  map.on("movestart", () => sayReady(false));
  map.on("dataloading", () => sayReady(false));
}

function sayReady(ready: boolean): void {
  document.body.dataset["ready"] = String(ready);
}
