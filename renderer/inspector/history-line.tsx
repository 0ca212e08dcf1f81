// A line that the console's `who` answers, with its `line 39` as a way there.

import type { ReactElement } from 'react';
import { useWorkbench } from '../workbench/context.ts';
import { showWriter } from './actions.ts';
import { Link } from './parts.tsx';

/** The line. */
export function HistoryLine({ line }: { readonly line: string }): ReactElement {
  const workbench = useWorkbench();
  const match = /^(.*?)\bline (\d+)(.*)$/.exec(line);
  if (match === null) {
    return <code>{line}</code>;
  }
  const [, before = '', number = '', after = ''] = match;
  const writer = { line: Number(number), column: 1 };
  return (
    <code>
      {before}
      <Link title="Go to this line" onClick={() => showWriter(workbench, writer)}>
        line {number}
      </Link>
      {after}
    </code>
  );
}
