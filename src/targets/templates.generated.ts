// templates.generated.ts: written by `npm run generate` from templates/; do not edit.

export const templates: ReadonlyMap<string, string> = new Map([
]);
