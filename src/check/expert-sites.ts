// expert-sites.ts: the parameter sites of a draft in which some linears belong to experts, and routers exist.
// In: a draft's sites and the blocks. Out: for each linear of a block a site per expert, beside it what is left for
// modalities that are not routed: `block.0.ffn.gate` → `block.0.ffn.expert.0.gate`, …; and `block.0.ffn.router`.
// The sites of the draft are not touched: other variants share them.

import type { Block } from "./blocks.ts";
import type { PerModality } from "./model.ts";
import { type Draft, joinPath, type Site } from "./state.ts";

export type ExpertSites = {
  /** Gives each expert of a block its copy of one linear's site. */
  readonly split: (site: Site, block: Block, routing: number) => void;
  /** The router of a block that reads rows of these widths; one for all arms of a block. */
  readonly router: (block: Block, linears: readonly Site[], widths: PerModality<number>) => Site;
  readonly expertsOf: (site: Site) => readonly Site[];
  /** What is left of a site for modalities that are not routed. */
  readonly plain: (site: Site) => Site;
  /** All sites in the order of the draft's, a router before the first linear of its block. */
  readonly all: () => readonly Site[];
};

export function createSites(draft: Draft): ExpertSites {
  const experts = new Map<Site, Site[]>();
  const plain = new Map<Site, Site>();
  const routers = new Map<string, Site>();
  const before = new Map<Site, Site>();
  const expertsOf = (site: Site): readonly Site[] => experts.get(site) ?? [];
  return {
    split: (site, block, routing) => {
      const copies = experts.get(site) ?? copiesOf(site, block, routing);
      const left = plain.get(site) ?? { ...site, entries: new Map(site.entries) };
      for (const modality of block.modalities) {
        const entry = site.entries.get(modality);
        if (entry !== undefined) for (const copy of copies) copy.entries.set(modality, entry);
        left.entries.delete(modality);
      }
      experts.set(site, copies);
      plain.set(site, left);
    },
    router: (block, linears, widths) => {
      const { part, rule } = block;
      const path = joinPath(part.scope, "router");
      const router = routers.get(path) ?? emptyRouter(path, block);
      for (const modality of block.modalities) {
        router.entries.set(modality, {
          shape: [rule.experts, widths[modality] ?? 0],
          initial: "normal",
          span: rule.span,
          frames: [],
          depth: 0,
          isResidual: false,
        });
      }
      router.follows?.push(linears.flatMap((site) => expertsOf(site).slice(0, 1)));
      const [first] = linears;
      if (first !== undefined && !routers.has(path)) before.set(first, router);
      routers.set(path, router);
      return router;
    },
    expertsOf,
    plain: (site) => plain.get(site) ?? site,
    all: () =>
      [...draft.sites.values()].flatMap((site) => {
        const router = before.get(site);
        const left = plain.get(site) ?? site;
        const rest = left.entries.size === 0 ? [] : [left];
        return [...(router === undefined ? [] : [router]), ...expertsOf(site), ...rest];
      }),
  };
}

function copiesOf(site: Site, block: Block, routing: number): Site[] {
  const { before = block.part.scope, after = "" } = site.around ?? {};
  return Array.from({ length: block.rule.experts }, (_, index) => {
    const own = joinPath(`expert.${index}`, after);
    return {
      path: joinPath(before, own),
      around: { before, after: own },
      ...(site.label === undefined ? {} : { label: site.label }),
      entries: new Map(),
      expert: { routing, index, original: site },
    };
  });
}

function emptyRouter(path: string, { part, rule }: Block): Site {
  const around = { before: part.scope, after: "router" };
  return { path, around, label: rule.label.text, entries: new Map(), follows: [] };
}
