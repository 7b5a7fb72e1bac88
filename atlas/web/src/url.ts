/**
 * The permalink: `#map=15.25/19.81234/105.61234&xa=15670.E2025A&thua=15670.E2025A.1.12.345&lang=en&theme=xep_loai`.
 * Every part may be missing, what equals the default is left out, and what cannot be read is ignored: an old or
 * shortened link still opens the atlas.
 */
export const LANGS = ["vi", "en"] as const;
export type Lang = (typeof LANGS)[number];

/** What the parcels are coloured by: land use or grade. */
export const THEMES = ["loai_dat", "xep_loai"] as const;
export type Theme = (typeof THEMES)[number];

/** Centre in degrees, zoom of the web map. */
export interface View {
  zoom: number;
  lat: number;
  lon: number;
}

export interface Permalink {
  view: View | null;
  commune: string | null;
  parcel: string | null;
  lang: Lang;
  theme: Theme;
}

export const DEFAULTS: Permalink = { view: null, commune: null, parcel: null, lang: "vi", theme: "loai_dat" };

/** Write a state as the hash of the page address; empty when all is default. */
export function toHash(state: Permalink): string {
  const parts: string[] = [];
  if (state.view) parts.push(`map=${viewText(state.view)}`);
  if (state.commune) parts.push(`xa=${escaped(state.commune)}`);
  if (state.parcel) parts.push(`thua=${escaped(state.parcel)}`);
  if (state.lang !== DEFAULTS.lang) parts.push(`lang=${state.lang}`);
  if (state.theme !== DEFAULTS.theme) parts.push(`theme=${state.theme}`);
  return parts.length ? `#${parts.join("&")}` : "";
}

/** Read the hash of a page address. */
export function fromHash(hash: string): Permalink {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  return {
    view: parseView(fields.get("map")),
    commune: fields.get("xa") || null,
    parcel: fields.get("thua") || null,
    lang: oneOf(LANGS, fields.get("lang")) ?? DEFAULTS.lang,
    theme: oneOf(THEMES, fields.get("theme")) ?? DEFAULTS.theme,
  };
}

// Five decimals of a degree are about one metre.
function viewText(view: View): string {
  return `${Number(view.zoom.toFixed(2))}/${view.lat.toFixed(5)}/${view.lon.toFixed(5)}`;
}

function parseView(text: string | null): View | null {
  const numbers = (text ?? "").split("/").map((part) => (part.trim() === "" ? NaN : Number(part)));
  const [zoom, lat, lon] = numbers;
  if (numbers.length !== 3 || zoom === undefined || lat === undefined || lon === undefined) return null;
  const inRange = zoom >= 0 && zoom <= 24 && Math.abs(lat) <= 85.06 && Math.abs(lon) <= 180;
  return inRange ? { zoom, lat, lon } : null;
}

function oneOf<T extends string>(values: readonly T[], text: string | null): T | null {
  return values.find((value) => value === text) ?? null;
}

// Keep "~", "/" and "." readable; URLSearchParams reads "+" as a blank, so it is escaped by encodeURIComponent.
function escaped(text: string): string {
  return encodeURIComponent(text).replaceAll("%2F", "/");
}
