// The tabs of the dock.

import type { IDockviewPanelHeaderProps } from 'dockview-react';
import type { HTMLAttributes, ReactElement } from 'react';
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
      <CloseMark title={`Close ${name}`} close={close} />
    </div>
  );
}

/** A tab is one control, so what closes it is for the mouse alone; the keyboard has commands for it. */
function CloseMark(props: { readonly title: string; readonly close: () => void }): ReactElement {
  const attributes: HTMLAttributes<HTMLSpanElement> = {
    className: 'tab-close',
    title: props.title,
    'aria-hidden': true,
    onPointerDown: (event) => event.stopPropagation(),
    onClick: props.close,
  };
  return (
    <span {...attributes}>
      <span className="tab-dot">●</span>
      <Icon name="close" />
    </span>
  );
}

/** The tab of the welcome. */
export function WelcomeTab(): ReactElement {
  const { layout } = useWorkbench();
  return (
    <div className="tab" title="Welcome">
      <Icon name="book" />
      <span className="tab-name">Welcome</span>
      <CloseMark title="Close Welcome" close={() => layout.hideWelcome()} />
    </div>
  );
}

/** A tab of a fixed panel; the one of the problems counts them. */
export function FixedTab({
  api,
}: {
  readonly api: IDockviewPanelHeaderProps['api'];
}): ReactElement {
  const { id } = api;
  const { problems } = useWorkbench();
  const count = useStore(problems.list).length;
  const counted = id === 'problems' && count > 0;
  const { title = id } = PANELS[id as PanelId] ?? {};
  useEffect(
    () => api.setTitle(counted ? `${title} ${count}` : title),
    [api, title, count, counted],
  );
  return (
    <div className="tab tab-fixed">
      <span className="tab-name">{title}</span> {counted && <span className="badge">{count}</span>}
    </div>
  );
}
