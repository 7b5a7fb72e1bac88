import { listText, ORDERS, sorted, totals } from "../src/communelist.ts";
import { filterText } from "../src/features.ts";
import { perimeter, ringsOf, roundLength } from "../src/plan.ts";
import { restingPlace, sheetHeights } from "../src/sheet.ts";
import { commune } from "./factories.ts";
import { describe, expect, it, vi } from "vitest";
import { boundsOf, unionOf } from "../src/bounds.ts";
import { area, day, difference } from "../src/format.ts";
import { landUses } from "../src/naming.ts";
import { shareBar, shareEdges } from "../src/sharebar.ts";
import { createStore } from "../src/store.ts";
import { manifest } from "./factories.ts";

describe("store", () => {
  it("tells watchers once what was and what is", () => {
    const store = createStore({ one: 1, two: 2 });
    const watcher = vi.fn();
    const stop = store.subscribe(watcher);
    store.set({ one: 3, two: 4 });
    store.set({ one: 3 });
    expect(watcher.mock.calls).toEqual([[{ one: 3, two: 4 }, { one: 1, two: 2 }]]);
    stop();
    store.set({ one: 5 });
    expect(watcher).toHaveBeenCalledTimes(1);
  });
});

describe("bounds", () => {
  it("surround all parts and nothing more", () => {
    const square = (x: number): number[][][] => [[[x, 1], [x + 1, 1], [x + 1, 2], [x, 2], [x, 1]]];
    expect(boundsOf({ type: "Polygon", coordinates: square(5) })).toEqual([5, 1, 6, 2]);
    expect(boundsOf({ type: "MultiPolygon", coordinates: [square(5), square(9)] })).toEqual([5, 1, 10, 2]);
    expect(boundsOf({ type: "Polygon", coordinates: [] })).toBeNull();
    expect(boundsOf(null)).toBeNull();
    expect(unionOf([[0, 0, 1, 1], [2, -1, 3, 0]])).toEqual([0, -1, 3, 1]);
    expect(unionOf([])).toBeNull();
  });
});

describe("share bar", () => {
  it("gives each share its length", () => {
    expect(shareEdges([5, 3, 1, 1], 100)).toEqual([50, 80, 90, 100]);
    expect(shareEdges([0, 0], 100)).toEqual([0, 0]);
  });

  it("has a border around the colours", () => {
    const { data, width, height } = shareBar([1, 1], ["#ff0000", "#00ff00"], "#0000ff", 1);
    const pixel = (x: number, y: number): number[] => [...data.slice((y * width + x) * 4, (y * width + x) * 4 + 4)];
    expect(pixel(0, 4)).toEqual([0, 0, 255, 255]);
    expect(pixel(width - 1, height - 1)).toEqual([0, 0, 255, 255]);
    expect(pixel(5, 4)).toEqual([255, 0, 0, 255]);
    expect(pixel(width - 5, 4)).toEqual([0, 255, 0, 255]);
  });
});

describe("format", () => {
  it("writes areas as the language does", () => {
    expect(area(1234.56, "vi")).toBe("1.234,6 m²");
    expect(area(1234.56, "en")).toBe("1,234.6 m²");
  });

  it("shows a difference only when there is one", () => {
    expect(difference(104, 100, "en")).toBe("+4%");
    expect(difference(100.04, 100, "en")).toBe("");
    expect(difference(1, 0, "en")).toBe("");
  });

  it("writes dates in Vietnamese time and leaves other text alone", () => {
    expect(day("2025-06-15", "vi")).toBe("15/06/2025");
    expect(day("2025-06-30T20:00:00Z", "en")).toBe("01/07/2025");
    expect(day("không rõ", "vi")).toBe("không rõ");
  });
});

it("names several land uses, and an unknown one by its code", () => {
  const names = landUses("ONT+QQQ", manifest(), "en");
  expect(names.map((use) => use.code)).toEqual(["ONT", "QQQ"]);
  expect(names[0]?.name).toMatch(/residential|rural/i);
  expect(names[1]).toEqual({ code: "QQQ", name: "QQQ", rgb: null });
  expect(landUses(null, manifest(), "vi")).toEqual([]);
});

describe("ringsOf", () => {
  // A square of ten metres with a hole of two, both drawn counterclockwise from the south-west.
  const square = (west: number, south: number, size: number): number[][] => [
    [west, south],
    [west + size, south],
    [west + size, south + size],
    [west, south + size],
    [west, south],
  ];
  const rings = ringsOf({ type: "Polygon", coordinates: [square(500, 900, 10), square(504, 904, 2)] });

  it("numbers clockwise from the north-western corner, through all rings", () => {
    const [outer, hole] = rings.map((ring) => ring.corners.map((corner) => [corner.number, corner.east_m, corner.north_m]));
    expect(outer).toEqual([
      [1, 500, 910],
      [2, 510, 910],
      [3, 510, 900],
      [4, 500, 900],
    ]);
    expect(hole?.[0]).toEqual([5, 504, 906]);
  });

  it("measures the edges, the closing one too", () => {
    expect(rings[0]?.corners.map((corner) => corner.edge_m)).toEqual([10, 10, 10, 10]);
    expect(perimeter(rings)).toBe(48);
  });

  it("gives scales in round lengths", () => {
    expect([0.9, 1, 7, 49, 260].map(roundLength)).toEqual([0.5, 1, 5, 20, 200]);
  });
});

describe("the panel on a small screen", () => {
  const heights = sheetHeights(740, 110);

  it("rests at the nearest height, a flick goes further", () => {
    expect(restingPlace(heights.half + 20, 0, heights)).toBe("half");
    expect(restingPlace(heights.half - 20, -2, heights)).toBe("peek");
    expect(restingPlace(heights.half + 20, 2, heights)).toBe("full");
  });

  it("never covers title and search", () => {
    expect(heights.full).toBeLessThan(740 - 110);
    expect(sheetHeights(300, 110).half).toBeLessThanOrEqual(sheetHeights(300, 110).full);
  });
});

describe("the list of communes", () => {
  const good = commune({ ma_xa: "1", ten_xa: "Xã Đông Hà", grades: { "1": 10, "2a": 0, "2b": 0, "3": 0 }, dqi: 0.9 });
  const bad = commune({ ma_xa: "2", ten_xa: "Xã An Hà", grades: { "1": 5, "2a": 0, "2b": 0, "3": 5 }, dqi: 0.95 });
  const unnamed = commune({ ma_xa: "3", ten_xa: null, ten_xa_en: null, ten_xa_moi: null, ma_xa_moi: null, dqi: 1 });
  const all = [good, bad, unnamed];
  const codes = (order: (typeof ORDERS)[number]): string[] => sorted(all, order).map((entry) => entry.ma_xa);

  it("is sorted by name, by share of grade 3 and by quality", () => {
    expect(codes("name")).toEqual(["2", "1", "3"]);
    expect(codes("grade_3")).toEqual(["2", "3", "1"]);
    expect(codes("dqi")).toEqual(["1", "2", "3"]);
  });

  it("is found without diacritics", () => {
    expect(listText(good)).toContain("dong ha");
    expect(listText(unnamed)).toBe("3");
  });

  it("adds up", () => {
    expect(totals([good, bad]).grades).toEqual({ "1": 15, "2a": 0, "2b": 0, "3": 5 });
  });
});

it("quotes what it searches for", () => {
  expect(filterText({ ma_xa: ["1", "2"], so_thu_tu_thua: ["12'a"] })).toBe("ma_xa IN ('1', '2') AND so_thu_tu_thua IN ('12''a')");
});
