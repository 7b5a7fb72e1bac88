/** A value that can be read, changed and watched. */
export interface Store<State> {
  get(): State;
  /** Change some fields; watchers hear of it once, and only when a field really differs. */
  set(patch: Partial<State>): void;
  /** Call `watcher` on every change; returns the function that stops it. */
  subscribe(watcher: (now: State, before: State) => void): () => void;
}

/** Create a store holding `initial`. */
export function createStore<State extends object>(initial: State): Store<State> {
  let state = initial;
  const watchers = new Set<(now: State, before: State) => void>();
  return {
    get: () => state,
    set(patch) {
      const keys = Object.keys(patch) as (keyof State)[];
      if (keys.every((key) => Object.is(state[key], patch[key]))) return;
      const before = state;
      state = { ...state, ...patch };
      for (const watcher of [...watchers]) watcher(state, before);
    },
    subscribe(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}
