// The welcome: what to do first, and examples that run at a click. It stands in a tab of its own, and
// where editors would be when none is open.

import type { ReactElement } from 'react';
import type { ExampleInfo } from '../../sim/protocol/api.ts';
import type { CommandId } from '../../sim/protocol/commands.ts';
import { commandInfo } from '../../sim/protocol/commands.ts';
import { Icon } from '../base/icons.tsx';
import { useStore } from '../base/store.ts';
import { useKey } from '../commands/use-key.ts';
import { useWorkbench } from '../workbench/context.ts';
import { gallerySections } from './gallery-order.ts';

const STARTS: readonly CommandId[] = ['file.new', 'file.open', 'file.openRecent', 'view.palette'];

/** The welcome. */
export function Gallery(): ReactElement {
  const { files } = useWorkbench();
  const sections = gallerySections(useStore(files.examples));
  return (
    <div className="welcome" {...SCROLLS}>
      <div className="gallery">
        <h1>Substream</h1>
        <p className="gallery-lead">
          A driver behind an IOMMU, run on a model of the Arm SMMUv3. Run an example, then look at
          the panels at the right: why it faulted, and who wrote which bit.
        </p>
        <ul className="gallery-starts">
          {STARTS.map((id) => (
            <Start key={id} id={id} />
          ))}
        </ul>
        {sections.map(({ title, examples }) => (
          <section key={title} aria-label={title}>
            <h2>{title}</h2>
            <ul className="gallery-cards">
              {examples.map((example) => (
                <Card key={example.name} example={example} />
              ))}
            </ul>
          </section>
        ))}
      </div>
    </div>
  );
}

/** It scrolls, so keys must reach it. */
const SCROLLS = { tabIndex: 0, role: 'region', 'aria-label': 'Welcome' } as const;

function Start({ id }: { readonly id: CommandId }): ReactElement {
  const { commands } = useWorkbench();
  const { title } = commandInfo(id);
  const key = useKey(id);
  return (
    <li>
      <button type="button" className="link" onClick={() => commands.run(id)}>
        {title}
      </button>
      {key !== undefined && <kbd>{key}</kbd>}
    </li>
  );
}

function Card({ example }: { readonly example: ExampleInfo }): ReactElement {
  const { files, commands, notice } = useWorkbench();
  const { name, title, summary } = example;
  const open = async (run: boolean): Promise<void> => {
    try {
      await files.openExample(name);
      if (run) {
        commands.run('run.restart');
      }
    } catch (error) {
      notice.set(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <li className="gallery-card">
      <h3>{title}</h3>
      <p>{summary}</p>
      <div className="gallery-actions">
        <button
          type="button"
          className="bar-button gallery-run"
          aria-label={`Run: ${title}`}
          onClick={() => void open(true)}
        >
          <Icon name="run" /> Run
        </button>
        <button
          type="button"
          className="bar-button"
          aria-label={`Open: ${title}`}
          onClick={() => void open(false)}
        >
          Open
        </button>
        <span className="dim">{name}</span>
      </div>
    </li>
  );
}
