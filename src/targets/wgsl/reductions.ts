// reductions.ts: sums and maxima over the threads of a workgroup, for the partial `_sum`.
// In: how many threads, and whether the device has subgroups. Out: the names that the partial and its users place.

import type { View } from "../render.ts";
import type { WgslContext } from "./context.ts";

const forms = {
  sum: {
    what: "Sum",
    name: "workgroup_sum",
    subgroup: "subgroupAdd",
    next: "result + partial_sums[i]",
    within: "part + partial_sums[i]",
    across: "result + group_sums[i]",
  },
  max: {
    what: "Maximum",
    name: "workgroup_max",
    subgroup: "subgroupMax",
    next: "max(result, partial_sums[i])",
    within: "max(part, partial_sums[i])",
    across: "max(result, group_sums[i])",
  },
} as const;

/** What a template that includes `_sum` needs in its view. */
export function reductionView(
  names: readonly (keyof typeof forms)[],
  threads: number,
  { subgroups }: WgslContext,
): View {
  const groups = 2 ** Math.ceil(Math.log2(threads) / 2);
  return {
    subgroups,
    sumThreads: threads,
    sumGroups: groups,
    reductions: names.map((name) => ({ ...forms[name], threads, groups, size: threads / groups })),
    subgroupInput: subgroups ? ", @builtin(subgroup_size) subgroup_size: u32" : "",
  };
}

/** A call of one of the functions. */
export function reduction(name: keyof typeof forms, value: string, { subgroups }: WgslContext): string {
  return `${forms[name].name}(${value}, thread${subgroups ? ", subgroup_size" : ""})`;
}
