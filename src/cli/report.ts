// report.ts: report.html of a comparison: what is drawn for it, and where it goes.
// In: finished runs of a comparison. Out: a file beside compare.json.
// (under construction)
export {};
