import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { OpenRequests } from '../../main/open-requests.ts';

describe('files that the desktop asks to open', () => {
  it('wait for the window, then go to it, and Electron is told that they were taken', () => {
    const app = new EventEmitter();
    const requests = new OpenRequests(app);
    let prevented = 0;
    const event = {
      preventDefault: () => {
        prevented++;
      },
    };
    app.emit('open-file', event, '/early/a.substream');
    app.emit('open-file', event, '/early/b.ts');
    const taken: string[] = [];
    expect(requests.deliver((path) => taken.push(path))).toEqual([
      '/early/a.substream',
      '/early/b.ts',
    ]);
    app.emit('open-file', event, '/late/c.substream');
    expect(taken).toEqual(['/late/c.substream']);
    expect(prevented).toBe(3);
  });
});
