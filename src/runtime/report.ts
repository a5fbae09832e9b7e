// report.ts: a comparison as one page that opens anywhere, without a network.
// In: compare.json's content, settings, drawings. Out: the text of report.html.
// (under construction)
export {};
