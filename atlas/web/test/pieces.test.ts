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
