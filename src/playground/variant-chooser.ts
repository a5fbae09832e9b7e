// variant-chooser.ts: which variants are trained.
// In: a checked spec. Out: a box to tick per variant; those of the spec's `compare` line are ticked, else the first two.

import type { Model } from "../browser.ts";
import { make } from "./dom.ts";
import type { CheckedSpec } from "./spec-panel.ts";

export type VariantChooser = {
  offer(spec: CheckedSpec): void;
  /** In the spec's order. */
  chosen(): readonly Model[];
};

export function createVariantChooser(root: HTMLElement, onChange: () => void): VariantChooser {
  let models: ReadonlyMap<string, Model> = new Map();
  const ticked = (): ReadonlySet<string> =>
    new Set([...root.querySelectorAll<HTMLInputElement>("input:checked")].map(({ value }) => value));
  root.addEventListener("change", onChange);
  return {
    offer({ models: found, compare }) {
      // While something is wrong the choice stays as it is.
      if (found.size === 0) {
        models = found;
        return;
      }
      const [before, after] = [
        [...root.querySelectorAll("input")].map(({ value }) => value),
        [...found.keys()],
      ];
      models = found;
      if (before.join() === after.join()) return;
      const wanted = new Set(compare.length > 0 ? compare : after.slice(0, 2));
      root.replaceChildren(
        ...after.map((name) => {
          const box = make("input", {
            type: "checkbox",
            name: "variant",
            value: name,
            checked: wanted.has(name),
          });
          return make("label", {}, box, name);
        }),
      );
    },
    chosen() {
      const names = ticked();
      return [...models.values()].filter(({ variant }) => names.has(variant));
    },
  };
}
