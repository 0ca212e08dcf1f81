// The tabs of the dock.

import type { IDockviewPanelHeaderProps } from 'dockview-react';
import type { ReactElement } from 'react';
import { useEffect } from 'react';
import { classes } from '../base/dom.ts';
import { Icon } from '../base/icons.tsx';
import { useStore } from '../base/store.ts';
import { useWorkbench } from './context.ts';
import type { PanelId } from './layout.ts';
import { PANELS } from './layout.ts';

/** A tab of an editor: name, dirty mark, close button; the middle button closes too. */
export function DocumentTab({
  api,
}: {
  readonly api: IDockviewPanelHeaderProps['api'];
}): ReactElement {
  const { id } = api;
  const { documents, files, notice } = useWorkbench();
  const list = useStore(documents.list);
  const document = list.find((entry) => entry.id === id);
  const name = document?.name ?? '';
  const dirty = document?.dirty === true;
  useEffect(() => api.setTitle(dirty ? `${name}, unsaved` : name), [api, name, dirty]);
  const close = (): void => {
    files.close(id).catch((error: Error) => notice.set(error.message));
  };
  return (
    <div
      className={classes('tab', dirty && 'is-dirty')}
      title={document?.path ?? name}
      onAuxClick={(event) => event.button === 1 && close()}
    >
      <Icon name={document?.example ? 'book' : 'file'} />
      <span className="tab-name">{name}</span>
      <button
        type="button"
        className="tab-close"
        tabIndex={-1}
        aria-label={dirty ? `Close ${name}, unsaved` : `Close ${name}`}
        onPointerDown={(event) => event.stopPropagation()}
        onClick={close}
      >
        <span className="tab-dot" aria-hidden="true">
          ●
        </span>
        <Icon name="close" />
      </button>
    </div>
  );
}

/** The tab of the welcome. */
export function WelcomeTab(): ReactElement {
  const { layout } = useWorkbench();
  return (
    <div className="tab" title="Welcome">
      <Icon name="book" />
      <span className="tab-name">Welcome</span>
      <button
        type="button"
        className="tab-close"
        tabIndex={-1}
        aria-label="Close Welcome"
        onPointerDown={(event) => event.stopPropagation()}
        onClick={() => layout.hideWelcome()}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}

/** A tab of a fixed panel; the one of the problems counts them. */
export function FixedTab({ id }: { readonly id: string }): ReactElement {
  const { problems } = useWorkbench();
  const count = useStore(problems.list).length;
  return (
    <div className="tab tab-fixed">
      <span className="tab-name">{PANELS[id as PanelId]?.title ?? id}</span>
      {id === 'problems' && count > 0 && <span className="badge">{count}</span>}
    </div>
  );
}
