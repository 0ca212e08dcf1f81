// The EXPLORER: open scripts, the examples, files used lately.

import type { ReactElement } from 'react';
import { useState } from 'react';
import { classes } from '../base/dom.ts';
import type { IconName } from '../base/icons.tsx';
import { Icon } from '../base/icons.tsx';
import { useRovingList } from '../base/roving-list.ts';
import { useStore } from '../base/store.ts';
import { useWorkbench } from '../workbench/context.ts';

interface Row {
  readonly key: string;
  readonly icon: IconName;
  readonly label: string;
  readonly title: string;
  readonly current?: boolean;
  readonly dirty?: boolean;
  readonly open: () => void;
}

/** Lists what there is to open. */
export function ExplorerPane(): ReactElement {
  const { documents, editors, files, layout, commands, notice } = useWorkbench();
  const open = useStore(documents.list);
  const active = useStore(editors.active);
  const examples = useStore(files.examples);
  const recent = useStore(files.recent);
  const run = (work: Promise<void>): void => {
    work.catch((error: Error) => notice.set(error.message));
  };
  return (
    <nav className="explorer" aria-label="Explorer">
      <Section
        title="Open Scripts"
        empty="No script is open."
        action={{ label: 'New file', icon: 'plus', run: () => commands.run('file.new') }}
        rows={open.map(({ id, name, path, dirty, example }) => ({
          key: id,
          icon: example ? 'book' : 'file',
          label: name,
          title: path ?? (example ? `${name}, an example` : `${name}, not saved yet`),
          current: id === active,
          dirty,
          open: () => layout.show(id),
        }))}
      />
      <Section
        title="Examples"
        empty="There are no examples."
        rows={examples.map(({ name, title, summary }) => ({
          key: name,
          icon: 'book',
          label: name,
          title: summary === '' ? title : `${title}\n${summary}`,
          open: () => run(files.openExample(name)),
        }))}
      />
      <Section
        title="Recent"
        empty="Nothing was opened yet."
        action={{ label: 'Open file', icon: 'folder', run: () => commands.run('file.open') }}
        rows={recent.map(({ path, name }) => ({
          key: path,
          icon: 'clock',
          label: name,
          title: path,
          open: () => run(files.openPath(path)),
        }))}
      />
    </nav>
  );
}

function Section(props: {
  readonly title: string;
  readonly empty: string;
  readonly rows: readonly Row[];
  readonly action?: { readonly label: string; readonly icon: IconName; readonly run: () => void };
}): ReactElement {
  const [open, setOpen] = useState(true);
  const roving = useRovingList(props.rows.length);
  const { action } = props;
  return (
    <section className="explorer-section" aria-label={props.title}>
      <header>
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          <span className={classes('twisty', open && 'open')} aria-hidden="true">
            ›
          </span>
          {props.title}
        </button>
        {action !== undefined && (
          <button
            type="button"
            className="icon-button"
            aria-label={action.label}
            title={action.label}
            onClick={action.run}
          >
            <Icon name={action.icon} />
          </button>
        )}
      </header>
      {open && props.rows.length === 0 && <p className="empty">{props.empty}</p>}
      {open && props.rows.length > 0 && (
        <ul onKeyDown={roving.onKeyDown}>
          {props.rows.map((row, index) => (
            <li key={row.key}>
              <button
                type="button"
                {...roving.item(index)}
                className={classes('row', row.current && 'current')}
                aria-current={row.current ? 'true' : undefined}
                title={row.title}
                onClick={row.open}
              >
                <Icon name={row.icon} />
                <span className="row-label">{row.label}</span>
                {row.dirty && (
                  <span className="dirty" role="img" aria-label="unsaved">
                    ●
                  </span>
                )}
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
