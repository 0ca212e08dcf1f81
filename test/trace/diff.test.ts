import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffSessions } from '../../sim/trace/diff.ts';
import { diffText } from '../../sim/trace/diff-text.ts';
import type { ExportSession } from '../../sim/trace/export/export-format.ts';
import type { SessionInfo } from '../../sim/trace/session-file.ts';
import {
  anySession,
  SAMPLE_INFO,
  SessionWriter,
  sampleSession,
} from '../support/sample-session.ts';

function sessionOf(writer: SessionWriter, header: SessionInfo = SAMPLE_INFO): ExportSession {
  return { header, source: writer.recorder };
}

/** A session with these calls; each may do something below. */
function calls(...list: readonly (string | [string, (s: SessionWriter) => void])[]): ExportSession {
  const writer = new SessionWriter();
  for (const [index, each] of list.entries()) {
    const [shown, body] = typeof each === 'string' ? [each, () => {}] : each;
    writer.call(shown, index + 1, '0', () => body(writer));
  }
  return sessionOf(writer);
}

function text(a: ExportSession, b: ExportSession): string {
  return diffText(diffSessions(a, b), a, b).join('\n');
}

const access =
  (ssid: number, status: number) =>
  (s: SessionWriter): void => {
    s.put('dma', { sid: 16, ssid, iova: 0x7000n, pa: 0x4000n, flags: 0, status });
  };

describe('comparing two sessions', () => {
  it('finds that a session agrees with itself, whatever is in it', () => {
    fc.assert(
      fc.property(anySession, (writer) => {
        const session = sessionOf(writer);
        expect(diffSessions(session, session)).toMatchObject({ same: true, count: 0, setup: [] });
      }),
    );
  });

  it('does not look at time, nor at how the hardware went about it', () => {
    const slow = sampleSession();
    const fast = new SessionWriter();
    fast.call('f()', 1, '0', () => {
      fast.put('fetch', { what: 1, level: 0, stage: 0, ok: 1, pa: 0n, value: 0n }, 500);
      fast.put('mmio_read', { offset: 0x9c, width: 32, value: 7n }, 500);
    });
    expect(diffSessions(calls('f()'), sessionOf(fast)).same).toBe(true);
    expect(slow.recorder.count).toBeGreaterThan(0);
  });

  it('aligns calls by what they are, so that an inserted one is the only difference', () => {
    const a = calls('a()', 'b()', 'c()', 'd()');
    const b = calls('a()', 'b()', 'new(1)', 'c()', 'd()');
    const { differences, count } = diffSessions(a, b);
    expect(count).toBe(1);
    expect(differences[0]).toEqual({
      b: { number: 3, line: 3, text: 'new(1)', record: 5 },
      lines: [{ sign: '+', text: 'returns 0' }],
    });
  });

  it('shows a call with other arguments as one difference, with what came of it', () => {
    const map = (size: number) =>
      [
        `iommu_map(d, 0x7000, ${size})`,
        (s: SessionWriter) => {
          s.put('log', { level: 6, text: `mapped ${size}` });
        },
      ] as [string, (s: SessionWriter) => void];
    const { differences } = diffSessions(
      calls('a()', map(4096), 'b()'),
      calls('a()', map(8192), 'b()'),
    );
    expect(differences).toHaveLength(1);
    expect(differences[0]?.a?.text).toBe('iommu_map(d, 0x7000, 4096)');
    expect(differences[0]?.b?.text).toBe('iommu_map(d, 0x7000, 8192)');
    expect(differences[0]?.lines).toEqual([
      { sign: '-', text: 'info: mapped 4096' },
      { sign: '+', text: 'info: mapped 8192' },
      { sign: ' ', text: 'returns 0' },
    ]);
  });

  it('tells accesses apart by stream, PASID and outcome', () => {
    const a = calls(
      ['dma_read()', access(5, 0)],
      ['dma_read()', access(5, 0)],
      ['dma_read()', access(5, 0)],
    );
    const b = calls(
      ['dma_read()', access(5, 0)],
      ['dma_read()', access(6, 0)],
      ['dma_read()', access(5, 1)],
    );
    const { differences } = diffSessions(a, b);
    expect(differences.map(({ a: at, lines }) => [at?.number, lines.slice(0, 2)])).toEqual([
      [
        2,
        [
          { sign: '-', text: 'read sid 0x10 ssid 5 0x7000 -> 0x4000' },
          { sign: '+', text: 'read sid 0x10 ssid 6 0x7000 -> 0x4000' },
        ],
      ],
      [
        3,
        [
          { sign: '-', text: 'read sid 0x10 ssid 5 0x7000 -> 0x4000' },
          { sign: '+', text: 'read sid 0x10 ssid 5 0x7000 -> aborted' },
        ],
      ],
    ]);
  });

  it('names what differs in the setup, also when the runs agree', () => {
    const a = calls('a()');
    const b = sessionOf(new SessionWriter(), SAMPLE_INFO);
    const other: ExportSession = {
      source: a.source,
      header: {
        ...SAMPLE_INFO,
        seed: 2,
        profile: 'attr19',
        script: SAMPLE_INFO.script.replace('SZ_4K', 'SZ_2M'),
        machine: { ...SAMPLE_INFO.machine, smmu: { oas: 6 } },
      },
    };
    const diff = diffSessions(a, other);
    expect(diff.count).toBe(0);
    expect(diff.same).toBe(false);
    expect(diff.setup).toEqual([
      'script: 1 place differs, the first at line 5 of A, line 5 of B',
      'profile: "seed18" in A, "attr19" in B',
      'seed: 1 in A, 2 in B',
      'machine smmu: {"oas":5,"ats":true} in A, {"oas":6} in B',
    ]);
    expect(diffSessions(b, b).same).toBe(true);
  });

  it('counts all differences but works out only the first', () => {
    const many = (value: string): ExportSession => {
      const writer = new SessionWriter();
      for (let n = 0; n < 300; n++) {
        writer.call(`f(${n})`, 1, value);
      }
      return sessionOf(writer);
    };
    const diff = diffSessions(many('0'), many('-22'));
    expect(diff.count).toBe(300);
    expect(diff.differences).toHaveLength(100);
  });

  it('is text to send by mail: short lines, the first divergence in front', async () => {
    const a = sampleSession();
    const b = new SessionWriter({ start: 5 });
    b.call("platform_device('accel0', { sids: [16], ssid_bits: 4 })", 2, 'accel0');
    b.call('iommu_domain_alloc(platform_bus_type)', 3, 'domain 1');
    b.call('iommu_aux_attach_device(domain 1, accel0)', 4, '0');
    b.call(
      'iommu_map(domain 1, 0x70000000, 0x41000000, 8192, IOMMU_READ | IOMMU_WRITE | IOMMU_CACHE)',
      5,
      '-22',
    );
    b.call('dma_read(accel0, 0x70000000, 4)', 6, 'F_TRANSLATION', () => {
      b.put('event', { w0: 0x1000_0000_10n, w1: 1n << 35n, w2: 0x7000_0000n, w3: 0n });
      b.put('dma', { sid: 16, ssid: -1, iova: 0x7000_0000n, pa: 0n, flags: 0, status: 1 });
    });
    const lines = text(sessionOf(a), sessionOf(b, { ...SAMPLE_INFO, profile: 'attr19' })).split(
      '\n',
    );
    for (const line of lines.filter(
      (each) => !/\S{50}/.test(each) && !each.startsWith('  A') && !each.startsWith('  B'),
    )) {
      expect(line.length, line).toBeLessThanOrEqual(72);
    }
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('fixtures/sample-diff.txt');
  });
});
