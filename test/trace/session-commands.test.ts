import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hardwareOf } from '../../sim/explain/hardware.ts';
import { diffCommand } from '../../sim/host/diff-command.ts';
import { exportCommand } from '../../sim/host/export-command.ts';
import { openSession } from '../../sim/host/open-session.ts';
import { writeDirectory, writePieces, writeTogether } from '../../sim/host/write-files.ts';
import { Inspector } from '../../sim/inspect/inspector.ts';
import { ExportCancelled } from '../../sim/trace/export/export-format.ts';
import { EXPORT_FORMATS } from '../../sim/trace/export/export-formats.ts';
import { sessionFileText } from '../../sim/trace/session-file.ts';
import { bytesOf } from '../support/readers.ts';
import { SAMPLE_INFO, sampleSession } from '../support/sample-session.ts';

let folder = '';
let output = '';
let complaints = '';

const SAMPLE = sessionFileText(SAMPLE_INFO, sampleSession().recorder);

function path(name: string): string {
  return join(folder, name);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'substream-'));
  writeFileSync(path('a.substream'), SAMPLE);
  output = '';
  complaints = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    complaints += String(text);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

describe('substream export', () => {
  it.each(EXPORT_FORMATS)(
    'writes $id as the exporter makes it, and nothing else',
    async (format) => {
      const out = format.directory ? 'out' : `out${format.extension}`;
      const status = await exportCommand([
        path('a.substream'),
        '--format',
        format.id,
        '-o',
        path(out),
      ]);
      expect([status, output, complaints]).toEqual([0, '', '']);
      const source = sampleSession().recorder;
      const inspector = new Inspector(source, hardwareOf(SAMPLE_INFO.machine), SAMPLE_INFO.file);
      const explain = (number: number): readonly string[] | undefined =>
        inspector.explain(number)?.lines;
      const session = { header: SAMPLE_INFO, source, explain };
      const files = format.files(session, {}).map(({ name }) => name);
      for (const name of files) {
        const file = format.directory
          ? path(`${out}/${name}`)
          : path(name === '' ? out : `out${name}`);
        const expected = bytesOf(format, session, name).toString('latin1');
        expect(readFileSync(file, 'latin1'), name).toBe(expected);
      }
      const top = format.directory ? 1 : files.length;
      expect(readdirSync(folder)).toHaveLength(1 + top);
    },
  );

  it.each([
    [['x.substream', '--format', 'csv', '-o', 'o'], /x\.substream: no such file$/],
    [['.', '--format', 'csv', '-o', 'o'], /: is a directory$/],
    [
      ['bad.substream', '--format', 'csv', '-o', 'o'],
      /bad\.substream: line 1: this is not a Substr/,
    ],
    [
      ['a.substream', '--format', 'pdf', '-o', 'o'],
      /no format 'pdf' \(there is: perfetto, ctf, vcd/,
    ],
    [['a.substream', '-o', 'o'], /^export needs --format \(there is: /],
    [['a.substream', '--format', 'csv'], /^export needs -o OUT$/],
    [['--format', 'csv', '-o', 'o'], /^export needs a SESSION/],
    [['a.substream', 'b', '--format', 'csv', '-o', 'o'], /takes one session, got '.*b' too$/],
    [
      ['a.substream', '--format', 'csv', '-o', 'a.substream'],
      /is the session itself; it is not over/,
    ],
    [['a.substream', '--format', 'csv', '-o', 'link'], /is the session itself; it is not over/],
    [['a.substream', '--format', 'csv', '-o', 'full'], /: is a directory$/],
    [['a.substream', '--format', 'ctf', '-o', 'full'], /: is not empty; nothing was overwritten$/],
    [['a.substream', '--format', 'ctf', '-o', 'file'], /: is a file; ctf needs a directory$/],
    [
      ['a.substream', '--format', 'csv', '-o', 'none/o'],
      /none\/o: cannot be written: no such file$/,
    ],
    [['a.substream', '--format', 'csv', '-x', 'o'], /^export: Unknown option '-x'.*--help$/],
  ])('refuses %j in one line, and changes nothing', async (args, message) => {
    writeFileSync(path('bad.substream'), 'hello\n');
    writeFileSync(path('file'), 'mine');
    mkdirSync(path('full/inside'), { recursive: true });
    symlinkSync(path('a.substream'), path('link'));
    const before = readdirSync(folder, { recursive: true });
    const values = args.map((arg, at) =>
      arg.startsWith('-') || args[at - 1] === '--format' ? arg : path(arg),
    );
    await expect(exportCommand(values)).rejects.toThrow(message);
    await expect(exportCommand(values)).rejects.toThrow(/^[^\n]*$/);
    expect(readdirSync(folder, { recursive: true })).toEqual(before);
    expect(readFileSync(path('a.substream'), 'utf8')).toBe(SAMPLE);
    expect(readFileSync(path('file'), 'utf8')).toBe('mine');
  });

  it('exports what can be read of a damaged session, says where it is damaged, and ends with 3', async () => {
    writeFileSync(path('cut.substream'), SAMPLE.slice(0, -40));
    const status = await exportCommand([
      path('cut.substream'),
      '--format',
      'csv',
      '-o',
      path('o.csv'),
    ]);
    expect(status).toBe(3);
    expect(complaints).toMatch(
      /^substream: cut\.substream:68: the file ends inside a record[^\n]*\n$/,
    );
    expect(readFileSync(path('o.csv'), 'utf8').trimEnd().split('\r\n')).toHaveLength(67);
    expect(readFileSync(path('cut.substream'), 'utf8')).toBe(SAMPLE.slice(0, -40));
  });

  it('replaces an older export, and fills an empty directory', async () => {
    writeFileSync(path('o.csv'), 'old');
    mkdirSync(path('ctf'));
    expect(await exportCommand([path('a.substream'), '--format', 'csv', '-o', path('o.csv')])).toBe(
      0,
    );
    expect(await exportCommand([path('a.substream'), '--format', 'ctf', '-o', path('ctf')])).toBe(
      0,
    );
    expect(statSync(path('o.csv')).size).toBeGreaterThan(3000);
    expect(readdirSync(path('ctf')).sort()).toEqual(['metadata', 'stream']);
  });

  it('keeps the dissector apart from an output that is called .lua itself', async () => {
    await exportCommand([path('a.substream'), '--format', 'pcapng', '-o', path('o.lua')]);
    expect(readFileSync(path('o.lua')).readUInt32LE(0)).toBe(0x0a0d_0d0a);
    expect(readFileSync(path('o.lua.lua'), 'utf8')).toContain('Proto("smmuv3"');
  });

  it('leaves nothing behind when it is interrupted', async () => {
    appendFileSync(path('long.substream'), SAMPLE);
    const running = exportCommand([
      path('long.substream'),
      '--format',
      'perfetto',
      '-o',
      path('o'),
    ]);
    process.emit('SIGINT');
    expect(await running).toBe(130);
    expect(complaints).toBe('substream: export: interrupted, nothing was written\n');
    expect(readdirSync(folder).sort()).toEqual(['a.substream', 'long.substream']);
    expect(process.listenerCount('SIGINT')).toBe(0);
  });

  it('helps', async () => {
    expect(await exportCommand(['--help'])).toBe(0);
    for (const { id } of EXPORT_FORMATS) {
      expect(output).toMatch(new RegExp(`^  ${id} +\\S`, 'm'));
    }
  });
});

describe('exporting', () => {
  it.each(EXPORT_FORMATS)(
    '$id tells its progress up to the whole, and stops when it is cancelled',
    (format) => {
      const writer = sampleSession();
      for (let n = 0; n < 20_000; n++) {
        writer.put('irq', { line: 1, handled: 1, name: 'eventq' }, 1);
      }
      const session = { header: SAMPLE_INFO, source: writer.recorder };
      const told: number[] = [];
      const run = (signal: { aborted: boolean }, stopAt: number): void => {
        const onProgress = (done: number): void => {
          told.push(done);
          signal.aborted ||= done >= stopAt;
        };
        for (const { pieces } of format.files(session, { signal, onProgress })) {
          for (const _ of pieces) {
            // Only the pace matters.
          }
        }
      };
      run({ aborted: false }, 2);
      expect(told).toEqual([...told].sort((a, b) => a - b));
      expect(told.length).toBeGreaterThan(4);
      expect(told.at(-1)).toBe(1);
      told.length = 0;
      expect(() => run({ aborted: false }, 0.3)).toThrow(ExportCancelled);
      expect(told.at(-1)).toBeLessThan(0.9);
    },
  );
});

describe('writing files', () => {
  it('keeps what was there when the pieces fail half-way', async () => {
    writeFileSync(path('o'), 'old');
    function* failing(): Generator<string> {
      yield 'new';
      throw new Error('no more');
    }
    await expect(writePieces(path('o'), failing())).rejects.toThrow('no more');
    const both = [
      { path: path('first'), pieces: ['whole'] },
      { path: path('o'), pieces: failing() },
    ];
    await expect(writeTogether(both)).rejects.toThrow('no more');
    await expect(writeDirectory(path('d'), [{ name: 'x', pieces: failing() }])).rejects.toThrow(
      'no more',
    );
    expect(readdirSync(folder).sort()).toEqual(['a.substream', 'o']);
    expect(readFileSync(path('o'), 'utf8')).toBe('old');
  });

  it('follows a symbolic link', async () => {
    writeFileSync(path('real'), 'old');
    symlinkSync(path('real'), path('link'));
    await writePieces(path('link'), ['new ', Buffer.from('text')]);
    expect(readFileSync(path('real'), 'utf8')).toBe('new text');
  });

  it('does not touch a directory that has something in it', async () => {
    mkdirSync(path('d'));
    writeFileSync(path('d/mine'), 'x');
    await expect(writeDirectory(path('d'), [{ name: 'y', pieces: [] }])).rejects.toThrow(
      /ENOTEMPTY/,
    );
    expect(readdirSync(path('d'))).toEqual(['mine']);
    expect(existsSync(path('d/y'))).toBe(false);
  });
});

describe('opening a session file', () => {
  it('tells its progress and can be stopped', async () => {
    const told: number[] = [];
    await openSession(path('a.substream'), { onProgress: (done) => told.push(done) });
    expect(told.at(-1)).toBe(1);
    await expect(openSession(path('a.substream'), { signal: { aborted: true } })).rejects.toThrow(
      ExportCancelled,
    );
  });

  it('reads a file edited by hand in UTF-8, and says that it was edited', async () => {
    writeFileSync(
      path('edited.substream'),
      SAMPLE.replace('event 0x10 received:', 'Ereignis — ü😀'),
    );
    const session = await openSession(path('edited.substream'));
    expect(session.damage.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^the records are not/),
    ]);
    expect(session.source.texts).toContain('arm-smmu-v3 arm-smmu-v3.0.auto: Ereignis — ü😀');
  });
});

describe('substream diff', () => {
  it('ends with 0 for the same session and 1 for different ones', async () => {
    expect(await diffCommand([path('a.substream'), path('a.substream')])).toBe(0);
    expect(output).toMatch(/^The sessions agree\.\n/);
    const other = sampleSession();
    other.call('iommu_domain_free(domain 1)', 10, '0');
    writeFileSync(path('b.substream'), sessionFileText(SAMPLE_INFO, other.recorder));
    output = '';
    expect(await diffCommand([path('a.substream'), path('b.substream')])).toBe(1);
    expect(output).toContain(
      'First divergence:\n+ call 9 of B, line 10\n+   iommu_domain_free(domain 1)\n',
    );
  });

  it.each([[[]], [['a']], [['a', 'b', 'c']], [['--fast', 'a', 'b']]])(
    'refuses %j',
    async (args) => {
      await expect(diffCommand(args)).rejects.toThrow(/^diff(:| needs)[^\n]*$/);
    },
  );
});
