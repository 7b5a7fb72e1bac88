import { metres } from "./format.ts";
import { roundLength, type Corner, type Ring } from "./plan.ts";
import type { Lang } from "./url.ts";

/** Size of the drawing and the room around the parcel for numbers, in units of the picture. */
const WIDTH = 352;
const MOST_HEIGHT = 300;
const LEAST_HEIGHT = 150;
const MARGIN = 40;
/** Distance of words from what they name, and widths words need. */
const OFF = 10;
const LETTER = 5.6;
const BETWEEN_NUMBERS = 13;

interface Point {
  x: number;
  y: number;
}

type Project = (place: { east_m: number; north_m: number }) => Point;

/**
 * Draw a parcel as an extract does: corners numbered, edge lengths in metres, north up, a scale. What does not fit is
 * left out; the table beside it has everything. `words` name the picture and the north.
 */
export function sketch(rings: readonly Ring[], fill: string, lang: Lang, words: { title: string; north: string }): SVGElement {
  const corners = rings.flatMap((ring) => ring.corners);
  const [east, north] = [span(corners.map((corner) => corner.east_m)), span(corners.map((corner) => corner.north_m))];
  const room = { x: WIDTH - 2 * MARGIN, y: MOST_HEIGHT - 2 * MARGIN };
  const scale = Math.min(room.x / Math.max(east.size, 0.01), room.y / Math.max(north.size, 0.01));
  const height = Math.max(LEAST_HEIGHT, north.size * scale + 2 * MARGIN);
  const project: Project = ({ east_m, north_m }) => ({
    x: WIDTH / 2 + (east_m - east.middle) * scale,
    y: height / 2 - (north_m - north.middle) * scale,
  });
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${round(height + 22)}`, class: "sketch", role: "img", "aria-label": words.title });
  picture.append(
    svg("path", { d: rings.map((ring) => path(ring, project)).join(""), fill, "fill-rule": "evenodd", class: "sketch-area" }),
    ...rings.flatMap((ring) => edgeLengths(ring, project, lang)),
    ...cornerNumbers(rings, project),
    northArrow(words.north),
    scaleBar(scale, height),
  );
  return picture;
}

function path(ring: Ring, project: Project): string {
  const places = ring.corners.map(project).map(({ x, y }) => `${round(x)} ${round(y)}`);
  return `M${places.join("L")}Z`;
}

/** Lengths along the outer side of the edges that are long enough for the words. */
function edgeLengths(ring: Ring, project: Project, lang: Lang): SVGElement[] {
  return ring.corners.flatMap((corner, at) => {
    const next = ring.corners[(at + 1) % ring.corners.length] ?? corner;
    const [from, to] = [project(corner), project(next)];
    const text = metres(corner.edge_m, lang);
    const length = Math.hypot(to.x - from.x, to.y - from.y);
    if (length < text.length * LETTER + 6) return [];
    const outward = outwards(from, to, ring.inner);
    const x = (from.x + to.x) / 2 + outward.x * OFF;
    const y = (from.y + to.y) / 2 + outward.y * OFF;
    // Never upside down: words turn by a quarter at most.
    const turn = (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI;
    const upright = turn > 90 ? turn - 180 : turn <= -90 ? turn + 180 : turn;
    return [svg("text", { transform: `translate(${round(x)} ${round(y)}) rotate(${round(upright)})`, class: "sketch-length" }, text)];
  });
}

/** A dot at every corner, a number where there is room for it. */
function cornerNumbers(rings: readonly Ring[], project: Project): SVGElement[] {
  const taken: Point[] = [];
  return rings.flatMap((ring) =>
    ring.corners.flatMap((corner, at) => {
      const here = project(corner);
      const dot = svg("circle", { cx: round(here.x), cy: round(here.y), r: 2, class: "sketch-corner" });
      const place = numberPlace(ring, at, project, here);
      if (taken.some((other) => Math.hypot(other.x - place.x, other.y - place.y) < BETWEEN_NUMBERS)) return [dot];
      taken.push(place);
      return [dot, svg("text", { x: round(place.x), y: round(place.y), class: "sketch-number" }, String(corner.number))];
    }),
  );
}

function numberPlace(ring: Ring, at: number, project: Project, here: Point): Point {
  const size = ring.corners.length;
  const [before, after] = [ring.corners[(at + size - 1) % size], ring.corners[(at + 1) % size]].map((corner) =>
    project(corner as Corner),
  ) as [Point, Point];
  const [one, other] = [outwards(before, here, ring.inner), outwards(here, after, ring.inner)];
  const [x, y] = [one.x + other.x, one.y + other.y];
  const length = Math.hypot(x, y) || 1;
  return { x: here.x + (x / length) * OFF, y: here.y + (y / length) * OFF };
}

/** Unit vector to the outer side of an edge, on a page whose y grows downwards. */
function outwards(from: Point, to: Point, inner: 1 | -1): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  return { x: (-(to.y - from.y) / length) * inner, y: ((to.x - from.x) / length) * inner };
}

function northArrow(letter: string): SVGElement {
  const arrow = svg("g", { transform: `translate(${WIDTH - 14} 12)`, class: "sketch-north" });
  arrow.append(svg("path", { d: "M0 0 6 20 0 15 -6 20Z" }), svg("text", { x: 0, y: 30, class: "sketch-number" }, letter));
  return arrow;
}

function scaleBar(scale: number, height: number): SVGElement {
  const length_m = roundLength(110 / scale);
  const bar = svg("g", { transform: `translate(1 ${round(height + 12)})`, class: "sketch-scale" });
  bar.append(
    svg("path", { d: `M0 -5V0H${round(length_m * scale)}V-5` }),
    svg("text", { x: round(length_m * scale + 6), y: 0 }, `${length_m} m`),
  );
  return bar;
}

function span(values: readonly number[]): { size: number; middle: number } {
  const [least, most] = values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
  return { size: most - least, middle: (most + least) / 2 };
}

function svg(tag: string, attributes: Record<string, string | number>, text = ""): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.textContent = text;
  return element;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
