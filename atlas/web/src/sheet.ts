import type { Sheet } from "./state.ts";

/** What stays visible of a panel drawn down: the handle and the first line. */
const PEEK_PX = 96;
/** Speed counts: a flick goes on for this long. */
const FLICK_MS = 140;

/** Heights of the panel in a window `window_px` high whose upper `head_px` are taken by title and search. */
export function sheetHeights(window_px: number, head_px: number): Record<Sheet, number> {
  const full = Math.max(window_px - head_px - 8, PEEK_PX);
  return { peek: PEEK_PX, half: Math.min(Math.round(window_px * 0.56), full), full };
}

/** Where a panel let go at `height_px`, moving at `speed` pixels a millisecond (upwards is positive), comes to rest. */
export function restingPlace(height_px: number, speed: number, heights: Record<Sheet, number>): Sheet {
  const aim = height_px + speed * FLICK_MS;
  const places = Object.keys(heights) as Sheet[];
  return places.reduce((best, place) => (Math.abs(heights[place] - aim) < Math.abs(heights[best] - aim) ? place : best));
}
