// What went wrong with the last command, until it is read.

import type { ReactElement } from 'react';
import { Icon } from '../base/icons.tsx';
import { useStore } from '../base/store.ts';
import { useWorkbench } from './context.ts';

/** The message, if there is one. */
export function Notice(): ReactElement | null {
  const { notice } = useWorkbench();
  const text = useStore(notice);
  if (text === undefined) {
    return null;
  }
  return (
    <div className="notice" role="alert">
      <Icon name="error" />
      <span>{text}</span>
      <button
        type="button"
        className="icon-button"
        aria-label="Dismiss"
        onClick={() => notice.set(undefined)}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}
