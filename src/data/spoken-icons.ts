// spoken-icons.ts: the built-in data `spoken-icons`: the icons, and their names spoken.
// In: the data `icons`, and Flite. Out: its corpus, with clips of speech: a name said by each of four voices.
// A clip stands in two documents, once with the name it says and once with a picture of what it names, so that speech is
// tied to both. How many names are spoken makes it one part of speech to six of text and pictures, counted in tokens, as
// in the paper. A clip is of the concept its name is of: a validation concept is not heard in training by any voice.

import { contentHash } from "./cache.ts";
import type { Corpus, CorpusSource, Draft, Sounds } from "./corpus.ts";
import type { Licence, OnProgress } from "./dataset.ts";
import { openSpeaker, readFlite, type Speaker, type Voice, voices } from "./flite.ts";
import { openIcons } from "./icons.ts";
import { trimSilence } from "./mel.ts";
import { randomOrder } from "./random.ts";
import { speakAll } from "./speaking.ts";
import { joinClips } from "./speech.ts";

const recipe = "spoken-icons-2";
/** Names that are spoken; see above. */
const spokenNames = 1200;
const orderSeed = 25;
/** What Flite says well, and what is said within two seconds; trademarks and letters of flags are hardly words. */
const speakable = /^(?!brand |flag )[a-z]+(?: [a-z]+){0,3}$/i;
const longestName = 24;

const fliteLicence: Licence = {
  name: "Flite and its voices",
  spdx: "CMU",
  author: "Carnegie Mellon University",
  url: "https://github.com/festvox/flite",
};

/** A name and a picture to show beside it. */
type Named = { readonly name: string; readonly drafts: readonly Draft[] };
type Clip = { readonly name: string; readonly voice: Voice; readonly drafts: readonly Draft[] };

/** Names worth saying, each with all drafts it is the name of, in an order that mixes sets and subjects. */
function chooseNames(drafts: readonly Draft[], count: number): readonly Named[] {
  const byName = new Map<string, Draft[]>();
  for (const draft of drafts) {
    const name = draft.texts[0];
    if (name === undefined || name.length > longestName || !speakable.test(name)) continue;
    const key = `${draft.group}|${name.toLowerCase()}`;
    const known = byName.get(key);
    if (known === undefined) byName.set(key, [draft]);
    else known.push(draft);
  }
  const all = [...byName.values()];
  const order = randomOrder(all.length, orderSeed);
  return [...order.subarray(0, count)].flatMap((number) => {
    const own = all[number];
    const name = own?.[0]?.texts[0];
    return own === undefined || name === undefined ? [] : [{ name, drafts: own }];
  });
}

/** Documents of a clip: with its name, and with one of the pictures of it, another for each voice if there are more. */
function documentsOf({ name, voice, drafts }: Clip, clip: number): readonly Draft[] {
  const draft = drafts[voices.indexOf(voice) % drafts.length];
  if (draft === undefined) return [];
  const { group, split, picture } = draft;
  return [
    { group, split, texts: [name], picture: undefined, clip },
    { group, split, texts: [], picture, clip },
  ];
}

async function loadCorpus(
  icons: CorpusSource,
  count: number,
  flite: Uint8Array<ArrayBuffer>,
  cacheDir: string,
  onProgress: OnProgress,
): Promise<Corpus> {
  const corpus = await icons.load(cacheDir, onProgress);
  const clips = chooseNames(corpus.drafts, count).flatMap(({ name, drafts }) =>
    voices.map((voice) => ({ name, voice, drafts })),
  );
  const said = clips.map(({ name, voice }) => ({ text: name, voice }));
  const mels = await speakAll(said, { flite, cacheDir }, (done) =>
    onProgress("speaking names", done, said.length),
  );
  let opened: Promise<Speaker> | undefined;
  const speaker = () => {
    opened ??= openSpeaker(flite);
    return opened;
  };
  const sounds: Sounds = {
    clips: joinClips(mels),
    hear: async (number) => {
      const clip = clips[number];
      return clip === undefined ? new Float32Array() : trimSilence((await speaker())(clip.name, clip.voice));
    },
  };
  return {
    ...corpus,
    drafts: [...corpus.drafts, ...clips.flatMap(documentsOf)],
    sounds,
    licences: [...corpus.licences, fliteLicence],
  };
}

/** The built-in data; `count` names are spoken. DataError if a package is missing. */
export async function openSpokenIcons(count = spokenNames): Promise<CorpusSource> {
  const [icons, flite] = [await openIcons(), await readFlite()];
  return {
    name: "spoken-icons",
    fingerprint: contentHash(recipe, icons.fingerprint, String(count), flite),
    load: (cacheDir, onProgress) => loadCorpus(icons, count, flite, cacheDir, onProgress),
  };
}
