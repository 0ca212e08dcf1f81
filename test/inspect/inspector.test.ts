import { describe, expect, it } from 'vitest';
import { CD, ENTRIES, IOVA, STE } from '../support/fault-rig.ts';
import { inspected } from '../support/inspected.ts';

describe('the tree of structures', () => {
  it('opens from the Stream table down to the page, one level at a time', () => {
    const { nodes } = inspected();
    const [ste] = nodes();
    const cds = nodes(ste?.id);
    const cd = cds.find(({ title }) => title === 'CD 3');
    const [ttb] = nodes(cd?.id);
    const [l0] = nodes(ttb?.id);
    const [l1] = nodes(l0?.id);
    const [l2] = nodes(l1?.id);
    const [l3] = nodes(l2?.id);
    expect(
      [ste, ...cds, ttb, l0, l1, l2, l3].map((node) => `${node?.title}: ${node?.text}`),
    ).toEqual([
      'STE 0x8: stage 1, 2^3 CDs',
      'CD 0: ASID 1',
      'CD 3: ASID 2',
      'TTB0: 48-bit addresses, 4 KiB pages, from level 0',
      'L0[0]: 0x0 table 0x40601000',
      'L1[1]: 0x40000000 table 0x40602000',
      'L2[384]: 0x70000000 table 0x40603000',
      'L3[0]: 0x70000000 -> 0x40700000 rw user',
    ]);
    expect(l3?.writer).toEqual({ line: 30, column: 1, call: 'map()' });
    expect(l3?.hasChildren).toBe(false);
  });

  it('shows stage 2 beside the CDs of a nested stream', () => {
    const { nodes } = inspected({ stages: 'nested' });
    const children = nodes(nodes()[0]?.id).map(({ title, text }) => `${title}: ${text}`);
    expect(children).toContain('S2TTB: 39-bit IPAs, VMID 1, from level 1');
  });

  it('lists level 1 descriptors of a two-level Stream table with their StreamIDs', () => {
    const { nodes } = inspected({}, (rig) => {
      rig.register(0x20, 0);
      rig.register64(0x80, 0x4048_0000n);
      rig.register(0x88, 10 | (6 << 6) | (1 << 16));
      rig.poke(0x4048_0000, [0x4040_0000n | 7n]);
    });
    const [l1std] = nodes();
    expect(l1std?.text).toBe('StreamIDs 0x0 to 0x3f');
    expect(nodes(l1std?.id).map(({ title }) => title)).toEqual(['STE 0x8']);
  });

  it('marks what the SMMU still holds after memory has changed', () => {
    const { nodes } = inspected({}, (rig) => {
      rig.access();
      rig.at(60, 'edit', () => rig.set(CD, [63, 48], 9n));
    });
    const cd = nodes(nodes()[0]?.id).find(({ title }) => title === 'CD 3');
    expect([cd?.state, cd?.text, cd?.writer?.line]).toEqual(['stale', 'ASID 9', 60]);
    expect(cd?.cached?.[0]).not.toBe(cd?.words[0]);
  });

  it('says what is not valid, and has nothing to open there', () => {
    const { nodes } = inspected({}, (rig) => rig.set(STE, [0, 0], 0n));
    expect(nodes().map(({ state, hasChildren }) => [state, hasChildren])).toEqual([
      ['invalid', false],
    ]);
  });

  it('is empty before a Stream table was set up, and for an id that means nothing', () => {
    const { nodes } = inspected();
    expect([nodes('nonsense'), nodes('table:1')]).toEqual([[], []]);
  });
});

describe('registers', () => {
  it('are listed in order of offset with value, fields and the line that wrote them', () => {
    const { ask } = inspected();
    const { registers } = ask({ kind: 'registers' });
    const offsets = registers.map(({ offset }) => offset);
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    const cr0 = registers.find(({ name }) => name === 'CR0');
    expect([cr0?.value, cr0?.section, cr0?.writer?.line]).toEqual(['0x0000000d', '6.3.9', 2]);
    expect(cr0?.fields.find(({ name }) => name === 'SMMUEN')?.text).toBe('1');
  });
});

describe('queues', () => {
  it('show events with the line that caused them, newest first, and their number to explain', () => {
    const { ask } = inspected({}, (rig) => {
      rig.access({ sid: 9 });
      rig.access({ sid: 64 });
    });
    const eventq = ask({ kind: 'queues' }).queues.find(({ name }) => name === 'EVENTQ');
    expect(eventq?.entries.map(({ name, event, writer }) => [name, event, writer?.line])).toEqual([
      ['C_BAD_STREAMID', 2, 99],
      ['C_BAD_STE', 1, 99],
    ]);
    expect(ask({ kind: 'explain' }).explanation?.event).toBe(2);
    expect(ask({ kind: 'explain', event: 3 }).explanation).toBeUndefined();
  });
});

describe('the console', () => {
  it('walks an access as the SMMU would now', () => {
    const { typed } = inspected();
    expect(typed(`walk 8 3 0x${IOVA.toString(16)}`)).toMatch(
      /L3 .*\n {2}the access passes: 0x40700000$/,
    );
    expect(typed('walk 0x8 3 0x1234_5000')).toMatch(/the access is aborted, F_TRANSLATION$/);
    expect(typed('walk 8 - 0x7000_0000')).toMatch(/passes/);
  });

  it('prints an STE and a CD with the fields that are set', () => {
    const { typed } = inspected();
    expect(typed('ste')).toBe('STE 0x8    0x4040_0200  stage 1, 2^3 CDs  (line 10)');
    expect(typed('ste 8')).toContain('Config         [3:1]      5  stage 1');
    expect(typed('cd 8 3')).toContain('ASID           [63:48]    0x2');
    expect(typed('cd 8')).toBe(
      'CD 0       0x4050_0000  ASID 1  (line 20)\nCD 3       0x4050_00c0  ASID 2  (line 20)',
    );
  });

  it('tells every write to a word, newest first', () => {
    const { typed } = inspected({}, (rig) => rig.at(70, 'unmap', () => rig.poke(ENTRIES[3], [0n])));
    expect(typed(`who ${ENTRIES[3]}`)).toBe(
      '0x0000000000000000  line 70: unmap()\n0x0000000040700f43  line 30: map()',
    );
    expect(typed('who 0x7fff_0000')).toBe('nothing wrote 0x7fff_0000');
    expect(typed(`mem ${ENTRIES[3]} 1`)).toBe('0x4060_3000    0x0000000000000000  (line 70)');
  });

  it('explains the last event', () => {
    const { typed } = inspected({}, (rig) => rig.access({ sid: 64 }));
    expect(typed('explain last')).toContain('STRTAB_BASE_CFG.LOG2SIZE  <-- here');
    expect(inspected().typed('explain')).toBe('no event yet');
  });

  it.each([
    ['frobnicate', "no command 'frobnicate'; try help"],
    ['constructor', "no command 'constructor'; try help"],
    ['', ''],
    ['ste x', "ste: SID 'x' is no number; usage: ste [SID]"],
    ['ste 77', 'no STE for SID 77'],
    ['cd', 'cd: SID is missing; usage: cd SID [SSID]'],
    ['cd 8 7', 'CD 7 of SID 8 was never written'],
    ['cd 8 1048576', 'cd: SSID 0x100000 is not below 0x100000; usage: cd SID [SSID]'],
    ['walk 8 3', 'walk: IOVA is missing; usage: walk SID SSID|- IOVA [r|w|x]'],
    ['walk 8 3 0 q', "walk: access 'q' is none of r, w, x; usage: walk SID SSID|- IOVA [r|w|x]"],
    ['regs nope', "no register 'nope'"],
    ['evtq', 'EVENTQ: 0 entries so far, ring of 64'],
    ['priq', 'PRIQ was never set up'],
    ['explain 9', 'no event yet'],
  ])('answers %j with one line', (text, answer) => {
    expect(inspected().typed(text)).toBe(answer);
  });

  it('lists its commands', () => {
    expect(inspected().typed('help').split('\n').length).toBeGreaterThanOrEqual(11);
  });
});
