/** Pixels of a bar that shows shares as coloured lengths. */
export interface BarImage {
  width: number;
  height: number;
  data: Uint8ClampedArray<ArrayBuffer>;
}

/** Size of the bar in device-independent pixels, its border of one pixel included. */
const WIDTH_PX = 56;
const HEIGHT_PX = 8;

/**
 * Draw `shares` (any unit, same order as `colours`, `#rrggbb`) as a bar of whole pixels with a dark border.
 * The picture has `ratio` pixels for one device-independent pixel.
 */
export function shareBar(shares: readonly number[], colours: readonly string[], border: string, ratio = 2): BarImage {
  const width = WIDTH_PX * ratio;
  const height = HEIGHT_PX * ratio;
  const data = new Uint8ClampedArray(width * height * 4);
  const edges = shareEdges(shares, width);
  for (let x = 0; x < width; x += 1) {
    const index = edges.findIndex((edge) => x < edge);
    const column = bytes(colours[index] ?? border);
    for (let y = 0; y < height; y += 1) {
      const onBorder = x < ratio || y < ratio || x >= width - ratio || y >= height - ratio;
      data.set(onBorder ? bytes(border) : column, (y * width + x) * 4);
    }
  }
  return { width, height, data };
}

/** Right ends of the shares in a bar `width` wide; the last one is `width` unless all shares are zero. */
export function shareEdges(shares: readonly number[], width: number): number[] {
  const total = shares.reduce((sum, share) => sum + share, 0);
  let sum = 0;
  return shares.map((share) => {
    sum += share;
    return total ? Math.round((sum / total) * width) : 0;
  });
}

function bytes(colour: string): [number, number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255, 255];
}
