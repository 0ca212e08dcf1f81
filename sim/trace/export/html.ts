// html: one page that needs nothing else: summary, faults explained, a picture of the session, the
// script with what each line did, the log. No scripts, no links to anywhere, everything escaped.
// Of a large session the first faults and log lines are shown, and how many are left out.

import { bigOf, numberOf, textOf } from '../decoded.ts';
import type { TraceKind } from '../kinds.ts';
import type { TraceRecord } from '../reader.ts';
import { notRecorded } from '../record-groups.ts';
import { TraceIndex } from '../trace-index.ts';
import { dmesgStamp } from './dmesg.ts';
import type { ExportControl, ExportFormat, ExportSession } from './export-format.ts';
import { inPieces, passOver } from './export-format.ts';
import type { FaultContext } from './html-faults.ts';
import { faultContext, faultSections } from './html-faults.ts';
import { escapeHtml } from './html-text.ts';
import { TimelinePicture } from './html-timeline.ts';

/** A page to send by mail or to attach to a report. */
export const HTML: ExportFormat = {
  id: 'html',
  title: 'Report (one HTML page, offline)',
  extension: '.html',
  directory: false,
  files: (session, control) => [{ name: '', pieces: inPieces(page(session, control)) }],
};

const MOST_FAULTS = 200;
const MOST_LOG_LINES = 5000;

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --fault: #c0262d; --dim: #777; }
@media (prefers-color-scheme: dark) { :root { --fault: #ff7b72; --dim: #999; } }
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
code, pre, td, th { font-family: ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: 12.5px; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; border-bottom: 1px solid var(--line); }
table { border-collapse: collapse; } td, th { text-align: left; padding: .1rem .8rem .1rem 0; vertical-align: top; }
pre { overflow-x: auto; margin: .3rem 0 1rem; } .dim { color: var(--dim); } .fault { color: var(--fault); }
.script td { white-space: pre; } .script tr.hit td:first-child { font-weight: bold; } .n { text-align: right; }
svg { max-width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: currentColor; }
`;

/** What one pass over the session collects. */
interface Findings {
  readonly counts: Map<string, number>;
  readonly faults: FaultContext[];
  /** By physical address, the id of the last write. */
  readonly lastWrites: Map<number, number>;
  readonly log: TraceRecord[];
  readonly diagnostics: TraceRecord[];
  readonly lines: Map<number, LineHits>;
  readonly picture: TimelinePicture;
  faultCount: number;
  logCount: number;
  end: number;
}

/** What a line of the script did. */
interface LineHits {
  calls: number;
  faults: number;
}

function* page(session: ExportSession, control: ExportControl): Generator<string> {
  yield '';
  const index = new TraceIndex(session.source);
  const findings = collect(session, control, index);
  yield head(session);
  yield summary(session, findings);
  yield faults(session, index, findings);
  yield `<h2>Timeline</h2>\n${findings.picture.svg()}`;
  yield* script(session, findings);
  yield* log(findings);
  yield '</body>\n</html>\n';
}

function collect(session: ExportSession, control: ExportControl, index: TraceIndex): Findings {
  const total = session.source.chunks.reduce((sum, chunk) => sum + chunk.count, 0);
  const findings: Findings = {
    counts: new Map(),
    faults: [],
    lastWrites: new Map(),
    log: [],
    diagnostics: [],
    lines: new Map(),
    picture: new TimelinePicture(total),
    faultCount: 0,
    logCount: 0,
    end: 0,
  };
  for (const record of passOver(session, control)) {
    findings.counts.set(record.kind, (findings.counts.get(record.kind) ?? 0) + 1);
    findings.end = record.time;
    findings.picture.take(record);
    COLLECT[record.kind]?.(findings, record, index);
  }
  return findings;
}

const COLLECT: Readonly<
  Partial<Record<TraceRecord['kind'], (f: Findings, r: TraceRecord, index: TraceIndex) => void>>
> = {
  call: (findings, record) => {
    const line = numberOf(record, 'line');
    if (line > 0) {
      hitsOf(findings, line).calls++;
    }
  },
  mem_write: (findings, record) => {
    findings.lastWrites.set(Number(bigOf(record, 'pa')), record.id);
  },
  event: (findings, record, index) => {
    findings.faultCount++;
    if (findings.faults.length < MOST_FAULTS) {
      findings.faults.push(faultContext(index, record, findings.lastWrites));
    }
    const call = index.scriptCall(record.id);
    if (call !== undefined) {
      hitsOf(findings, numberOf(call, 'line')).faults++;
    }
  },
  log: (findings, record) => {
    findings.logCount++;
    if (findings.log.length < MOST_LOG_LINES) {
      findings.log.push(record);
    }
  },
  diagnostic: (findings, record) => {
    if (findings.diagnostics.length < MOST_FAULTS) {
      findings.diagnostics.push(record);
    }
  },
};

function hitsOf(findings: Findings, line: number): LineHits {
  const hits = findings.lines.get(line) ?? { calls: 0, faults: 0 };
  findings.lines.set(line, hits);
  return hits;
}

function head({ header }: ExportSession): string {
  const title = escapeHtml(`${header.file}: Substream session`);
  // The policy holds even if something were to slip through: nothing is fetched, nothing runs.
  const policy = "default-src 'none'; style-src 'unsafe-inline'";
  return (
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n' +
    `<meta http-equiv="Content-Security-Policy" content="${policy}">\n` +
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n' +
    `<title>${title}</title>\n<style>${STYLE}</style>\n</head>\n<body>\n<h1>${title}</h1>\n`
  );
}

function summary({ header }: ExportSession, findings: Findings): string {
  const count = (kind: TraceKind): string =>
    header.omitted?.includes(kind) === true
      ? 'not recorded'
      : String(findings.counts.get(kind) ?? 0);
  const missing = notRecorded(header.omitted);
  const rows: [string, string][] = [
    ['profile', header.profile],
    ['seed', String(header.seed)],
    ['virtual time', `${(findings.end / 1e9).toFixed(9)} s`],
    ['script and kernel calls', count('call')],
    ['device accesses', count('dma')],
    ['commands', count('command')],
    ['fault events', count('event')],
    ['page requests', count('ppr')],
    ['interrupts', count('irq')],
    ['diagnostics', count('diagnostic')],
    ...(missing === undefined ? [] : [['left out', missing] as [string, string]]),
    ['machine', JSON.stringify(header.machine)],
  ];
  if (header.result !== undefined) {
    rows.push(['result', JSON.stringify(header.result)]);
  }
  const cells = rows.map(
    ([name, value]) => `<tr><th>${name}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  return `<table>\n${cells.join('\n')}\n</table>\n`;
}

function faults({ header, explain }: ExportSession, index: TraceIndex, findings: Findings): string {
  const texts = faultSections(index, findings.faults, explain);
  const left = findings.faultCount - findings.faults.length;
  const rest = left > 0 ? `<p class="dim">${left} more faults are in the session.</p>\n` : '';
  const told = findings.diagnostics.map((record) => {
    const call = index.scriptCall(record.id);
    const place = call === undefined ? '' : `line ${numberOf(call, 'line')}: `;
    return `<li>${escapeHtml(`${place}${textOf(record, 'text')} (${textOf(record, 'section')})`)}</li>`;
  });
  const notes = told.length === 0 ? '' : `<h2>Diagnostics</h2>\n<ul>${told.join('\n')}</ul>\n`;
  const missing = header.omitted?.includes('event') === true;
  const none = texts.length === 0 ? `<p>${missing ? 'Not recorded' : 'None'}.</p>\n` : '';
  return `<h2>Faults</h2>\n${none}${texts.join('')}${rest}${notes}`;
}

function* script({ header }: ExportSession, findings: Findings): Generator<string> {
  yield '<h2>Script</h2>\n<table class="script">\n';
  yield '<tr><th class="n">line</th><th class="n">calls</th><th class="n">faults</th><th></th></tr>\n';
  for (const [at, text] of header.script.split('\n').entries()) {
    const hits = findings.lines.get(at + 1);
    const calls = hits === undefined || hits.calls === 0 ? '' : String(hits.calls);
    const faulty = hits === undefined || hits.faults === 0 ? '' : `&#x2718; ${hits.faults}`;
    yield `<tr${hits === undefined ? '' : ' class="hit"'}><td class="n">${at + 1}</td>`;
    yield `<td class="n dim">${calls}</td><td class="n fault">${faulty}</td><td>${escapeHtml(text)}</td></tr>\n`;
  }
  yield '</table>\n';
}

function* log(findings: Findings): Generator<string> {
  yield '<h2>Log</h2>\n<pre>';
  for (const record of findings.log) {
    yield `${escapeHtml(dmesgStamp(record.time) + textOf(record, 'text'))}\n`;
  }
  const left = findings.logCount - findings.log.length;
  yield `</pre>\n${left > 0 ? `<p class="dim">${left} more lines are in the session.</p>\n` : ''}`;
}
