// What stands over an opened session, the bars of long tasks, and the text of a comparison.

import type { ReactElement } from 'react';
import { Fragment } from 'react';
import { copyText } from '../base/dom.ts';
import { Icon } from '../base/icons.tsx';
import { useStore } from '../base/store.ts';
import { placesIn } from '../console/places.ts';
import { useWorkbench } from '../workbench/context.ts';
import { jumpTo } from '../workbench/jump.ts';

/** Says that a file is shown, and what can be done with it. */
export function SessionBanner(): ReactElement | null {
  const { sessions, commands } = useWorkbench();
  const shown = useStore(sessions.shown);
  if (shown === undefined) {
    return null;
  }
  const { file, opened } = shown;
  const { damages, profile, seed } = opened;
  return (
    <section className="session-banner" aria-label="Opened session">
      <Icon name="clock" />
      <span>
        <strong>{file}</strong>, recorded from {opened.file}, {profile}, seed {seed}; read-only
      </span>
      {damages > 0 && (
        <span className="is-damaged">▲ damaged: what can be read is shown ({damages})</span>
      )}
      <span className="status-space" />
      <button type="button" className="bar-button" onClick={() => commands.run('session.runAgain')}>
        <Icon name="run" /> Run Again
      </button>
      <button
        type="button"
        className="bar-button"
        onClick={() => commands.run('session.editAndRun')}
      >
        Edit and Run
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label="Leave this session"
        title="Leave this session"
        onClick={() => commands.run('session.leave')}
      >
        <Icon name="close" />
      </button>
    </section>
  );
}

/** Bars of tasks that take their time, each with a way to cancel it. */
export function TaskBars(): ReactElement | null {
  const { sessions, notice } = useWorkbench();
  const tasks = useStore(sessions.tasks);
  if (tasks.length === 0) {
    return null;
  }
  const cancel = (task: number): void => {
    sessions.cancel(task).catch((error: Error) => notice.set(error.message));
  };
  return (
    <div className="task-bars">
      {tasks.map(({ task, title, done }) => (
        <div key={task} className="task-bar">
          <span>{title}</span>
          <button type="button" className="bar-button" onClick={() => cancel(task)}>
            Cancel
          </button>
          <progress max={1} value={done} aria-label={title} />
        </div>
      ))}
    </div>
  );
}

/** Two sessions compared, as text whose places are links. */
export function ComparisonPane(): ReactElement {
  const workbench = useWorkbench();
  const comparison = useStore(workbench.sessions.comparison);
  if (comparison === undefined) {
    return (
      <p className="empty trace-empty">
        Compare two sessions with the command “Compare Session With…”.
      </p>
    );
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section className="comparison" tabIndex={0} aria-label={`Compared with ${comparison.title}`}>
      <button
        type="button"
        className="bar-button"
        onClick={() => copyText(comparison.lines.join('\n'))}
      >
        <Icon name="copy" /> Copy as text
      </button>
      {comparison.lines.map((line, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other identity
        <div key={at}>{line === '' ? '\u00a0' : <Linked line={line} />}</div>
      ))}
    </section>
  );
}

/** `call 3 of A, line 12`: A is the session that is shown, its script is open. */
const LINE_OF_SHOWN = /line (\d+)(?= of A\b)|(?<=of A, )line (\d+)/g;

function Linked({ line }: { readonly line: string }): ReactElement {
  const workbench = useWorkbench();
  const file = workbench.session.ran.value?.name ?? '';
  const lines = [...line.matchAll(LINE_OF_SHOWN)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    place: { file, line: Number(match[1] ?? match[2]), column: 1 },
  }));
  const places = [...placesIn(line), ...lines].sort((a, b) => a.start - b.start);
  return (
    <>
      {places.map(({ start, end, place }, at) => (
        <Fragment key={start}>
          {line.slice(places[at - 1]?.end ?? 0, start)}
          <button type="button" className="link" onClick={() => jumpTo(workbench, place)}>
            {line.slice(start, end)}
          </button>
        </Fragment>
      ))}
      {line.slice(places.at(-1)?.end ?? 0)}
    </>
  );
}
