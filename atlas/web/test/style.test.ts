import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
import { describe, expect, it } from "vitest";
import { BAR_PREFIX, communePoints } from "../src/communestyle.ts";
import { atlasStyle, PICKABLE } from "../src/style.ts";
import { PAPER } from "../src/theme.ts";
import { THEMES } from "../src/url.ts";
import { commune, manifest } from "./factories.ts";

const TILES = "pmtiles://http://127.0.0.1:8000/tiles/atlas.pmtiles";

describe("style", () => {
  it.each(THEMES.flatMap((theme) => (["thua_dat", "thua_dat_diem"] as const).map((labels) => [theme, labels] as const)))(
    "coloured by %s with labels from %s is valid",
    (theme, labels) => {
      expect(validateStyleMin(atlasStyle(manifest(), TILES, PAPER, theme, labels))).toEqual([]);
    },
  );

  it("is valid for a release without communes, legend and grades", () => {
    const bare = manifest({ communes: [], legend: [], grades: [] });
    for (const theme of THEMES) expect(validateStyleMin(atlasStyle(bare, TILES, PAPER, theme))).toEqual([]);
  });

  it("asks no one for fonts or pictures", () => {
    const style = atlasStyle(manifest(), TILES, PAPER, "loai_dat");
    expect(style.glyphs).toBeUndefined();
    expect(style.sprite).toBeUndefined();
    const outside = (JSON.stringify(style).match(/https?:\/\/[^/"]+/g) ?? []).filter((host) => !host.includes("127.0.0.1"));
    expect(outside).toEqual([]);
  });

  it("has every layer that can be clicked", () => {
    const ids = atlasStyle(manifest(), TILES, PAPER, "loai_dat").layers.map((layer) => layer.id);
    expect(ids).toEqual(expect.arrayContaining(Object.values(PICKABLE).flat()));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("colours the codes of the release, and those only the code list knows", () => {
    const painted = (legend: ReturnType<typeof manifest>["legend"]): string =>
      JSON.stringify(atlasStyle(manifest({ legend }), TILES, PAPER, "loai_dat").layers);
    const own = { code: "LUC", name: { vi: "", en: "" }, rgb: "#123456", group: "NNP" };
    expect(painted([own])).toContain('"LUC","#123456"');
    expect(painted([])).toContain('"LUC","#fffc8c"');
  });
});

it("places the short name of a commune in the middle of its extent, with its shares", () => {
  const [point] = communePoints(manifest({ communes: [commune({ ten_xa: "Xã Thọ Bình" })] })).features;
  expect(point?.properties?.["ten_xa"]).toBe("Thọ Bình");
  expect(point?.geometry.coordinates[0]).toBeCloseTo(105.52);
  expect(point?.geometry.coordinates[1]).toBeCloseTo(19.82);
  expect(point?.properties?.["thanh"]).toBe(`${BAR_PREFIX}5,3,1,1`);
});

it("labels a commune below only where nothing lies there", () => {
  const upper = commune({ bbox: [105.5, 19.8, 105.6, 19.9] });
  const lower = commune({ ma_xa: "15703", bbox: [105.5, 19.7, 105.6, 19.8] });
  const places = communePoints(manifest({ communes: [upper, lower] })).features.map(({ properties }) => properties);
  expect(places.map((place) => [place?.["ma_xa"], place?.["cho"]])).toEqual([
    ["15670", "giua"],
    ["15703", "giua"],
    ["15703", "duoi"],
  ]);
});
