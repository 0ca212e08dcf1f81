import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HTML } from '../../sim/trace/export/html.ts';
import { htmlElements } from '../support/read-back.ts';
import { textOfExport } from '../support/readers.ts';
import {
  anyInfo,
  anySession,
  SAMPLE_INFO,
  SessionWriter,
  sampleSession,
} from '../support/sample-session.ts';

function pageOf(writer: SessionWriter, info = SAMPLE_INFO): string {
  return textOfExport(HTML, { header: info, source: writer.recorder });
}

/** Text of the page as a reader sees it. */
function plain(html: string): string {
  const names: Record<string, string> = {
    amp: '&',
    lt: '<',
    gt: '>',
    quot: '"',
    '#39': "'",
    '#x2718': '✘',
  };
  return html
    .replace(/<style>.*?<\/style>/s, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/&(\w+|#\w+);/g, (all, name: string) => names[name] ?? all);
}

describe('the html export', () => {
  it('counts what the sample did, and explains its fault down to who wrote the descriptor', () => {
    const text = plain(pageOf(sampleSession())).replaceAll(/ +/g, ' ');
    for (const row of [
      'device accesses 2',
      'commands 4',
      'fault events 1',
      'interrupts 1',
      'page requests 1',
    ]) {
      expect(text).toContain(row);
    }
    expect(text).toContain('F_TRANSLATION sid 0x10 ssid 5 read 0x70000000 (input, stage 1)');
    expect(text).toContain('fetch S1 L3 descriptor at 0x42003000: 0x0');
    expect(text).toContain(
      'written last by line 7, iommu_unmap(domain 1, 0x70000000, 4096): pte at 0x42003000 <- 0x0',
    );
    expect(text).toContain('caused by line 8: dma_read(accel0, 0x70000000, 4)');
    expect(text).toContain('CR0 changed "early", <twice> (6.3.9)');
  });

  it('shows the script with the calls and faults of each line', () => {
    const rows = [
      ...pageOf(sampleSession()).matchAll(/<tr(?: class="hit")?><td class="n">.*?<\/tr>/gs),
    ].map(([row]) => plain(row).trim().split(/ {2,}/));
    expect(rows).toHaveLength(SAMPLE_INFO.script.split('\n').length);
    expect(rows[7]).toEqual(['8', '1', '✘ 1', 'dev.dma_read(0x70000000n, 4); // </script> "ü"']);
    expect(rows[0]).toEqual(['1', '// A driver that forgets a device.']);
    expect(rows[4]?.slice(0, 2)).toEqual(['5', '1']);
  });

  it('needs nothing from outside and runs nothing, whatever the session holds', () => {
    fc.assert(
      fc.property(anyInfo, anySession, (info, writer) => {
        const html = pageOf(writer, info);
        const used = htmlElements(html);
        for (const name of [
          'script',
          'link',
          'img',
          'iframe',
          'object',
          'embed',
          'a',
          'form',
          'base',
        ]) {
          expect(used.has(name), name).toBe(false);
        }
        expect(html).not.toMatch(/\s(on[a-z]+|href|src|style)="/i);
        expect(html).not.toMatch(/url\(|@import/);
        expect(html).toContain("content=\"default-src 'none'; style-src 'unsafe-inline'\"");
      }),
    );
  });

  it('shows markup in a script, an argument or a log line as text', () => {
    const evil = '</pre><script>alert(1)</script><img src=x onerror="alert(1)">\'&amp;';
    const writer = new SessionWriter();
    writer.call(`f(${evil})`, 1, evil, () => {
      writer.put('log', { level: 6, text: evil });
      writer.put('event', { w0: 0x10n, w1: 0n, w2: 0n, w3: 0n });
      writer.put('diagnostic', { class: 0, section: evil, text: evil });
    });
    const html = pageOf(writer, {
      ...SAMPLE_INFO,
      file: `${evil}.ts`,
      script: evil,
      profile: evil,
    });
    const used = htmlElements(html);
    expect(used.has('script')).toBe(false);
    expect(used.has('img')).toBe(false);
    expect(plain(html).split(evil).length - 1).toBeGreaterThanOrEqual(6);
  });

  it('shows what an explanation tells in place of its own lines, escaped', () => {
    const writer = sampleSession();
    const asked: number[] = [];
    const explain = (number: number): string[] => {
      asked.push(number);
      return ['L3 [0] <-- here', '  Rule: bit 0 & nothing'];
    };
    const html = textOfExport(HTML, { header: SAMPLE_INFO, source: writer.recorder, explain });
    expect(html).toContain('<pre>L3 [0] &lt;-- here\n  Rule: bit 0 &amp; nothing</pre>');
    expect(asked).toEqual([1]);
  });

  it('shows of many faults the first, and says how many more there are', () => {
    const writer = new SessionWriter();
    for (let n = 0; n < 1000; n++) {
      writer.put('event', { w0: 0x10n, w1: 0n, w2: BigInt(n) << 12n, w3: 0n });
    }
    const html = pageOf(writer);
    expect(html.match(/<h3>/g)).toHaveLength(200);
    expect(html).toContain('800 more faults are in the session.');
    expect(html.length).toBeLessThan(500_000);
  });

  it('draws each kind of activity with its count', () => {
    const text = plain(/<svg.*<\/svg>/s.exec(pageOf(sampleSession()))?.[0] ?? '');
    for (const lane of ['calls 10', 'CMDQ 4', 'walks 12', 'DMA 2', 'interrupts 1']) {
      expect(text).toContain(lane);
    }
  });
});
