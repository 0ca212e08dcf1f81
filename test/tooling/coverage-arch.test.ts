import { describe, expect, it } from 'vitest';
import { bySection, coverageTable, sectionOfTest, tagsOf } from '../../scripts/coverage-arch.mjs';

describe('the table of what is modelled', () => {
  it('is read from the tags of the sources', () => {
    const text = '/**\n * @arch 5.2 Y Stream table entry\n * @arch 3.9 P(no PRI) ATS\n */';
    expect(tagsOf(text, 'a.ts')).toEqual([
      { section: '5.2', status: 'yes', title: 'Stream table entry', file: 'a.ts' },
      { section: '3.9', status: 'partly (no PRI)', title: 'ATS', file: 'a.ts' },
    ]);
  });

  it('refuses a tag that gives no reason for what is missing', () => {
    expect(() => tagsOf('\n// @arch 3.9 N', 'a.ts')).toThrow('a.ts:2: @arch 3.9 N needs a reason');
  });

  it('refuses a tag of another form', () => {
    expect(() => tagsOf('// @arch five Y', 'a.ts')).toThrow('1 @arch tags have not the form');
  });

  it('names the tests of a section by their file names', () => {
    const tags = tagsOf('// @arch 5.2 Y Stream table entry', 'a.ts');
    expect(coverageTable(tags, ['5.2-ste.test.ts', '5.20-other.test.ts'])).toContain(
      '| 5.2 | Stream table entry | yes | a.ts | 5.2-ste.test.ts |',
    );
    expect(sectionOfTest('helper.ts')).toBeUndefined();
  });

  it('orders sections by number', () => {
    expect(['3.12', '3.9', '3'].sort(bySection)).toEqual(['3', '3.9', '3.12']);
  });
});
