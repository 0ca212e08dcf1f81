import { describe, expect, it } from 'vitest';
import { CMDQEN, EVENTQEN, REG, SMMUEN, SmmuRig } from '../support/smmu-rig.ts';

const CFGI_ALL = [0x04n, 31n] as const;
const CFGI_RANGE = [0x04n, 30n] as const;
const EL2_ALL = [0x20n, 0n] as const;
const NSNH_ALL = [0x30n, 0n] as const;
const SYNC = [0x46n, 0n] as const;
const ON = SMMUEN | CMDQEN | EVENTQEN;

describe('the first SMMUEN = 1 after reset (3.11)', () => {
  it.each([
    ['nothing', [], true, 'CMD_CFGI_ALL, CMD_TLBI_NSNH_ALL, CMD_TLBI_EL2_ALL'],
    [
      'no CMD_SYNC',
      [CFGI_ALL, EL2_ALL, NSNH_ALL],
      true,
      'CMD_CFGI_ALL, CMD_TLBI_NSNH_ALL, CMD_TLBI_EL2_ALL',
    ],
    ['a range instead of all', [CFGI_RANGE, EL2_ALL, NSNH_ALL, SYNC], true, 'CMD_CFGI_ALL'],
    ['no EL2', [CFGI_ALL, NSNH_ALL, SYNC], true, 'CMD_TLBI_EL2_ALL'],
    ['no EL2 where there is none', [CFGI_ALL, NSNH_ALL, SYNC], false, undefined],
    ['all of it', [CFGI_ALL, SYNC, EL2_ALL, NSNH_ALL, SYNC], true, undefined],
  ] as const)('after %s', (_name, commands, hyp, missing) => {
    const rig = new SmmuRig({ features: { hyp } });
    rig.start();
    rig.commands(...commands);
    rig.write(REG.CR0, ON);
    expect(rig.takeDiagnostics()).toEqual(
      missing === undefined
        ? []
        : [`guest-error 3.11: SMMUEN is set without ${missing} and CMD_SYNC since reset`],
    );
  });
});
