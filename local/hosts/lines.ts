/** Work that waits its turn: one at a time for each number, side by side for different ones. */
export interface Lines {
  /** Rejects with what `work` rejects with, and once closed. */
  run(key: number, work: () => Promise<void>): Promise<void>;
  /** Takes nothing more; resolves when everything that was taken has ended. */
  close(): Promise<void>;
}

export function makeLines(): Lines {
  const lasts = new Map<number, Promise<void>>();
  let closed = false;
  return {
    run(key, work) {
      if (closed) return Promise.reject(new Error("The hosts are closed."));
      const turn = (lasts.get(key) ?? Promise.resolve()).then(work);
      const last = turn
        .catch(() => {})
        .then(() => {
          if (lasts.get(key) === last) lasts.delete(key);
        });
      lasts.set(key, last);
      return turn;
    },
    async close() {
      closed = true;
      await Promise.all(lasts.values());
    },
  };
}
