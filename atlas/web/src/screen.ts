/** A screen too small for panel and map side by side; the same condition stands in `styles/small.css`. */
const SMALL = "(max-width: 599px), (max-width: 820px) and (min-height: 481px)";

/** True where the panel lies over the map and is drawn up from below. */
export function isSmall(): boolean {
  return matchMedia(SMALL).matches;
}
