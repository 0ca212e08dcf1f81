// The line under the menu: what is open, Run and Stop, and with what the next run starts.

import type { ReactElement } from 'react';
import { useEffect, useState } from 'react';
import type { Profile } from '../../sim/protocol/api.ts';
import { Icon } from '../base/icons.tsx';
import { useStore } from '../base/store.ts';
import { useWithKey } from '../commands/use-key.ts';
import { DebugBar } from '../debug/debug-bar.tsx';
import { useWorkbench } from './context.ts';
import { PROFILES } from './session.ts';

/** The largest seed: 32 bits. */
const SEED_MAX = 0xffff_ffff;

/** The toolbar. */
export function Toolbar(): ReactElement {
  const { commands, session, editors, documents } = useWorkbench();
  const { state } = useStore(session.info);
  const active = useStore(editors.active);
  const open = useStore(documents.list);
  const profile = useStore(session.profile);
  const document = open.find(({ id }) => id === active);
  const run = useWithKey('Run without debugging', 'run.start');
  const stop = useWithKey('Stop', 'run.stop');
  const running = state === 'running' || state === 'stopping';
  return (
    <header className="toolbar" role="toolbar" aria-label="Run">
      <span className="brand">Substream</span>
      <span className="toolbar-file">
        {document?.name ?? 'no script open'}
        {document?.dirty && ' ●'}
      </span>
      <span className="status-space" />
      <button
        type="button"
        className="run"
        disabled={running || document?.isScript !== true}
        title={run}
        onClick={() => commands.run('run.start')}
      >
        <Icon name="run" /> Run
      </button>
      <DebugBar />
      <button
        type="button"
        className="stop"
        disabled={!running}
        title={stop}
        onClick={() => commands.run('run.stop')}
      >
        <Icon name="stop" /> Stop
      </button>
      <span className="toolbar-divider" />
      <span className="field">
        <label htmlFor="profile">API</label>
        <select
          id="profile"
          value={profile}
          title={PROFILES.find(({ id }) => id === profile)?.title}
          onChange={(event) => session.profile.set(event.target.value as Profile)}
        >
          {PROFILES.map(({ id, title }) => (
            <option key={id} value={id} title={title}>
              {id}
            </option>
          ))}
        </select>
      </span>
      <SeedField />
    </header>
  );
}

/** A number field that keeps what is typed until it is a seed. */
function SeedField(): ReactElement {
  const { session } = useWorkbench();
  const seed = useStore(session.seed);
  const [text, setText] = useState(String(seed));
  useEffect(() => setText(String(seed)), [seed]);
  const valid = /^\d+$/.test(text) && Number(text) <= SEED_MAX;
  return (
    <span className="field">
      <label htmlFor="seed">seed</label>
      <input
        id="seed"
        className="seed"
        type="text"
        inputMode="numeric"
        value={text}
        aria-invalid={!valid}
        title={`Seed of every random choice, 0 to ${SEED_MAX}`}
        onChange={(event) => {
          const next = event.target.value.trim();
          setText(next);
          if (/^\d+$/.test(next) && Number(next) <= SEED_MAX) {
            session.seed.set(Number(next));
          }
        }}
        onBlur={() => setText(String(seed))}
      />
    </span>
  );
}
