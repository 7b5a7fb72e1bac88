import type { Manifest } from "@schemas/types";
import { boundsOf } from "./bounds.ts";
import { fetchParcel, fetchPlan, UnreachableError } from "./features.ts";
import { communeOf } from "./naming.ts";
import { communeOfParcel, type State } from "./state.ts";
import type { Store } from "./store.ts";

/** Read the chosen parcel from the API whenever another one is chosen. */
export function followParcel(store: Store<State>, manifest: Manifest): void {
  let running: AbortController | null = null;

  const load = async (id: string): Promise<void> => {
    const mine = new AbortController();
    running = mine;
    store.set({ load: { status: "loading" } });
    try {
      const srid = communeOf(communeOfParcel(id), manifest)?.srid;
      const [feature, plan] = await Promise.all([
        fetchParcel(id, mine.signal),
        srid === undefined ? null : fetchPlan(id, srid, mine.signal),
      ]);
      if (mine.signal.aborted) return;
      store.set({ load: feature ? { status: "found", feature, plan } : { status: "missing" } });
      // A link that names a parcel and no view shows the parcel.
      const bounds = feature && store.get().view === null ? boundsOf(feature.geometry) : null;
      if (bounds) store.set({ focus: { bounds } });
    } catch (error) {
      if (mine.signal.aborted) return;
      if (!(error instanceof UnreachableError)) throw error;
      console.error("parcel:", error);
      store.set({ load: { status: "unreachable" } });
    }
  };

  const follow = (id: string | null): void => {
    running?.abort();
    if (id === null) store.set({ load: { status: "none" } });
    else void load(id);
  };

  follow(store.get().parcel);
  store.subscribe((now, before) => {
    if (now.parcel !== before.parcel) follow(now.parcel);
  });
}
