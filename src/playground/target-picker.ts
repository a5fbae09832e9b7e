// target-picker.ts: what the page trains on, and why.
// In: a first wish. Out: a choice, and a line that names what it leads to.

import { find } from "./dom.ts";
import { chooseTarget, nameOf, type Target, type Wish, wishes } from "./targets.ts";

export type TargetPicker = {
  chosen(): Promise<Target>;
  /** While something is trained, the choice is made. */
  lock(isLocked: boolean): void;
};

export function createTargetPicker(first: Wish): TargetPicker {
  const picker = find("target", HTMLSelectElement);
  const line = find("target-line", HTMLElement);
  picker.value = first;
  const choose = async (): Promise<Target> => {
    const target = await chooseTarget(wishes.find((wish) => wish === picker.value) ?? "auto");
    line.replaceChildren(nameOf(target), ": ", target.reason);
    line.dataset.kind = target.kind;
    return target;
  };
  let chosen = choose();
  picker.addEventListener("change", () => {
    chosen = choose();
  });
  return {
    chosen: () => chosen,
    lock(isLocked) {
      picker.disabled = isLocked;
    },
  };
}
