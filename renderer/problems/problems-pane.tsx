// The PROBLEMS panel: a list to walk through with the arrow keys; Enter or a click jumps there.

import type { ReactElement } from 'react';
import { classes } from '../base/dom.ts';
import { Icon } from '../base/icons.tsx';
import { useRovingList } from '../base/roving-list.ts';
import { useStore } from '../base/store.ts';
import { useWorkbench } from '../workbench/context.ts';
import type { Problem } from './problems.ts';

/** Lists the problems of all open scripts. */
export function ProblemsPane(): ReactElement {
  const { problems, layout, editors } = useWorkbench();
  const list = useStore(problems.list);
  const roving = useRovingList(list.length);
  const jump = ({ document, line, column }: Problem): void => {
    layout.show(document.id);
    editors.focus(document.id, { line, column });
  };
  if (list.length === 0) {
    return (
      <div className="problems">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the panel must be reachable when empty */}
        <p className="empty" tabIndex={0}>
          No problems in the open scripts.
        </p>
      </div>
    );
  }
  return (
    <div className="problems">
      <ul onKeyDown={roving.onKeyDown}>
        {list.map((problem, index) => (
          <li key={problem.key}>
            <button
              type="button"
              {...roving.item(index)}
              className={classes('row', `is-${problem.severity}`)}
              onClick={() => jump(problem)}
            >
              <Icon name={problem.severity} />
              <span className="visually-hidden">{problem.severity}: </span>
              <span className="problem-message">{problem.message}</span>
              <span className="dim">{problem.source}</span>
              <span className="problem-place">
                {problem.document.name} [{problem.line}, {problem.column}]
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
