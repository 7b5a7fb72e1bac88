import { afterEach, expect, test, vi } from "vitest";
import { find } from "../src/finder.ts";

afterEach(() => vi.unstubAllGlobals());

/** Let the API answer by the first text that an address holds; everything else it does not know. */
function answering(answers: Record<string, unknown>): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (address: string) => {
    const told = decodeURIComponent(address).replaceAll("+", " ");
    asked.push(told);
    const known = Object.entries(answers).find(([part]) => told.includes(part));
    return known ? Response.json(known[1]) : new Response(null, { status: 404 });
  });
  return asked;
}

const page = (id: string) => ({ features: [{ id, properties: { ma_xa: "15667", ky_dia_gioi: "E2025B" } }] });
const ids = (outcome: Awaited<ReturnType<typeof find>>): string[] =>
  outcome.kind === "parcels" ? outcome.parcels.map((parcel) => parcel.id) : [];

test("the numbers of today win, those of before a reform answer where today has none", async () => {
  const asked = answering({ "so_hieu_to_ban_do_cu IN ('2')": page("moi"), "so_hieu_to_ban_do IN ('12')": page("nay") });
  expect(ids(await find("tờ 12 thửa 1", [], null))).toEqual(["nay"]);
  expect(asked.some((address) => address.includes("_cu"))).toBe(false);
  expect(ids(await find("tờ 2 thửa 1", [], null))).toEqual(["moi"]);
  expect((await find("tờ 3 thửa 1", [], null)).kind).toBe("no_parcel");
});

test("a key that is no more leads to the land under its new key, or to its parts", async () => {
  const ended = (successors: string, code: string | null) => ({
    features: [{ properties: { successors, ma_dinh_danh_thua: code } }],
  });
  answering({
    "thua_dat_id=15670.E2025A.1.2.1&": ended("", "w7e0cu5c3wy6"),
    "thua_dat_id=15670.E2025A.1.2.3&": ended("a,b", "w7e0cu5c3wy7"),
    "thua_dat_id=15670.E2025A.1.2.9&": ended("", null),
    "thua_dat_id=15670.E2025A.1.2.7&": ended("15670.E2025A.1.2.1,15670.E2025A.1.2.9", null),
    "ma_dinh_danh_thua IN ('w7e0cu5c3wy6')": page("15667.E2025B.1.12.1"),
    "thua_dat_id IN ('a', 'b')": { features: [...page("a").features, ...page("b").features] },
  });
  expect(ids(await find("15670.E2025A.1.2.1", [], null))).toEqual(["15667.E2025B.1.12.1"]);
  expect(ids(await find("15670.E2025A.1.2.3", [], null))).toEqual(["a", "b"]);
  expect(ids(await find("15670.E2025A.1.2.7", [], null))).toEqual(["15667.E2025B.1.12.1"]);
  expect((await find("15670.E2025A.1.2.9", [], null)).kind).toBe("no_parcel");
  expect((await find("15670.E2025A.1.2.8", [], null)).kind).toBe("no_parcel");
});
