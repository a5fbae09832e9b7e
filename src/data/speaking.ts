// speaking.ts: many texts spoken, on as many threads as there are processors.
// In: what is to be said by whom, Flite's bytes. Out: log-mel frames of each, from the cache where it was said before.
// Threads take shards of texts; a shard is kept as soon as it is done, so that an interrupted preparation goes on there.

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { contentHash, readEntry, writeEntry } from "./cache.ts";
import type { Said } from "./speak-worker.ts";
import { joinClips } from "./speech.ts";

const recipe = "spoken-1";
const shardSize = 128;
const mostThreads = 8;

type Mels = readonly Uint8Array[];

async function readShard(cacheDir: string, key: string): Promise<Mels | undefined> {
  const kept = await readEntry(cacheDir, "spoken", key);
  const mel = kept?.arrays.get("mel");
  if (kept === undefined || !(mel instanceof Uint8Array)) return undefined;
  let at = 0;
  return (kept.values as readonly number[]).map((length) => {
    at += length;
    return mel.subarray(at - length, at);
  });
}

function startWorker(flite: Uint8Array): Worker {
  const entry = new URL(
    import.meta.url.endsWith(".ts") ? "./speak-worker.ts" : "./speak-worker.js",
    import.meta.url,
  );
  return new Worker(entry, { workerData: flite });
}

function speakShard(worker: Worker, shard: readonly Said[]): Promise<Mels> {
  return new Promise((resolve, reject) => {
    worker.removeAllListeners();
    worker.on("message", resolve);
    worker.on("error", reject);
    worker.postMessage(shard);
  });
}

/** Log-mel frames of everything that is said, in order; `onSaid` hears how many are done. */
export async function speakAll(
  all: readonly Said[],
  { flite, cacheDir }: { readonly flite: Uint8Array; readonly cacheDir: string },
  onSaid: (done: number) => void,
): Promise<Mels> {
  const fliteHash = contentHash(flite);
  const shards = Array.from({ length: Math.ceil(all.length / shardSize) }, (_, i) => {
    const said = all.slice(i * shardSize, (i + 1) * shardSize);
    return { said, key: contentHash(recipe, fliteHash, JSON.stringify(said)) };
  });
  const made: (Mels | undefined)[] = [];
  for (const { key } of shards) made.push(await readShard(cacheDir, key));
  const missing = shards.flatMap((shard, i) => (made[i] === undefined ? [{ ...shard, i }] : []));
  let done = made.reduce((sum, mels) => sum + (mels?.length ?? 0), 0);
  onSaid(done);
  const work = async (worker: Worker) => {
    try {
      for (let next = missing.shift(); next !== undefined; next = missing.shift()) {
        const mels = await speakShard(worker, next.said);
        const lengths = mels.map(({ length }) => length);
        await writeEntry(cacheDir, "spoken", next.key, lengths, { mel: joinClips(mels).mel });
        made[next.i] = mels;
        done += mels.length;
        onSaid(done);
      }
    } finally {
      await worker.terminate();
    }
  };
  const threads = Math.min(availableParallelism(), mostThreads, missing.length);
  await Promise.all(Array.from({ length: threads }, () => work(startWorker(flite))));
  return made.flatMap((mels) => mels ?? []);
}
