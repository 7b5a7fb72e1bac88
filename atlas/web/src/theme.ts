/** Colours of the map that no code list gives. */
export interface MapTheme {
  background: string;
  parcelLine: string;
  communeLine: string;
  text: string;
  halo: string;
  accent: string;
  /** Land use or grade without a colour of its own. */
  unknown: string;
  fonts: string[];
}

/** Parcels are printed lightly on the paper, and so are the squares of the legend. */
export const FILL_OPACITY = 0.85;

/** The printed cadastral sheet: off-white paper, thin dark lines. The same colours stand in `styles/page.css`. */
export const PAPER: MapTheme = {
  background: "#f7f6f2",
  parcelLine: "#3d3a34",
  communeLine: "#22211e",
  text: "#22211e",
  halo: "#fffefb",
  accent: "#17456b",
  unknown: "#e4e1d8",
  // Drawn by the browser: the style names no glyph address, so no font leaves or enters the machine.
  fonts: ["Segoe UI", "Roboto", "Noto Sans", "Helvetica Neue", "Liberation Sans", "Arial"],
};
