// dom.ts: making and finding elements.
// In: names, attributes, children. Out: elements, with their types.

export type Child = Node | string;

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** An element; attributes that are `undefined` or false are left out, true ones are empty. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/** The element of index.html with this id. */
export function find<E extends HTMLElement>(id: string, type: new () => E): E {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} \`${id}\``);
  return element;
}

export type Debounced = {
  /** Has the work done soon. */
  call(): void;
  /** Has it done now, if it is due. */
  settle(): void;
};

/** Does `work` once calls have ceased for `waitMs`. */
export function debounce(waitMs: number, work: () => void): Debounced {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const settle = (): void => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    work();
  };
  return {
    call() {
      clearTimeout(timer);
      timer = setTimeout(settle, waitMs);
    },
    settle,
  };
}

/** Calls `work` at most once per `everyMs`, and once more after the last call. */
export function throttle(everyMs: number, work: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    if (timer !== undefined) return;
    const wait = Math.max(0, last + everyMs - performance.now());
    timer = setTimeout(() => {
      timer = undefined;
      last = performance.now();
      work();
    }, wait);
  };
}
