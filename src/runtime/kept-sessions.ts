// kept-sessions.ts: sessions and other costly things that are made when they are first asked for, and kept.
// In: how one is made. Out: the one that was made before, or a new one. What failed is not kept: it is tried again.

import type { Session } from "./session.ts";

export type KeptSessions<Wanted> = {
  get(wanted: Wanted): Promise<Session>;
  /** Closes all, whichever of them cannot be. */
  close(): Promise<void>;
};

/** Keeps at most `most` sessions: a new one takes the place of the one that was not asked for longest. */
export function keepSessions<Wanted>(
  open: (wanted: Wanted) => Promise<Session>,
  most: number,
): KeptSessions<Wanted> {
  // In the order in which they were last asked for.
  const kept = new Map<string, Promise<Session>>();
  const makeRoom = async (): Promise<void> => {
    const [oldest] = kept;
    if (oldest === undefined || kept.size < most) return;
    kept.delete(oldest[0]);
    await closeAll([oldest[1]]);
  };
  return {
    get(wanted) {
      const key = JSON.stringify(wanted);
      const session = kept.get(key) ?? makeRoom().then(() => open(wanted));
      kept.delete(key);
      kept.set(key, session);
      session.catch(() => kept.get(key) === session && kept.delete(key));
      return session;
    },
    close() {
      const all = [...kept.values()];
      kept.clear();
      return closeAll(all);
    },
  };
}

/** Those that opened; throws the first reason why one could not be closed, after all the others were. */
async function closeAll(sessions: readonly Promise<Session>[]): Promise<void> {
  const opened = await Promise.allSettled(sessions);
  const closed = await Promise.allSettled(
    opened.map(async (each) => (each.status === "fulfilled" ? each.value.close() : undefined)),
  );
  for (const each of closed) if (each.status === "rejected") throw each.reason;
}

/** Made once. */
export function keepOne<T>(make: () => Promise<T>): () => Promise<T> {
  let kept: Promise<T> | undefined;
  return () => {
    const made = kept ?? make();
    kept = made;
    made.catch(() => {
      if (kept === made) kept = undefined;
    });
    return made;
  };
}

/** Work one after another, in the order in which it was asked for: a session holds one batch at a time. */
export function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
}
